/**
 * What every neuron contributes to the answer over all paths at once: one pull from the answer back through the whole
 * model, MLPs included, held on its run.
 *
 * Two rules. "relp": attention patterns, norm scales and the MLPs' ratios are constants (design §4), so that effects
 * are those of the frozen model. "gradient": the true derivative. Against a contrast, a neuron's effect is its change
 * of value times the pull on it.
 */
import { float32, tensor } from "../core/tensor.ts";
import { changesFrom } from "../interventions/hold.ts";
import { Places } from "../models/forward.ts";
import type { Model } from "../models/model.ts";
import type { Recording } from "../models/record.ts";
import { type State, stateOf } from "../models/state.ts";

export type Rule = "relp" | "gradient";

/** What is explained: a direction [dModel] of the normed final stream at a position. */
export interface Answer {
  readonly direction: Float32Array<ArrayBuffer>;
  readonly position: number;
}

export interface PullOptions {
  readonly rule: Rule;
  /**
   * [layer][token, dMlp] 1 where pulls pass through the unit; all when left out. A held unit passes nothing on. May be
   * [layer][batch, token, dMlp]: another mask for each run.
   */
  readonly passes?: readonly Uint8Array[];
  /** Are all runs of the state one and the same? Then frozen attention takes them together. */
  readonly sameRun?: boolean;
  /**
   * Positions from here on matter; pulls on units before are left zero. Nothing before acts on them: what is pulled
   * there came from later positions and goes to earlier ones.
   */
  readonly from?: number;
  readonly signal?: AbortSignal | undefined;
}

/** [layer][batch, token, dMlp] how much the answer gains for each unit of activation, in each run of the state. */
export async function unitPulls(state: State, answer: Answer, options: PullOptions): Promise<Float32Array[]> {
  return (await pullBack(state, answer, options)).units;
}

/** [batch, token, dModel] the pull on what enters layer 0. */
export async function inputPull(state: State, answer: Answer, options: PullOptions): Promise<Float32Array> {
  return (await pullBack(state, answer, options)).input;
}

async function pullBack(
  state: State,
  answer: Answer,
  options: PullOptions,
): Promise<{ units: Float32Array[]; input: Float32Array }> {
  const { model, batch, tokens } = state;
  const { dModel, dMlp, parallel } = model.config;
  const places = new Places(model, 0, tokens);
  const relp = options.rule === "relp";
  const size = tokens * dModel;
  const late = lateOf(batch, tokens, options.from ?? 0);
  let pull = await answerPull(state, answer, options.rule);
  const pulls: Float32Array[] = new Array(model.layers);
  const shape = [batch, tokens, dModel];
  const lateShape = [batch, late.tokens, dModel];
  const unitShape = [batch, late.tokens, dMlp];
  for (let layer = model.layers - 1; layer >= 0; layer--) {
    options.signal?.throwIfAborted();
    const units = await model.program(relp ? "unitsPull" : "unitsGradient", layer);
    const onUnits = float32(
      (
        await units.run({
          pull: tensor(lateShape, late.cut(pull, dModel)),
          hidden: tensor(unitShape, late.cut(state.hidden[layer]!, dMlp)),
          mid: tensor(lateShape, late.cut(state.mid[layer]!, dModel)),
        })
      ).pulled,
    );
    const passes = options.passes?.[layer];
    const whole = late.whole(onUnits, dMlp);
    pulls[layer] = whole === onUnits && passes ? onUnits.slice() : whole;
    if (passes) {
      const these = late.cut(passes, dMlp);
      for (let i = 0; i < onUnits.length; i++) if (!these[i % these.length]) onUnits[i] = 0;
    }
    const read = await model.program(relp ? "readPull" : "readGradient", layer);
    const seen = parallel ? state.residual[layer]! : state.mid[layer]!;
    const given = { pull: tensor(unitShape, onUnits), x: tensor(lateShape, late.cut(seen, dModel)) };
    const onSeen = late.whole(float32((await read.run(given)).pulled), dModel);
    const onMid = pull.slice();
    if (!parallel) for (let i = 0; i < onMid.length; i++) onMid[i]! += onSeen[i]!;
    const next = new Float32Array(pull.length);
    if (relp) {
      const attend = await model.program("attendPull", layer);
      // One prompt's pattern a call: states of several runs are pulled one after the other.
      const together = options.sameRun ? batch : 1;
      for (let b = 0; b < batch; b += together) {
        const out = await attend.run({
          pull: tensor([together, tokens, dModel], onMid.slice(b * size, (b + together) * size)),
          x0: tensor([1, tokens, dModel], state.residual[layer]!.slice(b * size, (b + 1) * size)),
          ...places.of(layer),
        });
        next.set(float32(out.pulled), b * size);
      }
    } else {
      const attend = await model.program("attendGradient", layer);
      const out = await attend.run({
        pull: tensor(shape, onMid),
        x: tensor(shape, state.residual[layer]!),
        ...places.of(layer),
      });
      next.set(float32(out.pulled));
    }
    if (parallel) for (let i = 0; i < next.length; i++) next[i]! += onSeen[i]!;
    pull = next;
  }
  return { units: pulls, input: pull };
}

/** Cuts [run, token, width] to the positions from `from` on, and puts what was cut back among zeros. */
function lateOf(batch: number, tokens: number, from: number) {
  const left = tokens - from;
  return {
    tokens: left,
    cut<A extends Float32Array<ArrayBuffer> | Uint8Array>(all: A, width: number): A {
      if (from === 0) return all;
      const runs = all.length / (tokens * width);
      const out = all.slice(0, runs * left * width) as A;
      for (let b = 0; b < runs; b++)
        out.set(all.subarray((b * tokens + from) * width, (b + 1) * tokens * width), b * left * width);
      return out;
    },
    whole(some: Float32Array<ArrayBuffer>, width: number): Float32Array<ArrayBuffer> {
      if (from === 0) return some;
      const out = new Float32Array(batch * tokens * width);
      for (let b = 0; b < batch; b++)
        out.set(some.subarray(b * left * width, (b + 1) * left * width), (b * tokens + from) * width);
      return out;
    },
  };
}

/** The pull on the stream leaving the last layer [batch, token, dModel]: back through the final norm. */
async function answerPull(state: State, answer: Answer, rule: Rule): Promise<Float32Array<ArrayBuffer>> {
  const { model, batch, tokens } = state;
  const { dModel } = model.config;
  const last = state.residual[model.layers]!;
  const pull = new Float32Array(batch * tokens * dModel);
  for (let b = 0; b < batch; b++) {
    const at = (b * tokens + answer.position) * dModel;
    pull.set(await throughFinalNorm(model, last.slice(at, at + dModel), answer.direction, rule), at);
  }
  return pull;
}

/** A pull on the normed stream [dModel] as a pull on the stream; "relp" holds the norm's scale. */
async function throughFinalNorm(
  model: Model,
  stream: Float32Array<ArrayBuffer>,
  direction: Float32Array,
  rule: Rule,
): Promise<Float32Array> {
  const { dModel, family } = model.config;
  const scale = (await model.finalNorm(stream)).scale[0]!;
  const gain = (await model.finalGain()).data;
  const layer = family.norm === "layer";
  const mean = layer ? stream.reduce((a, b) => a + b, 0) / dModel : 0;
  const pull = direction.map((v, i) => v * gain[i]! * scale);
  if (rule === "gradient") {
    // d(x·s) = s·dx − x·s³·(x·dx)/n, where s = 1 / rms(x)
    let along = 0;
    for (let i = 0; i < dModel; i++) along += pull[i]! * (stream[i]! - mean);
    for (let i = 0; i < dModel; i++) pull[i]! -= ((stream[i]! - mean) * scale * scale * along) / dModel;
  }
  if (layer) {
    const middle = pull.reduce((a, b) => a + b, 0) / dModel;
    for (let i = 0; i < dModel; i++) pull[i]! -= middle;
  }
  return pull;
}

export interface TotalEffectOptions extends Partial<PullOptions> {
  /** The other prompt's run: effects are of the change of value against it. */
  readonly contrast?: Recording | undefined;
  /**
   * Against a contrast: "prompt" takes the pulls of the prompt's run alone; "both" (the default) their mean with those
   * of the contrast's run, so that what speaks there and is silent here is seen too. At 500 nodes, the first sixth of
   * the layers whole, it raises the share of charts that suffice from 40 to 60 % on Gemma-3-270M and from 10 to 30 % on
   * SmolLM2-135M (10 pairs each).
   */
  readonly pulls?: "prompt" | "both";
}

/**
 * [layer][token, dMlp] signed total effect of each neuron on the answer: value × pull, or (value − contrast's value) ×
 * pull. In logits.
 */
export async function totalEffects(
  recording: Recording,
  answer: Answer,
  options: TotalEffectOptions = {},
): Promise<Float32Array[]> {
  const { contrast, pulls: whose = "both", ...more } = options;
  // What is alike in both has no change of value.
  const from = contrast ? changesFrom(recording, contrast) : 0;
  const rest = { from, ...more };
  const pulls = await unitPulls(stateOf(recording), answer, { rule: "relp", ...rest });
  const there =
    contrast && whose === "both" ? await unitPulls(stateOf(contrast), answer, { rule: "relp", ...rest }) : undefined;
  return pulls.map((pull, layer) => {
    const hidden = recording.read[layer]!.hidden!;
    const other = contrast?.read[layer]?.hidden;
    const otherPull = there?.[layer];
    return pull.map((v, i) => (otherPull ? (v + otherPull[i]!) / 2 : v) * (hidden[i]! - (other ? other[i]! : 0)));
  });
}
