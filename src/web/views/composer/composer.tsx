/**
 * Where a prompt is typed: its tokens as they will be read, what the model would say next, what it is held against, and
 * the one button. Long work that was asked for stands below, each with its progress.
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { JobStatus, Models, TraceInput } from "../../../server/api.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { ProgressLine } from "../../parts/progress.tsx";
import { shortName } from "../models/short-name.ts";
import { Against } from "./against.tsx";
import { BasisChoice } from "./basis-choice.tsx";
import { type Draft, estimate, promptOf, questionOf, versusOf } from "./draft.ts";
import { Outside } from "./outside.tsx";
import { Predictions } from "./predictions.tsx";
import { StartWith } from "./start-with.tsx";
import { startersOf } from "./starters.ts";
import { TokenChips } from "./token-chips.tsx";
import { Turns } from "./turns.tsx";
import { useContrast } from "./use-contrast.ts";
import { mostTokens, useEarlyTrace } from "./use-early-trace.ts";
import { usePreview } from "./use-preview.ts";

export interface ComposerProps {
  readonly models: Models | undefined;
  readonly model: string | undefined;
  /** In memory, and the one that was chosen. */
  readonly ready: boolean;
  readonly loading: JobStatus | undefined;
  /** Something was asked for and is being worked on. */
  readonly busy: boolean;
  readonly draft: Draft;
  onDraft(draft: Draft): void;
  /** Somebody means to ask: the model may be loaded. */
  onLoad(): void;
  onStopLoading(): void;
  /** `tokens`: how many the prompt has, where that is known already. */
  onTrace(input: TraceInput, tokens: number | undefined): void;
}

export function Composer(props: ComposerProps) {
  const { models, model, ready, loading, draft, onDraft } = props;
  const [options, setOptions] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const choice = models?.choices.find(c => c.name === model);
  const input = useMemo(() => promptOf(draft), [draft.prompt, draft.chat, draft.turns]);
  const preview = usePreview(model, ready, input);
  const versus = usePreview(model, ready, versusOf(draft));
  const looks = ready && draft.against === "found" && draft.foil === undefined && preview.fresh;
  const found = useContrast(model, looks, input, draft.target);
  const [chosen, setChosen] = useState(0);
  useEffect(() => setChosen(0), [found.contrasts]);
  const set = (change: Partial<Draft>) => onDraft({ ...draft, ...change });
  const starters = startersOf(model);
  const embedded = model === undefined || model === "specimen";
  const known = starters.some(({ prompts }) => prompts.includes(draft.prompt));
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
  const others = versusOf(draft) ? versus.prediction?.tokens : undefined;
  const mismatch = versus.fresh && tokens && others && tokens.length !== others.length;
  const seconds = estimate(models, model, tokens?.length);
  const question = questionOf(draft, {
    ...(preview.fresh ? { found: found.contrasts?.found[chosen] } : {}),
    ...(versus.fresh ? { own: others } : {}),
  });
  const complete = preview.fresh && !mismatch && (looks ? found.contrasts : draft.against !== "own" || versus.fresh);
  useEarlyTrace(model, complete && tokens!.length <= mostTokens ? question : undefined, props.busy);
  const trace = () => {
    if (!question || mismatch) return;
    found.stop();
    props.onTrace(question, tokens?.length);
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
            placeholder={draft.chat ? "Say something to the model" : starters[0]!.prompts[0]}
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
      </form>
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
        {options && <BasisChoice model={model} ready={ready} basis={draft.basis} onChange={basis => set({ basis })} />}
      </div>
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
      {embedded && preview.fresh && !known && preview.prediction && <Outside prediction={preview.prediction} />}
      {!draft.chat && (embedded || known || draft.prompt === "") && (
        <div class={model ? "begin" : "begin unknown"}>
          <span class="hint">{embedded ? "The embedded model knows" : "Try"}</span>
          <StartWith
            starters={starters}
            prompt={draft.prompt}
            onPrompt={prompt => {
              set({ prompt, target: undefined, foil: undefined });
              area.current?.focus();
            }}
          />
        </div>
      )}
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
          <Against
            draft={draft}
            tokens={tokens}
            found={found}
            chosen={chosen}
            own={versus}
            onChosen={setChosen}
            onDraft={set}
            onTrace={trace}
          />
        </div>
      )}
    </section>
  );
}
