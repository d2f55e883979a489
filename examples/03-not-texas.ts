/**
 * Lesson 3: if the thought is really there, another one can be put in its place.
 *
 * We found a neuron that seems to mean "Texas". Seeming is cheap. So we switch it off at "Dallas", wake the one for
 * California instead, and ask the same question again. An intervention is a sentence, not a piece of code.
 */
import { neurons } from "../src/features/neurons.ts";
import { compile, variantOf } from "../src/interventions/apply.ts";
import { logitsUnder } from "../src/interventions/read-out.ts";
import { parseIntervention } from "../src/interventions/sentence.ts";
import { runVariants } from "../src/interventions/variants.ts";
import { recordRun } from "../src/models/record.ts";
import { idsOf, ranked, toyModel, words } from "./toy-model.ts";

const model = await toyModel();
const ids = idsOf("the capital of the state of Dallas is");
const recording = await recordRun(model, ids);
const context = { recording, texts: ids.map(id => words[id]!), basis: await neurons(model).on(recording) };

async function answer(sentences: string[]): Promise<string> {
  const interventions = sentences.map(parseIntervention);
  const compiled = await compile({ interventions, attention: "live" }, context);
  const streams = await runVariants(recording, [variantOf(compiled, context)]);
  const [logits] = await logitsUnder(recording, streams, { attention: "live" });
  return ranked(logits!)[0]!.word;
}

const off = 'scale unit 0.0 at "Dallas" by 0'; // Texas
const on = 'set unit 0.1 at "Dallas" to 4'; // California
console.log(`as it is:                  ${await answer([])}`);
console.log(`Texas off:                 ${await answer([off])}`);
console.log(`Texas off, California on:  ${await answer([off, on])}`);
await model.release();
