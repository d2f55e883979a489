/** A box renamed, merged with another, split, or one of its units moved. */
import { useState } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import { chart } from "../../../charts/chart.ts";
import { merged, renamed, split } from "./edit-boxes.ts";
import { MoveUnit } from "./move-unit.tsx";
import type { Edits } from "./use-edits.ts";

export function BoxEditor({ document, box, edits }: { document: TraceDocument; box: string; edits: Edits }) {
  const [open, setOpen] = useState(false);
  const it = document.supernodes.find(s => s.id === box);
  if (!it || it.kind === "target" || it.kind === "other") return null;
  const others = open ? chart(document).boxes.filter(b => b.kind === it.kind && b.id !== box) : [];
  return (
    <details class="box-editor" onToggle={e => setOpen(e.currentTarget.open)}>
      <summary class="quiet">Rename, merge, split, move</summary>
      {open && (
        <div class="editor-body">
          <form
            onSubmit={event => {
              event.preventDefault();
              const text = new FormData(event.currentTarget).get("label");
              if (typeof text === "string" && text.trim()) edits.apply(renamed(document, box, text.trim()));
            }}
          >
            <label>
              Name
              <input name="label" defaultValue={it.label.text} key={it.label.text} />
            </label>
            <button type="submit" class="plain">
              Rename
            </button>
          </form>
          {others.length > 0 && (
            <form
              onSubmit={event => {
                event.preventDefault();
                const other = new FormData(event.currentTarget).get("other");
                if (typeof other === "string" && other) edits.apply(merged(document, box, other));
              }}
            >
              <label>
                Merge with
                <select name="other">
                  {others.map(other => (
                    <option key={other.id} value={other.id}>
                      {other.number ? `${other.number} ` : ""}
                      {other.label}
                    </option>
                  ))}
                </select>
              </label>
              <button type="submit" class="plain">
                Merge
              </button>
            </form>
          )}
          {it.kind === "units" && <MoveUnit document={document} box={it} others={others} onChange={edits.apply} />}
          {it.members.length > 1 && (
            <button type="button" class="plain" onClick={() => edits.apply(split(document, box))}>
              Split into earlier and later layers
            </button>
          )}
        </div>
      )}
    </details>
  );
}
