/**
 * Boxes renamed, merged, split and rearranged: the graph of the document grouped anew, its edges, shares and story worked
 * out from it again. Pure. What was measured of a box that has changed (verdict, what it does) is dropped: it was
 * measured of other units.
 */
import type { SupernodeInfo, TraceDocument } from "../../../attribution/document.ts";
import { fromDocument } from "../../../attribution/from-document.ts";
import type { Group } from "../../../attribution/grouping.ts";
import { story } from "../../../attribution/story.ts";
import { describe } from "../../../attribution/supernodes.ts";

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

/** One node to another box; to none when `to` is undefined. */
export function moved(document: TraceDocument, node: string, to: string | undefined): TraceDocument {
  return regrouped(
    document,
    document.supernodes.map(box => {
      const without = box.members.filter(m => m !== node);
      return { ...box, members: box.id === to ? [...without, node] : without };
    }),
  );
}

function regrouped(document: TraceDocument, wanted: readonly SupernodeInfo[]): TraceDocument {
  const graph = fromDocument(document);
  const number = new Map(document.nodes.map((node, i) => [node.id, i]));
  const groups = wanted.flatMap((box): Group[] => {
    if (box.kind === "target") return [];
    const members = box.members.flatMap(m => number.get(m) ?? []).sort((a, b) => a - b);
    return members.length > 0 ? [{ kind: box.kind, members, name: box.label.text }] : [];
  });
  const effect = Float64Array.from(document.nodes, node => node.effect ?? 0);
  const made = describe(graph, groups, { tokens: document.tokens, effect });
  const key = (members: readonly string[]) => [...members].sort().join();
  const before = new Map(document.supernodes.map(box => [key(box.members), box]));
  const supernodes = made.supernodes.map((box): SupernodeInfo => {
    const same = before.get(key(box.members));
    if (!same) return box;
    return {
      ...box,
      label: same.label,
      ...(same.does ? { does: same.does } : {}),
      ...(same.verdict ? { verdict: same.verdict } : {}),
    };
  });
  return {
    ...document,
    supernodes,
    superedges: made.superedges,
    nodes: document.nodes.map((node, i) => {
      const { supernode: _, ...rest } = node;
      const box = supernodes[made.boxOf[i]!];
      return box ? { ...rest, supernode: box.id } : rest;
    }),
    story: told(document, supernodes, made.superedges),
  };
}

function told(
  document: TraceDocument,
  supernodes: readonly SupernodeInfo[],
  superedges: TraceDocument["superedges"],
): TraceDocument["story"] {
  return story({ supernodes, superedges, coverage: document.coverage, target: document.target });
}
