/** Changes to nodes of a chart, run in the real model: what it says then, attention live and frozen, and what it writes. */
import { parseNodeId } from "../attribution/node.ts";
import { Problem } from "../core/problem.ts";
import { neurons } from "../features/neurons.ts";
import { compile, generationStages, variantOf } from "../interventions/apply.ts";
import type { InterventionContext } from "../interventions/context.ts";
import type { Change as Edit, Intervention } from "../interventions/intervention.ts";
import type { UnitMember } from "../interventions/site.ts";
import { runVariants } from "../interventions/variants.ts";
import { generate, likely, softmax } from "../models/generate.ts";
import type { Model } from "../models/model.ts";
import { promptOf, shown } from "../models/prompt.ts";
import { recordRun } from "../models/record.ts";
import type { OpenModel } from "../store/open-model.ts";
import type { Change, Intervened, InterveneInput, Likely } from "./api.ts";
import type { CallOptions } from "./instrument.ts";

export async function intervene(open: OpenModel, input: InterveneInput, options: CallOptions): Promise<Intervened> {
  const { model, tokenizer } = open;
  const { signal, progress } = options;
  const prompt = promptOf({ text: input.prompt, ids: input.ids, chat: input.chat }, open);
  progress?.("running the prompt", 0, 1);
  const recording = await recordRun(model, prompt.ids, { signal });
  const basis = await neurons(model).on(recording);
  const context: InterventionContext = {
    recording,
    texts: prompt.ids.map(id => shown(tokenizer, id)),
    basis,
    other: async text => recordRun(model, promptOf({ text, chat: input.chat === true }, open).ids, { signal }),
  };
  const interventions = input.changes.flatMap(change => interventionsOf(change, model, input.versus));
  const info = (t: { id: number; logit: number; probability: number }): Likely => ({
    ...t,
    text: shown(tokenizer, t.id),
  });

  progress?.("changing the model", 0, 2);
  const after: Float32Array[] = [];
  const { dModel } = model.config;
  for (const attention of ["live", "frozen"] as const) {
    const compiled = await compile({ interventions, attention }, context);
    const [stream] = await runVariants(recording, [variantOf(compiled, context)], { signal });
    after.push(await model.logits(stream!));
    progress?.("changing the model", after.length, 2);
  }
  const before = await model.logits(recording.residual[model.layers]!.slice(-dModel));
  const [live, frozen] = after as [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
  const probabilities = { before: softmax(before), live: softmax(live), frozen: softmax(frozen) };
  const top = (logits: Float32Array) => likely(logits as Float32Array<ArrayBuffer>, 10).map(info);
  const at = (logits: Float32Array, p: Float64Array, id: number) =>
    info({ id, logit: logits[id]!, probability: p[id]! });
  const wanted = (input.watch ?? []).filter(id => id < model.config.vocabulary);

  return {
    before: top(before),
    live: top(live),
    frozen: top(frozen),
    watched: wanted.map(id => ({
      token: { id, text: shown(tokenizer, id) },
      before: at(before, probabilities.before, id),
      live: at(live, probabilities.live, id),
      frozen: at(frozen, probabilities.frozen, id),
    })),
    mean: { before: mean(before), live: mean(live), frozen: mean(frozen) },
    ...(input.tokens ? { text: await texts(open, interventions, context, prompt.ids, input.tokens, options) } : {}),
  };
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const v of values) sum += v;
  return sum / values.length;
}

/** What the model writes without and with the change, token by token. */
async function texts(
  open: OpenModel,
  interventions: readonly Intervention[],
  context: InterventionContext,
  ids: readonly number[],
  tokens: number,
  { signal, progress }: CallOptions,
): Promise<{ before: string[]; after: string[] }> {
  const write = async (changed: boolean, start: number) => {
    let n = 0;
    const stages = changed
      ? generationStages(await compile({ interventions, attention: "live" }, context), context)
      : undefined;
    const made = await generate(open.model, ids, {
      tokens,
      stop: open.eosIds,
      signal,
      onToken: () => progress?.("writing on", start + ++n, 2 * tokens),
      ...(stages ? { stages } : {}),
    });
    return made.map(id => shown(open.tokenizer, id));
  };
  return { before: await write(false, 0), after: await write(true, tokens) };
}

/** A change of nodes as interventions: units at their places, whole blocks as all their units, tokens as their stream. */
function interventionsOf(change: Change, model: Model, versus: string | undefined): Intervention[] {
  const units: UnitMember[] = [];
  const tokens: number[] = [];
  for (const id of change.nodes) {
    const node = parseNodeId(id);
    if (!node) throw new Problem(`"${id}" is no node`, { advice: "unit.12.3.345, mlp.0.3 or embedding.3" });
    if (node.kind === "unit") units.push(node);
    else if (node.kind === "embedding") tokens.push(node.position);
    else if (node.kind === "mlp") {
      const { dMlp } = model.config;
      for (let index = 0; index < dMlp; index++) units.push({ layer: node.layer, position: node.position, index });
    } else throw new Problem(`a node of kind "${node.kind}" cannot be changed`, { advice: "units or tokens" });
  }
  const edit = editOf(change, versus);
  const made: Intervention[] = [];
  if (units.length > 0)
    made.push({ site: { at: "supernode", id: "chosen", members: units }, positions: "all", ...edit });
  if (tokens.length > 0) made.push({ site: { at: "residual", layer: 0 }, positions: tokens, ...edit });
  if (change.everyToken && edit.do !== "swap") {
    const seen = new Set<string>();
    for (const { layer, index } of units) {
      if (seen.has(`${layer}.${index}`)) continue;
      seen.add(`${layer}.${index}`);
      made.push({ site: { at: "unit", layer, index }, positions: "new", ...edit });
    }
  }
  return made;
}

function editOf(change: Change, versus: string | undefined): Edit {
  if (change.do === "scale") return { do: "scale", by: change.value! };
  if (change.do === "set") return { do: "set", to: change.value! };
  if (versus === undefined)
    throw new Problem("a swap needs another prompt to take the values from", { advice: "a contrast prompt" });
  return { do: "swap", from: versus };
}
