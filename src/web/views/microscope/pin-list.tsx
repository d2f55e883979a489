/** What was pinned and grouped, with names of one's own; it stands in the address, so a link carries it. */
import type { NodeInfo, TraceDocument } from "../../../attribution/document.ts";
import { percent } from "../../../charts/text.ts";
import { nodeName } from "./names.ts";
import type { Pins } from "./pins.ts";

interface PinListProps {
  readonly document: TraceDocument;
  readonly pins: Pins;
  readonly byId: ReadonlyMap<string, NodeInfo>;
  onChange(pins: Pins): void;
  onChoose(id: string): void;
}

export function PinList({ document, pins, byId, onChange, onChoose }: PinListProps) {
  if (pins.pinned.length === 0 && pins.groups.length === 0) return null;
  const item = (id: string) => {
    const node = byId.get(id);
    return (
      <li key={id}>
        <button type="button" class="quiet" onClick={() => onChoose(id)}>
          {node ? nodeName(document, node) : id}
        </button>
      </li>
    );
  };
  const share = (members: readonly string[]) =>
    members.reduce((sum, id) => sum + Math.max(0, byId.get(id)?.influence ?? 0), 0);
  return (
    <section class="pins" aria-label="pinned">
      {pins.pinned.length > 0 && (
        <>
          <h4>Pinned</h4>
          <ul class="inline-list">{pins.pinned.map(item)}</ul>
        </>
      )}
      {pins.groups.map((group, i) => (
        <div key={i} class="pin-group">
          <input
            aria-label="name of the group"
            value={group.name}
            onChange={e =>
              onChange({
                ...pins,
                groups: pins.groups.map((g, j) => (i === j ? { ...g, name: e.currentTarget.value || "group" } : g)),
              })
            }
          />
          <span class="figure">{percent(share(group.members))}</span>
          <ul class="inline-list">{group.members.map(item)}</ul>
        </div>
      ))}
      {pins.groups.length > 0 && (
        <button
          type="button"
          class="quiet"
          onClick={() =>
            onChange({ ...pins, groups: [...pins.groups, { name: `group ${pins.groups.length + 1}`, members: [] }] })
          }
        >
          New group
        </button>
      )}
      <button type="button" class="quiet" onClick={() => onChange({ pinned: [], groups: [] })}>
        Clear
      </button>
    </section>
  );
}
