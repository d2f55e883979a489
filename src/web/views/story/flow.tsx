/** The chart where there is room: links as SVG behind, boxes as buttons over it. */
import { useMemo } from "preact/hooks";
import type { Chart } from "../../../charts/chart.ts";
import { layOut, type PlacedLink } from "../../../charts/layout.ts";
import { arrow } from "../../../charts/routes.ts";
import { percent } from "../../../charts/text.ts";
import { BoxCard } from "./box-card.tsx";

export interface FlowProps {
  readonly chart: Chart;
  readonly width: number;
  readonly selected: string;
  /** Boxes that a clause of the paragraph names; empty when none is chosen. */
  readonly lit: ReadonlySet<string>;
  onSelect(id: string): void;
}

export function Flow({ chart, width, selected, lit, onSelect }: FlowProps) {
  const layout = useMemo(() => layOut(chart, { width: Math.max(640, width) }), [chart, width]);
  const strong = (link: PlacedLink["link"]) =>
    lit.size > 0
      ? lit.has(link.source) && lit.has(link.target)
      : link.source === selected || link.target === selected || selected === chart.answer.id;
  const state = (id: string, joined?: readonly string[]) => {
    const ids = joined ?? [id];
    return `${id === selected || ids.includes(selected) ? " selected" : ""}${lit.size > 0 && !ids.some(i => lit.has(i)) ? " dimmed" : ""}`;
  };
  return (
    <div class="flow" style={{ width: `${layout.width}px`, height: `${layout.height}px` }}>
      <svg width={layout.width} height={layout.height} aria-hidden="true">
        {layout.links.map(placed => (
          <Link key={`${placed.link.source}>${placed.link.target}`} placed={placed} strong={strong(placed.link)} />
        ))}
      </svg>
      {layout.boxes.map(({ box, x, y, width, height, joined }) => (
        <button
          type="button"
          key={box.id}
          data-box={box.id}
          class={`box ${box.kind}${box.coarse ? " coarse" : ""}${state(box.id, joined)}`}
          aria-pressed={box.id === selected}
          style={{ left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` }}
          onClick={() => onSelect(box.id)}
        >
          <BoxCard box={box} probability={chart.probability} />
        </button>
      ))}
      {layout.tokens.map(token =>
        token.box ? (
          <button
            type="button"
            key={`${token.box}.${token.positions[0]}`}
            data-box={token.box}
            class={`box chip${state(token.box)}`}
            aria-pressed={token.box === selected}
            style={{
              left: `${token.x - token.width / 2}px`,
              top: `${layout.tokenY - 22}px`,
              width: `${token.width}px`,
            }}
            onClick={() => onSelect(token.box!)}
          >
            <span class="unseen">token</span>
            <span class="name">{token.text}</span>
            <span class="number">{percent(token.share)}</span>
          </button>
        ) : (
          <span
            key={`at${token.positions[0]}`}
            class="quiet-token"
            style={{ left: `${token.x - token.width / 2}px`, top: `${layout.tokenY - 9}px`, width: `${token.width}px` }}
          >
            {token.text}
          </span>
        ),
      )}
    </div>
  );
}

function Link({ placed: { link, path, width, glyph }, strong }: { placed: PlacedLink; strong: boolean }) {
  const wing = Math.max(4, width / 2 + 2.5);
  const [x, y] = path
    .match(/(-?[\d.]+) (-?[\d.]+)$/)!
    .slice(1)
    .map(Number) as [number, number];
  return (
    <g class={`link ${link.weight < 0 ? "against" : "for"}${strong ? "" : " faint"}`}>
      <path d={path} stroke-width={width} />
      <path class="arrowhead" d={`M${x} ${y - arrow}L${x - wing} ${y}L${x + wing} ${y}Z`} />
      <circle cx={glyph.x} cy={glyph.y} r="6" />
      <text x={glyph.x} y={glyph.y + 4} text-anchor="middle">
        {link.weight < 0 ? "−" : "+"}
      </text>
    </g>
  );
}
