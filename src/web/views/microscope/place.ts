/**
 * Where each node of a trace stands: x by token, y by layer, side by side inside a cell, the most influential at its right
 * end. Arithmetic alone, so two thousand nodes take less than a frame. Pure.
 */
import type { NodeInfo, TraceDocument } from "../../../attribution/document.ts";

export interface Place {
  readonly node: NodeInfo;
  readonly x: number;
  readonly y: number;
}

export interface Column {
  readonly position: number;
  readonly x: number;
  readonly width: number;
}

export interface Places {
  readonly places: readonly Place[];
  readonly byId: ReadonlyMap<string, Place>;
  readonly columns: readonly Column[];
  /** y of a row: −1 tokens, 0 … layers − 1, layers for the answer. */
  rowY(row: number): number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
}

const left = 44;
const right = 14;
const top = 26;
const bottom = 84;
const leastColumn = 22;

export function place(document: TraceDocument, nodes: readonly NodeInfo[], width: number, height: number): Places {
  const { layers } = document.model;
  const rows = layers + 2;
  const rowY = (row: number) => height - bottom - ((row + 1) / Math.max(1, rows - 1)) * (height - top - bottom);
  const cells = new Map<string, NodeInfo[]>();
  const fullest = document.tokens.map(() => 1);
  const used = new Set<number>();
  for (const node of nodes) {
    const position = positionOf(document, node);
    if (position === undefined) continue;
    used.add(position);
    const key = `${rowOf(document, node)} ${position}`;
    const cell = cells.get(key);
    if (cell) cell.push(node);
    else cells.set(key, [node]);
    fullest[position] = Math.max(fullest[position] ?? 1, cells.get(key)!.length);
  }
  const weights = document.tokens.map((_, i) => Math.min(14, used.has(i) ? 1 + fullest[i]! : 1.2));
  const total = weights.reduce((a, b) => a + b, 0);
  const room = width - left - right;
  const base = Math.min(leastColumn, room / Math.max(1, weights.length));
  const extra = Math.max(0, room - base * weights.length);
  let x = left;
  const columns = weights.map((weight, position): Column => {
    const w = base + (extra * weight) / total;
    const column = { position, x, width: w };
    x += w;
    return column;
  });
  const places: Place[] = [];
  for (const [key, cell] of cells) {
    const [row, position] = key.split(" ").map(Number) as [number, number];
    const column = columns[position]!;
    cell.sort((a, b) => b.influence - a.influence);
    const step = Math.min(11, (column.width - 6) / cell.length);
    cell.forEach((node, i) => {
      places.push({ node, x: column.x + column.width - 7 - i * step, y: rowY(row) });
    });
  }
  // The most influential last, so that they are drawn on top.
  places.sort((a, b) => a.node.influence - b.node.influence);
  return { places, byId: new Map(places.map(p => [p.node.id, p])), columns, rowY, rows, width, height };
}

function positionOf(document: TraceDocument, node: NodeInfo): number | undefined {
  if (node.kind === "target") {
    return document.targets.find(t => t.node === node.id)?.position ?? document.target.position;
  }
  if (node.kind === "bias") return 0;
  return node.position !== undefined && node.position < document.tokens.length ? node.position : undefined;
}

export function rowOf(document: TraceDocument, node: NodeInfo): number {
  if (node.kind === "embedding") return -1;
  if (node.kind === "target") return document.model.layers;
  return node.layer === "positions" || node.layer === undefined ? -1 : node.layer;
}

/** The nearest node within `reach`, or undefined. */
export function nearest(places: readonly Place[], x: number, y: number, reach: number): Place | undefined {
  let best: Place | undefined;
  let least = reach * reach;
  for (const p of places) {
    const d = (p.x - x) ** 2 + (p.y - y) ** 2;
    if (d <= least) {
      least = d;
      best = p;
    }
  }
  return best;
}
