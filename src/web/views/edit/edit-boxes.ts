/**
 * Boxes renamed, merged, split, their units moved, or all of them drawn anew in another number: the graph of the document grouped anew, its edges, shares and story worked
 * out from it again. Pure. What was measured of a box that has changed (verdict, what it does) is dropped: it was
 * measured of other units.
 */
import { boxLabel } from "../../../attribution/box-label.ts";
import type { SupernodeInfo, TraceDocument } from "../../../attribution/document.ts";
import { fromDocument } from "../../../attribution/from-document.ts";
import type { Group } from "../../../attribution/grouping.ts";
import { story } from "../../../attribution/story.ts";
import { describe, type Supernodes, supernodes } from "../../../attribution/supernodes.ts";

export function renamed(document: TraceDocument, id: string, text: string): TraceDocument {
  const label = { text, source: "user" as const, confidence: 1 };
  const supernodes = document.supernodes.map(box =>
    box.id === id
      ? { ...box, label }
      : { ...box, reads: box.reads.map(r => (r.id === id ? { ...r, label: text } : r)) },
  );
  return { ...document, supernodes, story: told(document, supernodes, document.superedges) };
}

/** The second box's members go into the first. */
export function merged(document: TraceDocument, id: string, other: string): TraceDocument {
  const extra = document.supernodes.find(box => box.id === other)?.members ?? [];
  return regrouped(
    document,
    document.supernodes.flatMap(box =>
      box.id === other ? [] : [box.id === id ? { ...box, members: [...box.members, ...extra] } : box],
    ),
  );
}

/** In two: its earlier layers, and its later ones. */
export function split(document: TraceDocument, id: string): TraceDocument {
  const layer = (node: string) => Number(/^(?:unit|mlp)\.(\d+)/.exec(node)?.[1] ?? 0);
  return regrouped(
    document,
    document.supernodes.flatMap(box => {
      if (box.id !== id) return [box];
      const members = [...box.members].sort((a, b) => layer(a) - layer(b));
      const middle = Math.ceil(members.length / 2);
      const unnamed = { ...box, label: { ...box.label, text: "" } };
      return [
        { ...unnamed, members: members.slice(0, middle) },
        { ...unnamed, id: `${box.id}, later`, members: members.slice(middle) },
      ];
    }),
  );
}

/** Where a unit goes that leaves its box for one of its own. */
export const alone = "alone";

/** One node to another box, to one of its own (`alone`), or, when `to` is undefined, to none. */
export function moved(document: TraceDocument, node: string, to: string | undefined): TraceDocument {
  const from = document.supernodes.find(box => box.members.includes(node));
  const boxes = document.supernodes.map(box => {
    const without = box.members.filter(m => m !== node);
    return { ...box, members: box.id === to ? [...without, node] : without };
  });
  const own = from && to === alone ? [{ ...from, id: node, label: { ...from.label, text: "" }, members: [node] }] : [];
  const other =
    from && to === undefined ? [{ ...from, id: `other ${node}`, kind: "other" as const, members: [node] }] : [];
  return regrouped(document, [...boxes, ...own, ...other]);
}

/** Boxes chosen anew, at most so many. Those with the same members as before keep their names and tests. */
export function redrawn(document: TraceDocument, boxes: number): TraceDocument {
  const graph = fromDocument(document);
  const options = { tokens: document.tokens, effect: effectsOf(document), boxes };
  return drawn(document, supernodes(graph, options));
}

function regrouped(document: TraceDocument, wanted: readonly SupernodeInfo[]): TraceDocument {
  const graph = fromDocument(document);
  const number = new Map(document.nodes.map((node, i) => [node.id, i]));
  const groups = wanted.flatMap((box): Group[] => {
    if (box.kind === "target") return [];
    const members = box.members.flatMap(m => number.get(m) ?? []).sort((a, b) => a - b);
    return members.length > 0 ? [{ kind: box.kind, members, name: box.label.text }] : [];
  });
  return drawn(document, describe(graph, groups, { tokens: document.tokens, effect: effectsOf(document) }));
}

const effectsOf = (document: TraceDocument) => Float64Array.from(document.nodes, node => node.effect ?? 0);

function drawn(document: TraceDocument, made: Supernodes): TraceDocument {
  const key = (members: readonly string[]) => [...members].sort().join();
  const before = new Map(document.supernodes.map(box => [key(box.members), box]));
  const nodes = new Map(document.nodes.map(node => [node.id, node]));
  const boxes = made.supernodes.map((box): SupernodeInfo => {
    const same = before.get(key(box.members));
    if (!same) {
      if (box.kind === "target") return { ...box, label: { ...box.label, text: answerOf(document) } };
      const members = box.members.map(id => ({ words: nodes.get(id), effect: nodes.get(id)?.effect ?? 0 }));
      return { ...box, label: boxLabel(box, members, document.tokens) };
    }
    return {
      ...box,
      label: same.label,
      ...(same.does ? { does: same.does } : {}),
      ...(same.verdict ? { verdict: same.verdict } : {}),
    };
  });
  const label = new Map(boxes.map(box => [box.id, box.label.text]));
  const named = boxes.map(box => ({
    ...box,
    reads: box.reads.map(read => ({ ...read, label: label.get(read.id) || read.label })),
  }));
  return {
    ...document,
    supernodes: named,
    superedges: made.superedges,
    nodes: document.nodes.map((node, i) => {
      const { supernode: _, ...rest } = node;
      const box = named[made.boxOf[i]!];
      return box ? { ...rest, supernode: box.id } : rest;
    }),
    story: told(document, named, made.superedges),
  };
}

const answerOf = ({ target }: TraceDocument) => target.text.trim() || target.text;

function told(
  document: TraceDocument,
  supernodes: readonly SupernodeInfo[],
  superedges: TraceDocument["superedges"],
): TraceDocument["story"] {
  return story({
    supernodes,
    superedges,
    coverage: document.coverage,
    target: document.target,
    verify: document.verify,
    balance: document.balance,
  });
}
