/** Changes to a chart's boxes, with undo and redo. Each is kept at once: of a gallery's chart, as a copy of one's own. */
import { useEffect, useState } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import { api } from "../../client.ts";

export interface Edits {
  apply(document: TraceDocument): void;
  undo(): void;
  redo(): void;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

/** Steps that can be taken back. */
const most = 100;

export function useEdits(
  id: string,
  document: TraceDocument,
  onDocument: (document: TraceDocument, id?: string) => void,
): Edits {
  const [past, setPast] = useState<readonly TraceDocument[]>([]);
  const [future, setFuture] = useState<readonly TraceDocument[]>([]);
  const show = (next: TraceDocument) => {
    onDocument(next);
    // A chart of the gallery is nobody's own: it stays as it is on disk, and so does what was changed on screen.
    if (!id.startsWith("gallery-")) void api.replace(id, next).catch(() => {});
  };
  const edits: Edits = {
    apply(next) {
      setPast([...past.slice(-most), document]);
      setFuture([]);
      show(next);
    },
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
