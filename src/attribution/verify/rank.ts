/**
 * Which units tell a prompt from its contrast, by size: effects that hold over the way from one to the other, and not
 * at one of its ends alone.
 *
 * 1. Integrated: the pull on every unit (RelP) at several points between the two prompts' embeddings, times the unit's
 *    change of value (integrated gradients over inputs, EAP-IG, with RelP's rules for the gradient).
 * 2. Re-ranked in the ablated state: the circuit chosen so far alone, every other unit at the contrast's value; there the
 *    true gradient, which passes only through what is charted, says what each unit would add or take. The mean of both
 *    ranks again; twice.
 *
 * What was tried beside it stands in the notebook (docs/log.md).
 */
import { changesFrom, hold } from "../../interventions/hold.ts";
import { runState } from "../../models/state.ts";
import { type Answer, unitPulls } from "../total-effects.ts";
import { type CircuitOptions, chooseCircuit } from "./circuit.ts";
import type { Question } from "./gap.ts";

export interface RankOptions extends CircuitOptions {
  /** Points between the prompts. */
  readonly points?: number;
  /** Times that units are ranked anew in the ablated state. */
  readonly rounds?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Tokens that are pulled together: some points of a short prompt, one of a long one. */
const TOKENS = 256;

/** [layer][token, dMlp] what each unit adds to the answer, for or against, in logits. */
export async function rankUnits(q: Question, options: RankOptions): Promise<Float32Array[]> {
  const { rounds = 2, signal } = options;
  const integrated = await integratedEffects(q, options);
  let effects = integrated;
  for (let round = 0; round < rounds; round++) {
    const there = await effectsWhenAlone(q, chooseCircuit(q.prompt, effects, options).charted, signal);
    effects = integrated.map((values, layer) => values.map((v, i) => (v + there[layer]![i]!) / 2));
  }
  return effects;
}

/** Change of value × pull (RelP), the mean over points between the prompts' embeddings. */
export async function integratedEffects(
  q: Question,
  { points = 5, signal }: Pick<RankOptions, "points" | "signal"> = {},
): Promise<Float32Array[]> {
  const { model, ids, tokens } = q.prompt;
  const [mine, other] = [q.prompt.residual[0]!, q.contrast.residual[0]!];
  const changes = changesOf(q);
  const sums = changes.map(values => new Float32Array(values.length));
  const together = Math.max(1, Math.floor(TOKENS / tokens));
  for (let start = 0; start < points; start += together) {
    const some = Array.from({ length: Math.min(together, points - start) }, (_, k) => (start + k + 0.5) / points);
    const x = new Float32Array(some.length * mine.length);
    some.forEach((share, b) => {
      for (let i = 0; i < mine.length; i++) x[b * mine.length + i] = share * mine[i]! + (1 - share) * other[i]!;
    });
    const batch = some.map(() => ids);
    const state = await runState(model, batch, {}, { from: { layer: 0, x }, signal });
    const pulls = await unitPulls(state, answerOf(q), {
      rule: "relp",
      from: changesFrom(q.prompt, q.contrast),
      signal,
    });
    sums.forEach((sum, layer) => {
      const pull = pulls[layer]!;
      for (let i = 0; i < pull.length; i++) sum[i % sum.length]! += pull[i]!;
    });
  }
  return sums.map((sum, layer) => sum.map((v, i) => (v / points) * changes[layer]![i]!));
}

/** Change of value × gradient, in the run where only the charted units are live and pulls pass through them alone. */
async function effectsWhenAlone(
  q: Question,
  charted: readonly Uint8Array[],
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  const { model, ids } = q.prompt;
  const state = await runState(
    model,
    [ids],
    { hidden: (layer, hidden) => hold(layer, hidden, q.contrast, charted, 0) },
    { signal },
  );
  const pulls = await unitPulls(state, answerOf(q), {
    rule: "gradient",
    passes: charted,
    from: changesFrom(q.prompt, q.contrast),
    signal,
  });
  return changesOf(q).map((change, layer) => change.map((v, i) => v * pulls[layer]![i]!));
}

const answerOf = (q: Question): Answer => ({ direction: q.direction, position: q.prompt.tokens - 1 });

/** [layer][token, dMlp] value on the prompt less that on the contrast. */
function changesOf({ prompt, contrast }: Question): Float32Array[] {
  return prompt.read.map((read, layer) => {
    const other = contrast.read[layer]!.hidden!;
    return read.hidden!.map((v, i) => v - other[i]!);
  });
}
