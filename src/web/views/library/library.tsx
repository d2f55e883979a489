/** All charts that are kept: the gallery that came along and what was traced here. Search, rename, delete, undo. */
import { useEffect, useRef, useState } from "preact/hooks";
import { tokenText } from "../../../charts/text.ts";
import type { Documents, RunInfo } from "../../../server/api.ts";
import { api } from "../../client.ts";
import { SheetHead } from "../../parts/sheet-head.tsx";

export interface LibraryProps {
  readonly documents: Documents | undefined;
  readonly current: string | undefined;
  /** Choose one to compare with, rather than to look at. */
  readonly title: string;
  onOpen(id: string): void;
  onClose(): void;
  onChanged(): void;
}

export function Library({ documents, current, title, onOpen, onClose, onChanged }: LibraryProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [search, setSearch] = useState("");
  const [renaming, setRenaming] = useState<string>();
  const [gone, setGone] = useState<RunInfo>();
  useEffect(() => dialog.current?.showModal(), []);
  const found = (run: RunInfo) =>
    `${run.title} ${run.answer} ${run.model}`.toLowerCase().includes(search.trim().toLowerCase());
  const change = async (run: RunInfo, to: { title?: string; deleted?: boolean }) => {
    await api.change(run.id, to);
    onChanged();
  };
  const item = (run: RunInfo, own: boolean) => (
    <li key={run.id} class={run.id === current ? "run current" : "run"}>
      {renaming === run.id ? (
        <form
          class="rename"
          onSubmit={event => {
            event.preventDefault();
            const title = new FormData(event.currentTarget).get("title");
            setRenaming(undefined);
            if (typeof title === "string" && title.trim()) void change(run, { title: title.trim() });
          }}
        >
          <input name="title" aria-label="new name" defaultValue={run.title} autofocus />
          <button type="submit" class="plain">
            Keep
          </button>
        </form>
      ) : (
        <button type="button" class="run-open" onClick={() => onOpen(run.id)}>
          <span class="run-title">
            {run.title} <b>→ {tokenText(run.answer)}</b>
          </span>
          <span class="run-facts">{factsOf(run)}</span>
        </button>
      )}
      {own && renaming !== run.id && (
        <span class="run-actions">
          <button type="button" class="quiet" onClick={() => setRenaming(run.id)}>
            Rename
          </button>
          <button
            type="button"
            class="quiet"
            onClick={() => {
              setGone(run);
              void change(run, { deleted: true });
            }}
          >
            Delete
          </button>
        </span>
      )}
    </li>
  );
  const runs = documents?.runs.filter(found) ?? [];
  const gallery = documents?.gallery.filter(found) ?? [];
  return (
    <dialog ref={dialog} class="sheet wide" aria-labelledby="library-title" onClose={onClose}>
      <SheetHead id="library-title" title={title} />
      <input
        type="search"
        aria-label="search charts"
        placeholder="Search prompts, answers, models"
        value={search}
        onInput={event => setSearch(event.currentTarget.value)}
      />
      {gone && (
        <p class="undo" role="status">
          Deleted “{gone.title.slice(0, 60)}”.{" "}
          <button
            type="button"
            class="plain"
            onClick={() => {
              void change(gone, { deleted: false });
              setGone(undefined);
            }}
          >
            Undo
          </button>
        </p>
      )}
      <h3>Yours ({runs.length})</h3>
      {runs.length > 0 ? (
        <ul class="runs">{runs.map(run => item(run, true))}</ul>
      ) : (
        <p class="hint">{search ? "Nothing of yours matches." : "Whatever you trace is kept here, on this machine."}</p>
      )}
      <h3>Gallery ({gallery.length})</h3>
      <ul class="runs">{gallery.map(run => item(run, false))}</ul>
    </dialog>
  );
}

export function factsOf(run: RunInfo): string {
  return [
    run.model,
    run.basis === "neurons" ? "" : run.basis,
    `${run.tokens} tokens`,
    run.changed ? "changed model" : "",
    run.versus ? "contrast" : "",
    run.changed ? "" : verdictOf(run),
    run.created ? new Date(run.created).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }) : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** A chart that nobody has tested says so. */
function verdictOf({ verified }: RunInfo): string {
  return verified === undefined ? "not verified" : verified ? "✓ verified" : "✗ does not work";
}

/** The gallery as a row of cards, to begin with. */
export function GalleryStrip({
  gallery,
  current,
  onOpen,
}: {
  gallery: readonly RunInfo[];
  current: string | undefined;
  onOpen(id: string): void;
}) {
  return (
    <nav class="strip" aria-labelledby="strip-title">
      <h2 id="strip-title" class="strip-title">
        Finished charts, to look at without waiting
      </h2>
      <ul>
        {gallery.map(run => (
          <li key={run.id}>
            <button
              type="button"
              class={run.id === current ? "card current" : "card"}
              aria-current={run.id === current ? "true" : undefined}
              onClick={() => onOpen(run.id)}
            >
              <span class="card-prompt">{run.title}</span>
              <span class="card-answer">→ {tokenText(run.answer)}</span>
              <span class="card-facts">
                {run.model} · {verdictOf(run)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
