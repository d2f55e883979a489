/**
 * Words on the chart: labels of the units that matter most, and of boxes whose members agree. A box whose members do
 * not agree is named by what it does, measured; a place alone is its name only while nothing else is known.
 */
import type { PromptBasis } from "../features/basis.ts";
import { labelUnits, type UnitWords } from "../features/labels/label-units.ts";
import type { Recording } from "../models/record.ts";
import { rowOfNode, wholeRowMass } from "./flow.ts";
import type { Graph } from "./graph.ts";
import { influence } from "./influence.ts";

/** Units that get words: one pass over the vocabulary serves them all, but each costs a column of it. */
const MOST = 160;

export interface LabelOptions {
  /** [node] 1 = drawn. */
  readonly shown: Uint8Array;
  /** [node] signed contribution to the answer. */
  readonly effect: ArrayLike<number>;
  readonly token: (id: number) => string;
  readonly signal?: AbortSignal | undefined;
}

/** Words by node number, for the drawn units with the greatest effect. */
export async function wordsOf(
  graph: Graph,
  recording: Recording,
  basis: PromptBasis,
  options: LabelOptions,
): Promise<ReadonlyMap<number, UnitWords>> {
  const { shown, effect } = options;
  const some = [...graph.nodes.keys()].filter(i => shown[i] && graph.nodes[i]!.kind === "unit" && effect[i] !== 0);
  some.sort((a, b) => Math.abs(effect[b]!) - Math.abs(effect[a]!) || a - b);
  const nodes = some.slice(0, MOST);
  const units = nodes.map(i => {
    const node = graph.nodes[i]!;
    return node.kind === "unit" ? { node, unit: basis.number(node)! } : undefined;
  });
  const kept = units.flatMap((u, i) => (u ? [{ ...u, number: nodes[i]! }] : []));
  const encoders = await basis.encoders(kept.map(k => k.unit));
  const shares = rowShares(graph);
  const decoders = await decodersOf(basis, kept);
  const words = await labelUnits({
    model: recording.model,
    token: options.token,
    ids: recording.ids,
    signal: options.signal,
    units: kept.map(({ node, unit, number }, i) => ({
      layer: node.layer,
      position: node.position,
      index: node.index,
      activation: basis.activation(unit),
      decoder: decoders[i]!,
      encoder: encoders[i]!.vector,
      row: {
        shareOwnEmbedding: shares.embeddings(number).get(node.position) ?? 0,
        shareByPosition: Float64Array.from(
          { length: recording.tokens },
          (_, p) => shares.embeddings(number).get(p) ?? 0,
        ),
        directLogitShare: shares.direct[number]!,
      },
    })),
  });
  return new Map(kept.map(({ number }, i) => [number, words[i]!]));
}

/** In their order; read layer by layer, since a basis keeps the weights of few layers. */
async function decodersOf(
  basis: PromptBasis,
  kept: readonly { readonly node: { readonly layer: number }; readonly unit: number }[],
): Promise<Float32Array[]> {
  const decoders = new Array<Float32Array>(kept.length);
  for (const i of [...kept.keys()].sort((a, b) => kept[a]!.node.layer - kept[b]!.node.layer))
    decoders[i] = await basis.decoder(kept[i]!.unit);
  return decoders;
}

/** Of each node: what share of its influence goes straight to a target, and which embeddings feed it. */
function rowShares(graph: Graph) {
  const rows = rowOfNode(graph);
  const mass = wholeRowMass(graph);
  const arrived = influence(graph);
  const direct = new Float64Array(graph.nodes.length);
  for (const { node, weight } of graph.targets) {
    const row = rows[node]!;
    if (row < 0) continue;
    for (let e = graph.rowStart[row]!; e < graph.rowStart[row + 1]!; e++) {
      const source = graph.source[e]!;
      if (arrived[source]! > 0)
        direct[source]! += (weight * Math.abs(graph.weight[e]!)) / mass[row]! / arrived[source]!;
    }
  }
  const known = new Map<number, ReadonlyMap<number, number>>();
  const embeddings = (node: number): ReadonlyMap<number, number> => {
    const had = known.get(node);
    if (had) return had;
    const found = new Map<number, number>();
    const row = rows[node]!;
    if (row >= 0) {
      for (let e = graph.rowStart[row]!; e < graph.rowStart[row + 1]!; e++) {
        const source = graph.nodes[graph.source[e]!]!;
        if (source.kind === "embedding") found.set(source.position, Math.abs(graph.weight[e]!) / mass[row]!);
      }
    }
    known.set(node, found);
    return found;
  };
  return { direct, embeddings };
}
