/** Every node of the trace as a table: search, sort by any column, open its box. Rows are made as they are asked for. */
import { useMemo, useState } from "preact/hooks";
import type { NodeInfo, TraceDocument } from "../../../attribution/document.ts";
import type { Chart } from "../../../charts/chart.ts";
import { figure, percent, signed, tokenText } from "../../../charts/text.ts";
import { Scroll } from "./scroll.tsx";

export interface NodesTableProps {
  readonly document: TraceDocument;
  readonly chart: Chart;
  onSelect(id: string): void;
  readonly onOpenNode?: ((id: string) => void) | undefined;
}

type Key = "label" | "layer" | "position" | "activation" | "influence" | "effect" | "box";
const step = 60;

export function NodesTable({ document, chart, onSelect, onOpenNode }: NodesTableProps) {
  const [query, setQuery] = useState("");
  const [sort, setSort] = useState<{ key: Key; down: boolean }>({ key: "influence", down: true });
  const [most, setMost] = useState(step);
  const names = useMemo(
    () => new Map(chart.boxes.map(b => [b.id, b.number ? `${b.number} ${b.label}` : b.label])),
    [chart],
  );
  const rows = useMemo(() => {
    const value = (n: NodeInfo): string | number => {
      switch (sort.key) {
        case "label":
          return labelOf(n);
        case "layer":
          return typeof n.layer === "number" ? n.layer : -1;
        case "position":
          return n.position ?? -1;
        case "activation":
          return n.activation;
        case "influence":
          return n.influence;
        case "effect":
          return n.effect ?? 0;
        case "box":
          return names.get(n.supernode ?? "") ?? "";
      }
    };
    const wanted = query.trim().toLowerCase();
    const text = (n: NodeInfo) =>
      [
        n.id,
        labelOf(n),
        document.tokens[n.position ?? -1]?.text,
        names.get(n.supernode ?? ""),
        ...(n.promotes ?? []),
        ...(n.reads ?? []),
      ]
        .join(" ")
        .toLowerCase();
    const found = wanted ? document.nodes.filter(n => text(n).includes(wanted)) : [...document.nodes];
    const compare = (a: string | number, b: string | number) =>
      typeof a === "string" ? a.localeCompare(String(b)) : a - Number(b);
    return found.sort((a, b) => compare(value(a), value(b)) * (sort.down ? -1 : 1) || (a.id < b.id ? -1 : 1));
  }, [document, names, query, sort]);
  const head = (key: Key, title: string, number = true) => (
    <th class={number ? "number" : ""} aria-sort={sort.key === key ? (sort.down ? "descending" : "ascending") : "none"}>
      <button
        type="button"
        class="quiet"
        onClick={() => setSort(s => ({ key, down: s.key === key ? !s.down : number }))}
      >
        {title}
        <span aria-hidden="true">{sort.key === key ? (sort.down ? " ↓" : " ↑") : ""}</span>
      </button>
    </th>
  );
  const influence = rows.reduce((sum, n) => sum + (n.kind === "target" ? 0 : n.influence), 0);
  return (
    <>
      <label class="search">
        <span>search</span>
        <input
          type="search"
          value={query}
          placeholder="label, token, box or id"
          onInput={event => {
            setQuery(event.currentTarget.value);
            setMost(step);
          }}
        />
      </label>
      <p class="note" role="status">
        showing {Math.min(most, rows.length)} of {rows.length} nodes
        {rows.length < document.nodes.length &&
          ` (${document.nodes.length} in the trace; influence ${percent(influence)})`}
      </p>
      <Scroll label="nodes">
        <table class="nodes">
          <thead>
            <tr>
              {head("label", "node", false)}
              {head("layer", "layer")}
              {head("position", "token", false)}
              {head("activation", "activation")}
              {head("influence", "influence")}
              {head("effect", "effect")}
              {head("box", "box", false)}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, most).map(n => (
              <tr key={n.id}>
                <td>
                  {onOpenNode ? (
                    <button type="button" class="quiet" onClick={() => onOpenNode(n.id)}>
                      {labelOf(n)}
                    </button>
                  ) : (
                    labelOf(n)
                  )}
                  {n.label?.text && <small> {n.id}</small>}
                </td>
                <td class="number">{n.layer ?? ""}</td>
                <td>{n.position === undefined ? "" : `${tokenText(document.tokens[n.position]?.text ?? "")}`}</td>
                <td class="number">{figure(n.activation)}</td>
                <td class="number">{percent(n.influence)}</td>
                <td class="number">{n.effect === undefined ? "" : signed(n.effect)}</td>
                <td>
                  {n.supernode && names.has(n.supernode) && (
                    <button type="button" class="quiet" onClick={() => onSelect(n.supernode!)}>
                      {names.get(n.supernode)}
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {rows.length > most && (
        <button type="button" class="quiet more" onClick={() => setMost(m => m + 5 * step)}>
          show more
        </button>
      )}
    </>
  );
}

function labelOf(node: NodeInfo): string {
  return node.label?.text ? tokenText(node.label.text) : node.id;
}
