/** What a dictionary could not rebuild, where it flows in. */
import type { TraceDocument } from "../attribution/document.ts";

/** Of each box's absolute input, the share that comes from error nodes. */
export function errorShares(document: TraceDocument, answerId: string): Map<string, number> {
  const error = new Set(document.nodes.filter(n => n.kind === "error").map(n => n.id));
  if (error.size === 0) return new Map();
  const home = new Map<string, string>();
  for (const supernode of document.supernodes) for (const id of supernode.members) home.set(id, supernode.id);
  home.set(document.target.node, answerId);
  const known = new Map(document.nodes.map(n => [n.id, n.mass]));
  const all = new Map<string, number>();
  const wrong = new Map<string, number>();
  // Of a node whose whole input is known, that counts; of another, what the document's edges add up to.
  for (const [id, box] of home) all.set(box, (all.get(box) ?? 0) + (known.get(id) ?? 0));
  for (const { source, target, weight } of document.edges) {
    const box = home.get(target);
    if (!box) continue;
    if (known.get(target) === undefined) all.set(box, (all.get(box) ?? 0) + Math.abs(weight));
    if (error.has(source)) wrong.set(box, (wrong.get(box) ?? 0) + Math.abs(weight));
  }
  return new Map([...wrong].map(([box, mass]) => [box, mass / all.get(box)!]));
}
