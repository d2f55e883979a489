/** The chart on a phone: cards in the order of the flow, each saying what feeds it; a tap opens its details in place. */
import type { ComponentChildren } from "preact";
import type { ChartBox } from "../../../charts/box.ts";
import type { Chart } from "../../../charts/chart.ts";
import { percent } from "../../../charts/text.ts";
import { BoxCard } from "./box-card.tsx";

export interface CardsProps {
  readonly chart: Chart;
  readonly selected: string;
  readonly lit: ReadonlySet<string>;
  onSelect(id: string): void;
  /** What opens under the chosen card. */
  readonly details: ComponentChildren;
}

export function Cards({ chart, selected, lit, onSelect, details }: CardsProps) {
  const tokens = chart.boxes.filter(b => b.kind === "tokens");
  const rest = chart.boxes.filter(b => b.kind === "units");
  const others = chart.boxes.filter(b => b.kind === "other");
  const card = (box: ChartBox) => (
    <li key={box.id} class={lit.size > 0 && !lit.has(box.id) ? "dimmed" : ""}>
      <Inputs chart={chart} box={box} onSelect={onSelect} />
      <button
        type="button"
        data-box={box.id}
        class={`box ${box.kind}${box.coarse ? " coarse" : ""}${box.id === selected ? " selected" : ""}`}
        aria-expanded={box.id === selected}
        onClick={() => onSelect(box.id)}
      >
        <BoxCard box={box} probability={chart.probability} />
      </button>
      {box.id === selected && details}
    </li>
  );
  const token = tokens.find(t => t.id === selected);
  const other = selected === "others" || others.some(o => o.id === selected);
  return (
    <ol class="cards">
      {tokens.length > 0 && (
        <li>
          <div class="chips">
            {tokens.map(box => (
              <button
                type="button"
                key={box.id}
                data-box={box.id}
                class={`box chip${box.id === selected ? " selected" : ""}${lit.size > 0 && !lit.has(box.id) ? " dimmed" : ""}`}
                aria-expanded={box.id === selected}
                onClick={() => onSelect(box.id)}
              >
                <span class="unseen">token</span>
                <span class="name">{box.label}</span>
                <span class="number">{percent(box.share)}</span>
              </button>
            ))}
          </div>
          {token && details}
        </li>
      )}
      {rest.map(card)}
      {others.length > 0 && (
        <li>
          <button
            type="button"
            data-box="others"
            class={`box other${other ? " selected" : ""}`}
            aria-expanded={other}
            onClick={() => onSelect("others")}
          >
            <span class="name">{others.length === 1 ? others[0]!.label : `${others.length} others`}</span>
            <span class="number">{percent(others.reduce((sum, b) => sum + b.share, 0))}</span>
          </button>
          {other && details}
        </li>
      )}
      {card(chart.answer)}
    </ol>
  );
}

/** The links into a card, as small buttons above it: sign, name, share. */
function Inputs({ chart, box, onSelect }: { chart: Chart; box: ChartBox; onSelect(id: string): void }) {
  const links = chart.links.filter(l => l.target === box.id && l.drawn).slice(0, 4);
  if (links.length === 0) return null;
  const name = new Map(chart.boxes.map(b => [b.id, b]));
  return (
    <div class="inputs">
      {links.map(link => {
        const source = name.get(link.source)!;
        const sign = link.weight < 0 ? "against" : "for";
        return (
          <button type="button" key={link.source} class={sign} onClick={() => onSelect(link.source)}>
            <span class="unseen">fed by</span>
            <span class="rope" style={{ width: `${Math.max(2, Math.min(10, link.input * 14))}px` }} />
            {link.weight < 0 ? "−" : "+"} {source.number ? `${source.number} ` : ""}
            <span class="name">{source.short}</span> {percent(link.input)}
          </button>
        );
      })}
    </div>
  );
}
