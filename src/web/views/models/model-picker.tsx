/** Which model is asked: what is on this machine, what could be fetched, and the one in memory. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ModelChoice, Models } from "../../../server/api.ts";
import { megabytes } from "../../parts/progress.tsx";
import { SheetHead } from "../../parts/sheet-head.tsx";
import { shortName } from "./short-name.ts";

export interface ModelPickerProps {
  readonly models: Models | undefined;
  readonly model: string | undefined;
  readonly loading: boolean;
  onChoose(name: string): void;
}

export function ModelPicker({ models, model, loading, onChoose }: ModelPickerProps) {
  const [open, setOpen] = useState(false);
  const [own, setOwn] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.showModal();
  }, [open]);
  const choose = (name: string) => {
    setOpen(false);
    onChoose(name);
  };
  const here = models?.choices.filter(c => c.here) ?? [];
  const others = models?.choices.filter(c => !c.here) ?? [];
  const ready = model !== undefined && models?.resident?.name === model;
  const row = (choice: ModelChoice) => (
    <li key={choice.name}>
      <button
        type="button"
        class={choice.name === model ? "choice current" : "choice"}
        disabled={choice.trouble !== undefined}
        onClick={() => choose(choice.name)}
      >
        <span class="choice-name">{shortName(choice.name)}</span>
        <span class="choice-facts">
          {[
            choice.family,
            choice.size ? megabytes(choice.size) : "",
            choice.licence,
            choice.trouble,
            choice.gated ? "terms to accept on its page first" : "",
            choice.name === models?.resident?.name ? "in memory" : "",
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </button>
    </li>
  );
  return (
    <>
      <button type="button" class="quiet model-button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <span class={`lamp${ready ? " on" : loading ? " busy" : ""}`} aria-hidden="true" />
        <span class="unseen">model: </span>
        <span class="model-name">{model ? shortName(model) : "choose a model"}</span>
      </button>
      {open && (
        <dialog ref={dialog} class="sheet" aria-labelledby="models-title" onClose={() => setOpen(false)}>
          <SheetHead id="models-title" title="Model" />
          {here.length > 0 && (
            <>
              <h3>On this machine</h3>
              <ul class="choices">{here.map(row)}</ul>
            </>
          )}
          {here.length === 0 && (
            <p class="hint">No model is on this machine yet. One is fetched once and then stays.</p>
          )}
          {others.length > 0 && (
            <>
              <h3>To fetch from the hub</h3>
              <ul class="choices">{others.map(row)}</ul>
            </>
          )}
          <form
            class="own-model"
            onSubmit={event => {
              event.preventDefault();
              if (own.trim()) choose(own.trim());
            }}
          >
            <label>
              Another: a folder, a .gguf file, or owner/name
              <input type="text" value={own} spellcheck={false} onInput={e => setOwn(e.currentTarget.value)} />
            </label>
            <button type="submit" class="plain" disabled={!own.trim()}>
              Use it
            </button>
          </form>
        </dialog>
      )}
    </>
  );
}
