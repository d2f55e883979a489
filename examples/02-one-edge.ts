/**
 * Lesson 2: what an arrow in a chart means.
 *
 * An edge is what its source contributes to its target directly, with attention and norms held as they were on this
 * prompt. It can be checked: silence the source with everything between held still, and the target loses the edge.
 * Let the rest of the model react, and it loses what all the paths carry, which is another number.
 */
import { attribute } from "../src/attribution/attribute.ts";
import { logitTargets } from "../src/attribution/target.ts";
import { neurons } from "../src/features/neurons.ts";
import { compile, variantOf } from "../src/interventions/apply.ts";
import type { InterventionSet } from "../src/interventions/intervention.ts";
import { logitsUnder } from "../src/interventions/read-out.ts";
import { parseIntervention } from "../src/interventions/sentence.ts";
import { runVariants } from "../src/interventions/variants.ts";
import { recordRun } from "../src/models/record.ts";
import { idsOf, toyModel, words } from "./toy-model.ts";

const model = await toyModel();
const ids = idsOf("the capital of the state of Dallas is");
const run = await recordRun(model, ids);
const basis = await neurons(model).on(run);
const [texas, austin] = [words.indexOf("Texas"), words.indexOf("Austin")];

// The source: neuron 0 of layer 0 at position 7, where "Dallas" stands.
const source = { layer: 0, position: 7, index: 0 };
const [target] = await logitTargets(run, [{ id: texas, foil: austin }], id => words[id]!);
const { graph } = await attribute(run, basis, [target!], { expand: 0 });
const node = graph.nodes.findIndex(
  n => n.kind === "unit" && n.layer === source.layer && n.position === source.position && n.index === source.index,
);
const edge = graph.weight[graph.source.indexOf(node)]!;

/** What the target loses when the source is silenced. */
async function lost(mode: Omit<InterventionSet, "interventions">): Promise<number> {
  const interventions = [parseIntervention('scale unit 0.0 at "Dallas" by 0')];
  const context = { recording: run, texts: ids.map(id => words[id]!), basis };
  const variant = variantOf(await compile({ interventions, ...mode }, context), context);
  const [logits] = await logitsUnder(run, await runVariants(run, [variant]), mode);
  return target!.value - (logits![texas]! - logits![austin]!);
}
const show = (x: number): string => (x >= 0 ? "+" : "−") + Math.abs(x).toFixed(3);

console.log(`the neuron at "Dallas" → “Texas” rather than “Austin”`);
console.log(`the edge says              ${show(edge)}`);
console.log(`silenced, all else held    ${show(await lost({ attention: "frozen", constrained: [0, 2] }))}`);
console.log(`silenced, all else live    ${show(await lost({ attention: "live" }))}`);
console.log(`
Directly the neuron speaks for “Texas”. Through the neurons that it wakes in layer 2 it speaks for “Austin”, and that is
stronger. So a chart shows paths, and a single arrow is never the whole story.`);
await model.release();
