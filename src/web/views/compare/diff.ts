/**
 * Two charts laid over each other: which units are only in one, which in both, and how their weight differs. Places are
 * counted from the end, so that prompts that end alike line up. Pure.
 */
import type { NodeInfo, SupernodeInfo, TraceDocument } from "../../../attribution/document.ts";

export interface DiffRow {
  readonly key: string;
  readonly layer: number;
  readonly index: number;
  /** Tokens from the end, 0 for the last. */
  readonly fromEnd: number;
  readonly a: NodeInfo | undefined;
  readonly b: NodeInfo | undefined;
}

export interface BoxPair {
  readonly a: SupernodeInfo | undefined;
  readonly b: SupernodeInfo | undefined;
  /** Units in both, of all units of the two. */
  readonly alike: number;
}

export interface Diff {
  /** Of one model? Else units of the same number have nothing to do with each other, and boxes stand side by side by weight. */
  readonly alike: boolean;
  readonly rows: readonly DiffRow[];
  readonly onlyA: number;
  readonly onlyB: number;
  readonly both: number;
  readonly boxes: readonly BoxPair[];
}

const keyOf = (node: NodeInfo, tokens: number) => `${node.layer}.${node.index}.${tokens - 1 - (node.position ?? 0)}`;

export function diff(a: TraceDocument, b: TraceDocument): Diff {
  const units = (d: TraceDocument) => d.nodes.filter(n => n.kind === "unit");
  const rows = new Map<string, DiffRow>();
  for (const [side, document] of [
    ["a", a],
    ["b", b],
  ] as const) {
    for (const node of units(document)) {
      const key = keyOf(node, document.tokens.length);
      const had = rows.get(key) ?? {
        key,
        layer: node.layer as number,
        index: node.index!,
        fromEnd: document.tokens.length - 1 - node.position!,
        a: undefined,
        b: undefined,
      };
      rows.set(key, { ...had, [side]: node });
    }
  }
  const alike = a.model.name === b.model.name && a.basis === b.basis;
  const all = alike ? [...rows.values()] : [];
  const weight = (row: DiffRow) => Math.abs((row.a?.influence ?? 0) - (row.b?.influence ?? 0));
  return {
    alike,
    rows: all.sort((x, y) => weight(y) - weight(x)),
    onlyA: all.filter(r => !r.b).length,
    onlyB: all.filter(r => !r.a).length,
    both: all.filter(r => r.a && r.b).length,
    boxes: alike ? boxPairs(a, b) : byWeight(a, b),
  };
}

/** The weightiest beside the weightiest: no more than two lists. */
function byWeight(a: TraceDocument, b: TraceDocument): BoxPair[] {
  const boxes = (document: TraceDocument) =>
    document.supernodes.filter(s => s.kind === "units").sort((x, y) => y.share - x.share);
  const [left, right] = [boxes(a), boxes(b)];
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => ({ a: left[i], b: right[i], alike: 0 }));
}

/** Boxes of units paired by the units they share, best pairs first; the rest stand alone. */
export function boxPairs(a: TraceDocument, b: TraceDocument): BoxPair[] {
  const keys = (document: TraceDocument, box: SupernodeInfo) => {
    const members = new Set(box.members);
    return new Set(
      document.nodes.flatMap(n =>
        members.has(n.id) && n.kind !== "target" ? [`${n.kind}.${keyOf(n, document.tokens.length)}`] : [],
      ),
    );
  };
  const boxes = (document: TraceDocument) =>
    document.supernodes.filter(s => s.kind === "units").map(box => ({ box, keys: keys(document, box) }));
  const left = boxes(a);
  const right = boxes(b);
  const pairs = left
    .flatMap(x =>
      right.map(y => {
        let shared = 0;
        for (const key of x.keys) if (y.keys.has(key)) shared++;
        return { x, y, alike: shared / Math.max(1, x.keys.size + y.keys.size - shared) };
      }),
    )
    .filter(p => p.alike > 0.05)
    .sort((p, q) => q.alike - p.alike);
  const used = new Set<SupernodeInfo>();
  const found: BoxPair[] = [];
  for (const { x, y, alike } of pairs) {
    if (used.has(x.box) || used.has(y.box)) continue;
    used.add(x.box).add(y.box);
    found.push({ a: x.box, b: y.box, alike });
  }
  for (const { box } of left) if (!used.has(box)) found.push({ a: box, b: undefined, alike: 0 });
  for (const { box } of right) if (!used.has(box)) found.push({ a: undefined, b: box, alike: 0 });
  const share = (p: BoxPair) => Math.max(p.a?.share ?? 0, p.b?.share ?? 0);
  return found.sort((p, q) => share(q) - share(p));
}
