/** What the prompt is held against: the contrast that was found, others to choose from, one's own, or nothing. */
import type { TokenInfo } from "../../../attribution/document.ts";
import { tokenText } from "../../../charts/text.ts";
import type { Draft } from "./draft.ts";
import { TokenChips } from "./token-chips.tsx";
import type { FoundContrast } from "./use-contrast.ts";
import type { Preview } from "./use-preview.ts";

export interface AgainstProps {
  readonly draft: Draft;
  readonly tokens: readonly TokenInfo[];
  readonly found: FoundContrast;
  /** Which of the found ones. */
  readonly chosen: number;
  readonly own: Preview;
  onChosen(i: number): void;
  onDraft(change: Partial<Draft>): void;
  onTrace(): void;
}

export function Against({ draft, tokens, found, chosen, own, onChosen, onDraft, onTrace }: AgainstProps) {
  const list = found.contrasts?.found ?? [];
  const one = list[chosen];
  const shown = draft.against === "own" ? own.prediction?.tokens : draft.against === "found" ? one?.tokens : undefined;
  const marked = differing(tokens, shown);
  const mismatch = draft.against === "own" && own.fresh && shown && shown.length !== tokens.length;
  return (
    <div class="versus">
      <div class="versus-head">
        <label for="versus">Against</label>
        <select
          id="against"
          aria-label="what the prompt is held against"
          value={draft.against === "found" ? `${chosen}` : draft.against}
          onChange={event => {
            const { value } = event.currentTarget;
            if (value === "own") onDraft({ against: "own", versus: draft.versus || (one?.prompt ?? draft.prompt) });
            else if (value === "nothing") onDraft({ against: "nothing" });
            else {
              onChosen(Number(value));
              onDraft({ against: "found" });
            }
          }}
        >
          {list.length === 0 && <option value="0">another prompt, found for you</option>}
          {list.slice(0, 8).map((contrast, i) => (
            <option key={contrast.prompt} value={`${i}`}>
              {words(contrast.positions, contrast.tokens)} → {tokenText(contrast.answer.text)}
            </option>
          ))}
          <option value="own">a prompt of my own</option>
          <option value="nothing">nothing: the mean of all tokens</option>
        </select>
        <span class="hint" role="status">
          {draft.foil !== undefined && draft.against === "found"
            ? `the token ${tokenText(draft.foil)} is what it is held against`
            : draft.against !== "found"
              ? ""
              : found.looking
                ? "looking for a prompt with another answer …"
                : found.contrasts && list.length === 0
                  ? `none of ${found.contrasts.tried} prompts with another word has clearly another answer`
                  : one
                    ? "found by the model: the chart shows what tells the two apart"
                    : ""}
        </span>
      </div>
      {draft.against === "found" && one && draft.foil === undefined && (
        <div class="versus-line">
          <TokenChips tokens={one.tokens} {...(marked ? { marked } : {})} />
          <span class="hint">→ {tokenText(one.answer.text)}</span>
          <button type="button" class="quiet" onClick={() => onDraft({ against: "own", versus: one.prompt })}>
            Edit
          </button>
        </div>
      )}
      {draft.against === "own" && (
        <>
          <textarea
            id="versus"
            aria-label="the other prompt"
            rows={1}
            value={draft.versus}
            placeholder="of as many tokens, with another answer"
            spellcheck={false}
            onInput={event => onDraft({ versus: event.currentTarget.value })}
            onKeyDown={event => {
              if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
              event.preventDefault();
              onTrace();
            }}
          />
          {draft.versus.trim() !== "" && shown && (
            <div class="versus-line">
              <TokenChips tokens={shown} stale={!own.fresh} {...(marked ? { marked } : {})} />
              <span class={mismatch ? "hint wrong" : "hint"}>
                {mismatch
                  ? `${shown.length} tokens, the prompt has ${tokens.length}: they must have as many`
                  : `→ ${tokenText(own.prediction?.top[0]?.text ?? "")}`}
              </span>
            </div>
          )}
        </>
      )}
    </div>
  );
}

function words(positions: readonly number[], tokens: readonly TokenInfo[]): string {
  return (
    positions
      .map(p => tokens[p]?.text ?? "")
      .join("")
      .trim() || "another word"
  );
}

function differing(tokens: readonly TokenInfo[], others: readonly TokenInfo[] | undefined) {
  if (!others || tokens.length !== others.length) return undefined;
  return new Set(others.flatMap((t, i) => (t.id === tokens[i]?.id ? [] : [i])));
}
