/** One planned change: what, what becomes of it, where, and whose values. */
import type { TraceDocument } from "../../../attribution/document.ts";
import type { RunInfo } from "../../../server/api.ts";
import { boxName } from "./box-name.ts";
import { boxOf, changeable, type Planned } from "./plan.ts";
import { PositionsPicker } from "./positions-picker.tsx";
import { SwapSource } from "./swap-source.tsx";

const edits = [
  { key: "off", name: "switch off", do: "scale", value: 0 },
  { key: "reverse", name: "reverse", do: "scale", value: -1 },
  { key: "scale", name: "times", do: "scale", value: 2 },
  { key: "set", name: "set to", do: "set", value: 1 },
  { key: "swap", name: "swap", do: "swap", value: undefined },
] as const;

export interface ChangeRowProps {
  readonly document: TraceDocument;
  readonly planned: Planned;
  readonly charts: readonly RunInfo[];
  onChange(change: Partial<Planned>): void;
  onRemove?: (() => void) | undefined;
}

export function ChangeRow({ document, planned, charts, onChange, onRemove }: ChangeRowProps) {
  const boxes = document.supernodes.filter(s => s.kind === "units" || s.kind === "tokens");
  const box = boxOf(document, planned.nodes);
  const edit = editOf(planned);
  const units = planned.nodes.some(id => id.startsWith("unit."));
  return (
    <li class="change">
      <select
        aria-label="what is changed"
        value={box ?? ""}
        onChange={e => {
          const next = boxes.find(b => b.id === e.currentTarget.value);
          if (next) onChange({ nodes: changeable(next.members), at: undefined });
        }}
      >
        {box === undefined && <option value="">{nodesName(planned)}</option>}
        {boxes.map(b => (
          <option key={b.id} value={b.id}>
            {boxName(document, b)}
          </option>
        ))}
      </select>
      <select
        aria-label="what becomes of it"
        value={edit}
        onChange={e => {
          const next = edits.find(x => x.key === e.currentTarget.value)!;
          onChange({ do: next.do, value: next.value, chart: undefined, box: undefined, brought: undefined });
        }}
      >
        {edits.map(e => (
          <option key={e.key} value={e.key}>
            {e.name}
          </option>
        ))}
      </select>
      {(edit === "scale" || edit === "set") && (
        <input
          type="number"
          aria-label="value"
          step="0.1"
          value={planned.value}
          onInput={e => {
            const value = e.currentTarget.valueAsNumber;
            if (Number.isFinite(value)) onChange({ value });
          }}
        />
      )}
      {edit === "swap" && <SwapSource document={document} planned={planned} charts={charts} onChange={onChange} />}
      {units && <PositionsPicker tokens={document.tokens} at={planned.at} onChange={at => onChange({ at })} />}
      {units && edit !== "swap" && (
        <label class="check">
          <input
            type="checkbox"
            checked={planned.everyToken ?? false}
            onChange={e => onChange({ everyToken: e.currentTarget.checked })}
          />
          on every new token too
        </label>
      )}
      {onRemove && (
        <button type="button" class="quiet" onClick={onRemove}>
          Remove
        </button>
      )}
    </li>
  );
}

function nodesName({ nodes }: Planned): string {
  return nodes.length === 1 ? nodes[0]! : `${nodes.length} nodes`;
}

function editOf(planned: Planned): (typeof edits)[number]["key"] {
  if (planned.do === "swap" || planned.do === "set") return planned.do;
  return planned.value === 0 ? "off" : planned.value === -1 ? "reverse" : "scale";
}
