/**
 * Charts that are wrong, made of ones that may be right: verification must turn them down. Each keeps the form of a real
 * chart (as many nodes, in boxes of the same sizes), since a chart of another form would fail for that alone.
 */
import { random } from "../../core/random.ts";
import type { PromptBasis } from "../../features/basis.ts";
import type { TraceDocument } from "../document.ts";
import { nodeId, parseNodeId } from "../node.ts";
import type { Traced } from "../trace.ts";

export const nullKinds = ["shuffled", "another prompt", "random weights"] as const;
export type NullKind = (typeof nullKinds)[number];

export const nullInWords: Readonly<Record<NullKind, string>> = {
  shuffled: "each unit another one of its layer and position",
  "another prompt": "the chart of a prompt about something else, of as many tokens",
  "random weights": "the chart of the same prompt in a model with random weights",
};

/** Which units do what is dealt anew: each charted unit becomes another one of its layer and position. Blocks stay. */
export function shuffled(traced: Traced, seed: number): TraceDocument {
  const { document, basis } = traced;
  const next = random(seed);
  const at = unitsAt(basis);
  const used = new Set(document.nodes.map(node => node.id));
  const renamed = new Map<string, string>();
  const other = (id: string): string => {
    const node = parseNodeId(id);
    if (node?.kind !== "unit") return id;
    const had = renamed.get(id);
    if (had !== undefined) return had;
    const free = at(node.layer, node.position)
      .map(index => nodeId({ ...node, index }))
      .filter(name => !used.has(name));
    // Where nothing is left, as among a dictionary's few active features, the unit is left out.
    const name = free[Math.floor(next() * free.length)] ?? "";
    used.add(name);
    renamed.set(id, name);
    return name;
  };
  const nodes = document.nodes.flatMap(node => {
    const id = other(node.id);
    const made = parseNodeId(id);
    if (!made) return [];
    return [{ ...node, id, ...("index" in made ? { index: made.index } : {}) }];
  });
  const supernodes = document.supernodes.map(box => ({ ...box, members: box.members.map(other).filter(Boolean) }));
  return { ...document, nodes, supernodes, silent: [] };
}

/** The units that a chart can hold at a place: all neurons, or the features that are active there. */
function unitsAt(basis: PromptBasis): (layer: number, position: number) => readonly number[] {
  const byPlace = new Map<string, number[]>();
  for (let unit = 0; unit < basis.count; unit++) {
    const { layer, position, index } = basis.place(unit);
    const key = `${layer} ${position}`;
    const had = byPlace.get(key);
    if (had) had.push(index);
    else byPlace.set(key, [index]);
  }
  return (layer, position) => byPlace.get(`${layer} ${position}`) ?? [];
}

/** The nodes and boxes of one chart, said to explain the question of another of as many tokens. */
export function grafted(question: TraceDocument, chart: TraceDocument): TraceDocument {
  const { nodes, supernodes, superedges, silent = [] } = chart;
  return { ...question, nodes, supernodes, superedges, silent };
}
