/**
 * What a node contributes to the answer over all paths through the frozen model, signed, in the target's own units.
 *
 * The frozen model is linear, so a unit's gain g (what one unit of its activation adds to the target) is the sum over
 * the rows it feeds of gain × edge ÷ activation, and the source of an edge contributes gain × edge. Only expanded
 * rows pass effects on, so with few rows this sees few paths; the sweep can know effects exactly.
 */
import type { PromptBasis } from "../features/basis.ts";
import { topDown } from "./flow.ts";
import type { Graph } from "./graph.ts";

/** [edge] signed contribution that runs through each edge to the target at `target` in `graph.targets`. */
export function edgeEffects(graph: Graph, target = 0): Float64Array {
  const effects = new Float64Array(graph.source.length);
  walk(graph, target, undefined, (effect, _, edge) => {
    effects[edge] = effect;
  });
  return effects;
}

/** [node] signed contribution of each node to a target over all paths. With `stop`, paths end at those nodes. */
export function effects(graph: Graph, target = 0, stop?: Uint8Array): Float64Array {
  const sum = new Float64Array(graph.nodes.length);
  walk(graph, target, stop, (effect, source) => {
    sum[source]! += effect;
  });
  return sum;
}

/**
 * [node] what each unit adds by speaking as it does and not as on a contrast: its effect times the share of its value
 * that changes. All other nodes have their whole effect.
 */
export function effectsAgainst(graph: Graph, contrast: Pick<PromptBasis, "number" | "activation">): Float64Array {
  const known = effects(graph);
  graph.nodes.forEach((node, i) => {
    const other = node.kind === "unit" ? contrast.number(node) : undefined;
    if (other !== undefined) known[i]! *= 1 - contrast.activation(other) / graph.activation[i]!;
  });
  return known;
}

function walk(
  graph: Graph,
  target: number,
  stop: Uint8Array | undefined,
  visit: (effect: number, source: number, edge: number) => void,
): void {
  const gain = new Float64Array(graph.nodes.length);
  const answer = graph.targets[target]?.node;
  if (answer !== undefined) gain[answer] = 1;
  for (const row of topDown(graph)) {
    const node = graph.rowNode[row]!;
    if (gain[node] === 0 || stop?.[node]) continue;
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
      const source = graph.source[edge]!;
      const effect = gain[node]! * graph.weight[edge]!;
      visit(effect, source, edge);
      if (graph.activation[source] !== 0) gain[source]! += effect / graph.activation[source]!;
    }
  }
}

/** What the target loses in the frozen model when all `members` fall silent at once: each path counts once. */
export function jointEffect(graph: Graph, members: Iterable<number>, target = 0): number {
  const stop = new Uint8Array(graph.nodes.length);
  for (const member of members) stop[member] = 1;
  let sum = 0;
  effects(graph, target, stop).forEach((effect, node) => {
    if (stop[node]) sum += effect;
  });
  return sum;
}
