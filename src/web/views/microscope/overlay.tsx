/** On top of all nodes: the edges of the chosen one, its neighbours coloured by their weight, hover, pins, groups. */
import type { NodeInfo, TraceDocument } from "../../../attribution/document.ts";
import { percent, signed } from "../../../charts/text.ts";
import { shapeOf } from "./glyph.tsx";
import { nodeName, nodePlace } from "./names.ts";
import type { Pins } from "./pins.ts";
import type { Place, Places } from "./place.ts";
import type { Links } from "./shown.ts";

interface OverlayProps {
  readonly document: TraceDocument;
  readonly places: Places;
  readonly links: Links;
  readonly chosen: NodeInfo | undefined;
  readonly hover: NodeInfo | undefined;
  readonly pins: Pins;
  readonly way: "inputs" | "outputs";
}

/** Edges drawn of each end. */
const most = 60;

export function Overlay({ document, places, links, chosen, hover, pins }: OverlayProps) {
  const at = chosen && places.byId.get(chosen.id);
  const edges = chosen
    ? [...(links.inputs.get(chosen.id) ?? []).slice(0, most), ...(links.outputs.get(chosen.id) ?? []).slice(0, most)]
    : [];
  const drawn = edges.flatMap(link => {
    const to = places.byId.get(link.id);
    return to ? [{ link, to }] : [];
  });
  const same =
    hover?.kind === "unit"
      ? places.places.filter(
          p => p.node.layer === hover.layer && p.node.index === hover.index && p.node.id !== hover.id,
        )
      : [];
  const pinned = pins.pinned.flatMap(id => places.byId.get(id) ?? []);
  return (
    <svg class="scope-over" width={places.width} height={places.height} aria-hidden="true">
      {at &&
        drawn.map(({ link, to }) => (
          <line
            key={`${link.id}`}
            class={link.weight < 0 ? "edge against" : "edge"}
            x1={at.x}
            y1={at.y}
            x2={to.x}
            y2={to.y}
            stroke-width={Math.max(0.6, 4 * Math.sqrt(Math.min(0.6, Math.abs(link.share))))}
            stroke-opacity={Math.min(0.9, 0.25 + Math.abs(link.share) * 2)}
          />
        ))}
      {at &&
        drawn.map(({ link, to }) => (
          <path
            key={link.id}
            class={link.weight < 0 ? "neighbour against" : "neighbour"}
            d={shapeOf(to.node.kind)}
            transform={`translate(${to.x} ${to.y})`}
            style={{ "--weight": `${Math.round(25 + 75 * Math.min(1, Math.abs(link.share) / 0.4))}%` }}
          />
        ))}
      {pinned.map(p => (
        <circle key={p.node.id} class="ring pinned" cx={p.x} cy={p.y} r={7.5} />
      ))}
      {pins.groups.map((group, i) => (
        <g key={group.name} class={`group group-${i % 4}`}>
          {group.members
            .flatMap(id => places.byId.get(id) ?? [])
            .map(p => (
              <circle key={p.node.id} class="ring grouped" cx={p.x} cy={p.y} r={9} />
            ))}
        </g>
      ))}
      {same.map(p => (
        <circle key={p.node.id} class="ring same" cx={p.x} cy={p.y} r={7} />
      ))}
      {at && <circle class="ring chosen" cx={at.x} cy={at.y} r={8} />}
      {hover && <Tip document={document} place={places.byId.get(hover.id)} width={places.width} />}
    </svg>
  );
}

function Tip({ document, place, width }: { document: TraceDocument; place: Place | undefined; width: number }) {
  if (!place) return null;
  const { node } = place;
  const lines = [
    nodeName(document, node),
    `${nodePlace(document, node)} · ${percent(node.influence)}${node.effect === undefined ? "" : ` · ${signed(node.effect)}`}`,
  ];
  const wide = Math.min(320, Math.max(...lines.map(l => l.length)) * 6.4 + 20);
  const x = Math.min(Math.max(4, place.x + 12), width - wide - 4);
  const y = place.y > 70 ? place.y - 52 : place.y + 14;
  return (
    <g class="tip">
      <circle class="ring hover" cx={place.x} cy={place.y} r={8} />
      <rect x={x} y={y} width={wide} height={40} rx={5} />
      {lines.map((line, i) => (
        <text key={line} class={i === 0 ? "first" : ""} x={x + 10} y={y + 16 + i * 16}>
          {line.length > 48 ? `${line.slice(0, 47)}…` : line}
        </text>
      ))}
    </g>
  );
}
