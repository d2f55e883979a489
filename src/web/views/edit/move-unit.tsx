/** One unit of a box taken to another box, to one of its own, or out of all boxes. */
import type { SupernodeInfo, TraceDocument } from "../../../attribution/document.ts";
import { percent, tokenText } from "../../../charts/text.ts";
import { alone, moved } from "./edit-boxes.ts";

export interface MoveUnitProps {
  readonly document: TraceDocument;
  readonly box: SupernodeInfo;
  readonly others: readonly { readonly id: string; readonly number?: number | string; readonly label: string }[];
  onChange(document: TraceDocument): void;
}

export function MoveUnit({ document, box, others, onChange }: MoveUnitProps) {
  const inside = new Set(box.members);
  const units = document.nodes
    .filter(node => inside.has(node.id) && (node.kind === "unit" || node.kind === "mlp"))
    .sort((a, b) => b.influence - a.influence);
  if (units.length === 0) return null;
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        const to = String(form.get("to"));
        onChange(moved(document, String(form.get("unit")), to === "none" ? undefined : to));
      }}
    >
      <label>
        Move
        <select name="unit">
          {units.map(unit => (
            <option key={unit.id} value={unit.id}>
              {unit.kind === "mlp" ? `block ${unit.layer}` : `${unit.layer}.${unit.index}`}
              {unit.label?.text ? ` ${tokenText(unit.label.text)}` : ""} at{" "}
              {tokenText(document.tokens[unit.position ?? 0]?.text ?? "")} ({percent(unit.influence)})
            </option>
          ))}
        </select>
      </label>
      <label>
        to
        <select name="to">
          {others.map(other => (
            <option key={other.id} value={other.id}>
              {other.number ? `${other.number} ` : ""}
              {other.label}
            </option>
          ))}
          {units.length > 1 && <option value={alone}>a box of its own</option>}
          <option value="none">no box</option>
        </select>
      </label>
      <button type="submit" class="plain">
        Move
      </button>
    </form>
  );
}
