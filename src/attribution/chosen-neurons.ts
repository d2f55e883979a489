/**
 * The second stage of a trace in the model's own neurons: what each does to the answer over all paths, and which of them
 * the chart will hold. Features are chosen later, by their graph.
 */
import type { PromptBasis } from "../features/basis.ts";
import { heldAt } from "../features/neurons.ts";
import { firstDifference } from "../interventions/hold.ts";
import type { Recording } from "../models/record.ts";
import type { AskedRuns } from "./asked-runs.ts";
import type { Balance } from "./document.ts";
import { directionOf } from "./target.ts";
import { totalEffects } from "./total-effects.ts";
import { balancedCircuit } from "./verify/balance.ts";
import { type Circuit, chooseCircuit, strongestUnits } from "./verify/circuit.ts";
import { earlyLayers } from "./verify/early-blocks.ts";
import { questionAsked } from "./verify/gap.ts";
import { rankUnits } from "./verify/rank.ts";

export interface ChosenNeurons {
  /** [layer][token, dMlp] what each does to the answer, in logits; against a contrast, by its change of value. */
  readonly effects: readonly Float32Array[];
  /** Units whose rows come first, strongest first. */
  readonly first: readonly number[];
  /** Against a contrast: the units and blocks that are the chart. */
  readonly circuit?: Circuit;
  readonly balance?: Balance;
}

export interface ChosenNeuronsOptions {
  /** Most nodes of the chart. */
  readonly budget: number;
  /** Most units whose rows are computed. */
  readonly expand: number;
  readonly signal?: AbortSignal | undefined;
}

/** @param basis the neurons, on this prompt */
export async function chosenNeurons(
  runs: AskedRuns,
  basis: PromptBasis,
  { budget, expand, signal }: ChosenNeuronsOptions,
): Promise<ChosenNeurons> {
  const { recording, contrast, answer, foil, position, changed } = runs;
  const direction = await directionOf(recording, answer, foil);
  const effects = await totalEffects(
    recording,
    { direction, position },
    { contrast: contrast?.recording, signal, ...(changed ? { passes: passing(recording), from: 0 } : {}) },
  );
  if (!contrast) {
    const none = effects.map(values => new Uint8Array(values.length));
    const { width } = basis.basis;
    const first = strongestUnits(effects, Math.min(expand, budget), none).map(
      ({ layer, at }) => basis.number({ layer, position: Math.floor(at / width), index: at % width })!,
    );
    return { effects, first };
  }
  // Only where the prompts differ can anything tell them apart; early blocks, which read tokens, are charted whole.
  const from = firstDifference(recording.ids, contrast.recording.ids);
  const limits = { nodes: budget, coarseLayers: earlyLayers(recording.model.layers), from, signal };
  const firstOf = ({ units }: Circuit) => units.flatMap(place => basis.number(place) ?? []).slice(0, expand);
  const asks = await questionAsked({
    prompt: recording,
    contrast: contrast.recording,
    answer,
    foil,
    position,
    changed,
  });
  if (!asks) {
    const circuit = chooseCircuit(recording, effects, limits);
    return { effects, first: firstOf(circuit), circuit };
  }
  const circuit = await balancedCircuit(asks, await rankUnits(asks, limits), limits);
  return { effects, first: firstOf(circuit), circuit, balance: circuit.balance };
}

/** [layer][token, dMlp] 0 for units that an intervention holds: nothing upstream acts through them. */
function passing(recording: Recording): Uint8Array[] {
  return recording.read.map(({ hidden }, layer) =>
    Uint8Array.from(hidden!, (_, at) => (heldAt(recording, layer, at) ? 0 : 1)),
  );
}
