/**
 * Lesson 1: what would the model say if it had to stop here?
 *
 * Every layer adds to one vector per token, the residual stream. Only the last layer's is turned into words; but nothing
 * forbids to turn the others into words as well (nostalgebraist 2020). So we see when an answer appears.
 */
import { recordRun } from "../src/models/record.ts";
import { idsOf, ranked, toyModel } from "./toy-model.ts";

const model = await toyModel();
const prompt = "the capital of the state of Dallas is";
const run = await recordRun(model, idsOf(prompt));

console.log(`${prompt} …\n`);
for (const token of ["Dallas", "is"]) {
  const position = idsOf(prompt).lastIndexOf(idsOf(token)[1]!);
  for (let layer = 0; layer <= model.layers; layer++) {
    // residual[0] is the embedding; residual[n] is what layer n - 1 has left behind.
    const { dModel } = model.config;
    const stream = run.residual[layer]!.slice(position * dModel, (position + 1) * dModel);
    const best = ranked(await model.logits(stream))[0]!;
    const after = layer === 0 ? "before layer 0:" : `after layer ${layer - 1}: `;
    console.log(`at "${token}" ${after} ${best.word}`);
  }
}
console.log('\nThe state is found at "Dallas", carried to "is", and there it becomes its capital.');
await model.release();
