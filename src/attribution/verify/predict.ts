/**
 * What a chart says will happen to the answer when units take other values: from its graph, or from the whole frozen
 * model that the graph is a part of. A path counts once, also where it passes through several of the changed units.
 */
import type { PromptBasis } from "../../features/basis.ts";
import type { Recording } from "../../models/record.ts";
import { repeated, stateOf } from "../../models/state.ts";
import { effects } from "../effect.ts";
import type { Graph } from "../graph.ts";
import { type Answer, unitPulls } from "../total-effects.ts";

export interface UnitChange {
  /** The basis's number. */
  readonly unit: number;
  readonly value: number;
}

export interface Asked {
  readonly changes: readonly UnitChange[];
  /** Units that stay as they are, so that no path runs through them. */
  readonly held?: readonly number[];
}

/** The change of the answer's value for each question, in logits. */
export type Predict = (asked: readonly Asked[]) => Promise<number[]>;

/** By the rows of a graph. A unit that is no node of it, or silent, changes nothing. */
export function predictFromGraph(graph: Graph, basis: PromptBasis, target = 0): Predict {
  const nodeOf = new Map<number, number>();
  graph.nodes.forEach((node, i) => {
    const unit = node.kind === "unit" ? basis.number(node) : undefined;
    if (unit !== undefined) nodeOf.set(unit, i);
  });
  return async asked =>
    asked.map(({ changes, held }) => {
      const stop = new Uint8Array(graph.nodes.length);
      for (const { unit } of changes) mark(stop, nodeOf.get(unit));
      for (const unit of held ?? []) mark(stop, nodeOf.get(unit));
      const effect = effects(graph, target, stop);
      let sum = 0;
      for (const { unit, value } of changes) {
        const node = nodeOf.get(unit);
        const activation = basis.activation(unit);
        if (node !== undefined && activation !== 0) sum += effect[node]! * (value / activation - 1);
      }
      return sum;
    });
}

function mark(stop: Uint8Array, node: number | undefined): void {
  if (node !== undefined) stop[node] = 1;
}

/** Questions that are pulled back together. */
const TOGETHER = 8;

/** By the frozen model itself, every path through every neuron; the neuron basis. */
export function predictFrozen(recording: Recording, basis: PromptBasis, answer: Answer): Predict {
  const { dMlp } = recording.model.config;
  const size = recording.tokens * dMlp;
  return async asked => {
    const results: number[] = [];
    for (let start = 0; start < asked.length; start += TOGETHER) {
      const some = asked.slice(start, start + TOGETHER);
      const passes = recording.read.map(() => new Uint8Array(some.length * size).fill(1));
      some.forEach(({ changes, held }, i) => {
        for (const unit of [...changes.map(c => c.unit), ...(held ?? [])]) {
          const { layer, position, index } = basis.place(unit);
          passes[layer]![i * size + position * dMlp + index] = 0;
        }
      });
      const state = repeated(stateOf(recording), some.length);
      const pulls = await unitPulls(state, answer, { rule: "relp", passes, sameRun: true });
      some.forEach(({ changes }, i) => {
        let sum = 0;
        for (const { unit, value } of changes) {
          const { layer, position, index } = basis.place(unit);
          sum += (value - basis.activation(unit)) * pulls[layer]![i * size + position * dMlp + index]!;
        }
        results.push(sum);
      });
    }
    return results;
  };
}
