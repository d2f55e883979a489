/**
 * What every neuron contributes to the answer over all paths at once: one pull from the answer back through the whole
 * model, MLPs included, held on its run.
 *
 * Two rules. "relp": attention patterns, norm scales and the MLPs' ratios are constants (design §4), so that effects
 * are those of the frozen model. "gradient": the true derivative. Against a contrast, a neuron's effect is its change
 * of value times the pull on it.
 */
import { float32, tensor } from "../core/tensor.ts";
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
  let pull = await answerPull(state, answer, options.rule);
  const pulls: Float32Array[] = new Array(model.layers);
  const shape = [batch, tokens, dModel];
  for (let layer = model.layers - 1; layer >= 0; layer--) {
    options.signal?.throwIfAborted();
    const units = await model.program(relp ? "unitsPull" : "unitsGradient", layer);
    const onUnits = float32(
      (
        await units.run({
          pull: tensor(shape, pull),
          hidden: tensor([batch, tokens, dMlp], state.hidden[layer]!),
          mid: tensor(shape, state.mid[layer]!),
        })
      ).pulled,
    );
    pulls[layer] = onUnits.slice();
    const passes = options.passes?.[layer];
    if (passes) for (let i = 0; i < onUnits.length; i++) if (!passes[i % passes.length]) onUnits[i] = 0;
    const read = await model.program(relp ? "readPull" : "readGradient", layer);
    const seen = parallel ? state.residual[layer]! : state.mid[layer]!;
    const given = { pull: tensor([batch, tokens, dMlp], onUnits), x: tensor(shape, seen) };
    const onSeen = float32((await read.run(given)).pulled);
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
  const { contrast, pulls: whose = "both", ...rest } = options;
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
