/** Changes to a chart's boxes, with undo and redo. Each is kept at once; of a gallery's chart, on this page only. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import { api } from "../../client.ts";

export interface Edits {
  apply(document: TraceDocument): void;
  /** The same boxes with more known of them: no step of its own. */
  amend(document: TraceDocument): void;
  undo(): void;
  redo(): void;
  /** Until the last change is kept. */
  settled(): Promise<unknown>;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

/** Is it one of those that came along, which are nobody's to change? */
export const isGallery = (id: string) => id.startsWith("gallery-");

/** Steps that can be taken back. */
const most = 100;

export function useEdits(
  id: string,
  document: TraceDocument,
  onDocument: (document: TraceDocument, id?: string) => void,
): Edits {
  const [past, setPast] = useState<readonly TraceDocument[]>([]);
  const [future, setFuture] = useState<readonly TraceDocument[]>([]);
  const saved = useRef<Promise<unknown>>(Promise.resolve());
  const show = (next: TraceDocument) => {
    onDocument(next);
    // A chart of the gallery is nobody's own: it stays as it is on disk, and so does what was changed on screen.
    if (!isGallery(id)) saved.current = api.replace(id, next).catch(() => {});
  };
  const edits: Edits = {
    apply(next) {
      setPast([...past.slice(-most), document]);
      setFuture([]);
      show(next);
    },
    amend: onDocument,
    undo() {
      const before = past.at(-1);
      if (!before) return;
      setPast(past.slice(0, -1));
      setFuture([document, ...future]);
      show(before);
    },
    redo() {
      const [next, ...rest] = future;
      if (!next) return;
      setPast([...past, document]);
      setFuture(rest);
      show(next);
    },
    settled: () => saved.current,
    canUndo: past.length > 0,
    canRedo: future.length > 0,
  };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
      if (event.target instanceof Element && event.target.closest("input, textarea")) return;
      event.preventDefault();
      if (event.shiftKey) edits.redo();
      else edits.undo();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
  return edits;
}
