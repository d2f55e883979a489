/**
 * The adjacency the slow way: every source is sent forward alone through the frozen model, in float64, by the plain
 * reading. Shares no code with the sweep: no pull-backs, no sparse rows, no batches.
 */
import { input, leavesOf, type Outputs } from "../../src/core/expr.ts";
import { curveValue } from "../../src/core/ops/activation.ts";
import { evaluate } from "../../src/core/readings/evaluate.ts";
import { freeze } from "../../src/core/readings/freeze.ts";
import { type Tensor, tensor } from "../../src/core/tensor.ts";
import { read } from "../../src/models/blocks/mlp.ts";
import { Places } from "../../src/models/forward.ts";
import type { WeightName } from "../../src/models/layer-weights.ts";
import { programs } from "../../src/models/programs.ts";
import type { Recording } from "../../src/models/record.ts";

export interface Written {
  /** The layer whose MLP wrote it; -1 for what enters layer 0. */
  readonly layer: number;
  readonly position: number;
  readonly vector: ArrayLike<number>;
}

export interface Arrived {
  /** [source][layer][token * dMlp] what each unit gets from the source. */
  readonly units: Float64Array[][];
  /** [source][token * dModel] what arrives in the stream after the last layer. */
  readonly final: Float64Array[];
}

async function weightsFor(recording: Recording, outputs: Outputs, layer: number): Promise<Record<string, Tensor>> {
  const weights: Record<string, Tensor> = {};
  for (const name of leavesOf(outputs).weights.keys())
    weights[name] = await recording.model.reader.read(name as WeightName, layer);
  return weights;
}

export async function sendForward(recording: Recording, sources: readonly Written[]): Promise<Arrived> {
  const { model, tokens } = recording;
  const { dModel, dMlp, parallel } = model.config;
  const size = tokens * dModel;
  const n = sources.length;
  const places = new Places(model, 0, tokens);
  // One extra row of zeros, to take the biases away.
  let x = new Float64Array((n + 1) * size);
  const put = (layer: number, into: Float64Array) => {
    sources.forEach((s, i) => {
      if (s.layer === layer) for (let j = 0; j < dModel; j++) into[i * size + s.position * dModel + j]! += s.vector[j]!;
    });
  };
  const withoutBias = (data: Float64Array<ArrayBufferLike>, width: number): Float64Array<ArrayBuffer> => {
    const zero = data.slice(n * width);
    for (let i = 0; i <= n; i++) for (let j = 0; j < width; j++) data[i * width + j]! -= zero[j]!;
    return Float64Array.from(data);
  };
  put(-1, x);
  const units: Float64Array[][] = sources.map(() => []);
  for (let layer = 0; layer < model.layers; layer++) {
    const attend = programs.attendFrozen(model.context(layer));
    const given = {
      x: tensor([n + 1, tokens, dModel], x),
      x0: tensor([1, tokens, dModel], recording.residual[layer]!),
      ...places.of(layer),
      ...(await weightsFor(recording, attend, layer)),
    };
    const mid = withoutBias(evaluate({ mid: attend.mid! }, given).mid!.data, size);
    const seen = parallel ? x : mid;
    const reading = freeze(
      { hidden: read(model.context(layer), input("x", ["batch", "token", dModel])) },
      new Set(["x"]),
      "batch",
    );
    const taps = recording.read[layer]!;
    const constants: Record<string, Tensor> = {};
    for (const [name, e] of leavesOf(reading).inputs) {
      if (name === "x") continue;
      const tap = name.replace("recorded.", "");
      const data = tap === "act" ? undefined : taps[tap];
      const last = e.shape.at(-1) as number;
      if (data) constants[name] = tensor([1, tokens, last], data);
      else
        constants[name] = tensor(
          [1, tokens, dMlp],
          Float64Array.from(taps.gate!, g => curveValue(model.config.curve, g)),
        );
    }
    const hidden = evaluate(reading, {
      x: tensor([n + 1, tokens, dModel], seen),
      ...constants,
      ...(await weightsFor(recording, reading, layer)),
    }).hidden!.data;
    const got = withoutBias(hidden, tokens * dMlp);
    sources.forEach((_, i) => {
      units[i]![layer] = got.slice(i * tokens * dMlp, (i + 1) * tokens * dMlp);
    });
    x = mid.slice();
    put(layer, x);
  }
  return { units, final: sources.map((_, i) => x.slice(i * size, (i + 1) * size)) };
}
