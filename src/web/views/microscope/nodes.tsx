/** The nodes and the axes: drawn again only when what is shown changes, never for a hover or a choice. */

import type { TraceDocument } from "../../../attribution/document.ts";
import { percent, tokenText } from "../../../charts/text.ts";
import { memo } from "../../parts/memo.ts";
import { shapeOf } from "./glyph.tsx";
import type { Places } from "./place.ts";

interface NodesProps {
  readonly document: TraceDocument;
  readonly places: Places;
  /** Nodes that a search found; undefined when there is none. */
  readonly found: ReadonlySet<string> | undefined;
}

export const Nodes = memo(function Nodes({ document, places, found }: NodesProps) {
  const { layers } = document.model;
  const every = layers > 12 ? 2 : 1;
  const answer = places.byId.get(document.target.node);
  const foot = places.rowY(-1) + 16;
  return (
    <svg class="scope-nodes" width={places.width} height={places.height} aria-hidden="true">
      <g class="axis">
        {Array.from({ length: layers + 2 }, (_, i) => i - 1).map(row => (
          <g key={row}>
            <line x1={40} x2={places.width} y1={places.rowY(row)} y2={places.rowY(row)} />
            {(row < 0 || row === layers || row % every === 0) && (
              <text x={34} y={places.rowY(row) + 3.5} text-anchor="end">
                {row < 0 ? "Emb" : row === layers ? "Lgt" : `L${row}`}
              </text>
            )}
          </g>
        ))}
        {places.columns.map(column => (
          <g key={column.position}>
            <line x1={column.x} x2={column.x} y1={places.rowY(layers)} y2={foot - 8} />
            <text
              class="token-label"
              transform={`translate(${column.x + column.width - 8} ${foot}) rotate(-40)`}
              text-anchor="end"
            >
              {clip(tokenText(document.tokens[column.position]?.text ?? ""))}
            </text>
          </g>
        ))}
      </g>
      {answer && (
        <text class="answer-label" x={answer.x - 11} y={answer.y - 9} text-anchor="end">
          {clip(tokenText(document.target.text))} {percent(document.target.probability)}
        </text>
      )}
      <g>
        {places.places.map(({ node, x, y }) => (
          <path
            key={node.id}
            d={shapeOf(node.kind)}
            transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}
            class={`node ${node.kind}${(node.effect ?? 0) < 0 ? " against" : ""}${found && !found.has(node.id) ? " unfound" : ""}`}
          />
        ))}
      </g>
    </svg>
  );
});

const clip = (text: string) => (text.length > 11 ? `${text.slice(0, 10)}…` : text);
