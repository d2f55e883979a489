/**
 * Where a prompt is typed: its tokens as they will be read, what the model would say next, what it is held against, and
 * the one button. Long work that was asked for stands below, each with its progress.
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { tokenText } from "../../../charts/text.ts";
import type { ChatMessage, JobStatus, Models, PromptInput, TraceInput } from "../../../server/api.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { ProgressLine } from "../../parts/progress.tsx";
import { shortName } from "../models/model-picker.tsx";
import { Predictions } from "./predictions.tsx";
import { TokenChips } from "./token-chips.tsx";
import { usePreview } from "./use-preview.ts";

export interface Draft {
  readonly prompt: string;
  readonly versus: string;
  readonly chat: boolean;
  /** Earlier turns of a chat. */
  readonly turns: readonly ChatMessage[];
  readonly target: string | undefined;
  readonly foil: string | undefined;
  readonly boxes: number;
}

export const emptyDraft: Draft = {
  prompt: "",
  versus: "",
  chat: false,
  turns: [],
  target: undefined,
  foil: undefined,
  boxes: 10,
};

export interface ComposerProps {
  readonly models: Models | undefined;
  readonly model: string | undefined;
  /** In memory, and the one that was chosen. */
  readonly ready: boolean;
  readonly loading: JobStatus | undefined;
  readonly draft: Draft;
  onDraft(draft: Draft): void;
  /** Somebody means to ask: the model may be loaded. */
  onLoad(): void;
  onStopLoading(): void;
  onTrace(input: TraceInput): void;
}

export function Composer(props: ComposerProps) {
  const { models, model, ready, loading, draft, onDraft } = props;
  const [options, setOptions] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const choice = models?.choices.find(c => c.name === model);
  const input = useMemo(() => promptOf(draft), [draft.prompt, draft.chat, draft.turns]);
  const preview = usePreview(model, ready, input);
  const versus = usePreview(model, ready && draft.versus.trim() !== "", versusOf(draft));
  const set = (change: Partial<Draft>) => onDraft({ ...draft, ...change });
  const chatty = ready && models?.resident?.chat === true;

  useEffect(() => {
    const box = area.current;
    if (!box) return;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 320)}px`;
  }, [draft.prompt]);

  // Typing is meaning to ask: a model that is on this machine is made ready meanwhile.
  useEffect(() => {
    if (draft.prompt !== "" && !ready && !loading && choice?.here && !choice.trouble) props.onLoad();
  }, [draft.prompt !== "", ready, choice?.name]);

  const tokens = preview.prediction?.tokens;
  const others = versus.prediction?.tokens;
  const mismatch = draft.versus.trim() !== "" && versus.fresh && tokens && others && tokens.length !== others.length;
  const differing = useMemo(() => {
    if (!tokens || !others || tokens.length !== others.length) return undefined;
    return new Set(others.flatMap((t, i) => (t.id === tokens[i]?.id ? [] : [i])));
  }, [tokens, others]);
  const seconds = estimate(models, model, tokens?.length);
  const trace = () => {
    if (!input || mismatch) return;
    props.onTrace({
      ...input,
      ...(draft.versus.trim() ? { versus: draft.versus } : {}),
      ...(draft.target === undefined ? {} : { target: draft.target }),
      ...(draft.foil === undefined ? {} : { foil: draft.foil }),
      boxes: draft.boxes,
    });
  };
  return (
    <section class="composer" aria-label="prompt">
      <form
        onSubmit={event => {
          event.preventDefault();
          trace();
        }}
      >
        <div class="prompt-line">
          <label class="unseen" for="prompt">
            Prompt
          </label>
          <textarea
            id="prompt"
            ref={area}
            rows={1}
            value={draft.prompt}
            placeholder={draft.chat ? "Say something to the model" : "The capital of the state containing Dallas is"}
            spellcheck={false}
            autocapitalize="off"
            onInput={event => set({ prompt: event.currentTarget.value, target: undefined, foil: undefined })}
            onKeyDown={event => {
              if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
              event.preventDefault();
              trace();
            }}
          />
          <button type="submit" class="primary" disabled={!input || !model || Boolean(mismatch)}>
            Trace
          </button>
        </div>
        <div class="composer-below">
          <button
            type="button"
            class="quiet"
            aria-expanded={options}
            aria-controls="composer-options"
            onClick={() => setOptions(!options)}
          >
            {options ? "Fewer options" : "Options"}
          </button>
          {chatty && (
            <label class="check">
              <input type="checkbox" checked={draft.chat} onChange={e => set({ chat: e.currentTarget.checked })} />
              as a chat turn
            </label>
          )}
          <span class={draft.prompt === "" ? "hint estimate idle" : "hint estimate"}>
            {draft.prompt === ""
              ? "Enter, or Ctrl/⌘-Enter, traces; Shift-Enter is a new line"
              : [
                  tokens && preview.fresh ? `${tokens.length} tokens` : "",
                  seconds ? `about ${seconds < 1 ? "1" : Math.round(seconds)} s on this machine` : "",
                ]
                  .filter(Boolean)
                  .join(" · ")}
          </span>
        </div>
        <div id="composer-options" hidden={!options} class="options">
          {draft.chat && <Turns turns={draft.turns} onChange={turns => set({ turns })} />}
          <label class="dial">
            At most {draft.boxes} boxes
            <input
              type="range"
              min={4}
              max={24}
              value={draft.boxes}
              onInput={event => set({ boxes: Number(event.currentTarget.value) })}
            />
          </label>
        </div>
      </form>
      {loading && model && (
        <ProgressLine title={`Loading ${shortName(model)}`} status={loading} onCancel={props.onStopLoading} />
      )}
      {draft.prompt !== "" && !ready && !loading && choice && !choice.here && (
        <p class="fetch">
          {shortName(choice.name)} is not on this machine yet.{" "}
          <button type="button" class="plain" onClick={props.onLoad}>
            Fetch {Math.round(choice.size / 1e6)} MB
          </button>
        </p>
      )}
      {draft.prompt !== "" && !model && <p class="hint">No model is chosen: pick one above.</p>}
      {preview.error && <ProblemNote error={preview.error} />}
      {input && tokens && (
        <div class="preview">
          <TokenChips tokens={tokens} stale={!preview.fresh} />
          <Predictions
            top={preview.prediction!.top.slice(0, 8)}
            stale={!preview.fresh}
            target={draft.target}
            foil={draft.foil}
            onChange={(target, foil) => set({ target, foil })}
          />
          <div class="versus">
            <label for="versus">
              Against another prompt{" "}
              <span class="hint">
                of as many tokens, with another answer: the chart then shows what tells the two apart
              </span>
            </label>
            <textarea
              id="versus"
              rows={1}
              value={draft.versus}
              placeholder="optional, for instance with another city"
              spellcheck={false}
              onInput={event => set({ versus: event.currentTarget.value })}
              onKeyDown={event => {
                if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
                event.preventDefault();
                trace();
              }}
            />
            {draft.versus.trim() !== "" && others && (
              <div class="versus-line">
                <TokenChips tokens={others} stale={!versus.fresh} {...(differing ? { marked: differing } : {})} />
                <span class={mismatch ? "hint wrong" : "hint"}>
                  {mismatch
                    ? `${others.length} tokens, the prompt has ${tokens.length}: they must have as many`
                    : `→ ${tokenText(versus.prediction?.top[0]?.text ?? "")}`}
                </span>
              </div>
            )}
          </div>
        </div>
      )}
    </section>
  );
}

/** Earlier turns of the chat, each editable. */
function Turns({ turns, onChange }: { turns: readonly ChatMessage[]; onChange(turns: ChatMessage[]): void }) {
  const set = (i: number, change: Partial<ChatMessage>) =>
    onChange(turns.map((turn, j) => (i === j ? { ...turn, ...change } : turn)));
  return (
    <fieldset class="turns">
      <legend>Earlier turns</legend>
      {turns.map((turn, i) => (
        <div class="turn" key={i}>
          <select
            aria-label={`who speaks in turn ${i + 1}`}
            value={turn.role}
            onChange={e => set(i, { role: e.currentTarget.value as ChatMessage["role"] })}
          >
            <option value="system">system</option>
            <option value="user">user</option>
            <option value="assistant">assistant</option>
          </select>
          <textarea
            rows={1}
            aria-label={`turn ${i + 1}`}
            value={turn.content}
            onInput={e => set(i, { content: e.currentTarget.value })}
          />
          <button type="button" class="quiet" onClick={() => onChange(turns.filter((_, j) => j !== i))}>
            Remove
          </button>
        </div>
      ))}
      <button
        type="button"
        class="quiet"
        onClick={() =>
          onChange([...turns, { role: turns.at(-1)?.role === "user" ? "assistant" : "user", content: "" }])
        }
      >
        Add a turn
      </button>
    </fieldset>
  );
}

/** What the server is asked with; undefined while there is nothing to ask. */
export function promptOf(draft: Pick<Draft, "prompt" | "chat" | "turns">): PromptInput | undefined {
  if (draft.prompt === "" || draft.prompt.trim() === "") return undefined;
  if (!draft.chat) return { prompt: draft.prompt };
  if (draft.turns.length === 0) return { prompt: draft.prompt, chat: true };
  return { prompt: draft.prompt, chat: [...draft.turns, { role: "user", content: draft.prompt }] };
}

function versusOf(draft: Draft): PromptInput | undefined {
  if (draft.versus.trim() === "") return undefined;
  return { prompt: draft.versus, ...(draft.chat ? { chat: true } : {}) };
}

/** Seconds that a trace of so many tokens will take, from what traces took here before. */
export function estimate(models: Models | undefined, model: string | undefined, tokens: number | undefined) {
  const known = models?.timings[model ?? ""] ?? models?.timings[shortName(model ?? "").replace(/\.gguf$/, "")];
  if (!known?.length || !tokens) return undefined;
  const rates = known.map(([n, seconds]) => seconds / Math.max(1, n)).sort((a, b) => a - b);
  return rates[Math.floor(rates.length / 2)]! * tokens;
}
