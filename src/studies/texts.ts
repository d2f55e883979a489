/** Text that has nothing to do with a study, on which its changes must do no harm. */
import type { Tokenizer } from "../formats/tokenizer/tokenizer.ts";
import { documents } from "../training/corpus/mixture.ts";
import type { Encoder } from "../training/tokenizer/encoder.ts";
import type { Ground } from "./study.ts";

const plain = [
  "The kettle had just begun to sing when someone knocked at the kitchen door, twice and not very loudly.",
  "Bread dough should rest in a warm place until it has doubled, and then be folded before it is shaped.",
  "In the evening the ferry brings the schoolchildren back to the island, along with the post and the milk.",
  "A lighthouse keeper writes down the weather every four hours, even when there is nothing to see but fog.",
  "The committee agreed to repair the roof of the library first and to talk about the garden in the spring.",
  "Most beetles can fly, although many of them would rather walk, and a few have forgotten how to do it.",
  "She wound the clock on Sundays, because her grandmother had done so, and because it then lasted the week.",
  "When the river is high the lower path floods, so walkers take the road past the mill and the old quarry.",
  "The shop on the corner sells string, candles, soap and envelopes, and will order nearly anything else.",
  "A good map leaves out almost everything, and what remains is worth the paper on which it is printed.",
];

/** About ten texts as ids; the specimen's are documents of tasks that the study does not ask about. */
export async function guardTexts(
  ground: Ground,
  tokenizer: Tokenizer,
  encoder: Encoder | undefined,
): Promise<(readonly number[])[]> {
  if (!encoder) return plain.map(text => tokenizer.encode(text));
  const asked = new Set(ground.prompts.map(p => ("task" in p ? p.task : "")));
  const out: number[][] = [];
  for (const document of documents(20_261)) {
    if (asked.has(document.task)) continue;
    const ids = [encoder.bos, ...encoder.encode(document.text)];
    if (ids.length >= 10 && ids.length < 80) out.push(ids);
    if (out.length === 12) return out;
  }
  return out;
}
