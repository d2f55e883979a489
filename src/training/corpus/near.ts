/**
 * Whether a prompt is one the specimen can know anything about, and which ones near it are.
 *
 * Plain comparison with sample prompts of every task: telling words and pairs weigh more, names little; then each word
 * is looked up among those it has met. It never stops anybody; it says what to expect, kindly.
 */
import { cut } from "../tokenizer/pieces.ts";
import { promptOf } from "./line.ts";
import { nameParts } from "./names.ts";
import { cities, regions } from "./places.ts";
import { Random } from "./random.ts";
import { drawFrom } from "./task.ts";
import { allTasks } from "./tasks.ts";
import { triples } from "./words.ts";

export interface Nearness {
  /** True when the sentence is of a kind that the specimen was trained on, and its names are known. */
  readonly inside: boolean;
  /** One sentence for the user; empty when inside. */
  readonly sentence: string;
  /** Up to five prompts that it knows, nearest first. */
  readonly near: readonly string[];
}

interface Sample {
  readonly task: string;
  readonly prompt: string;
  /** Pieces outside the slots, and pairs of neighbours. */
  readonly shape: ReadonlySet<string>;
}

/** Words of names and of the language tasks; those of the sentences are gathered from samples. */
function nameWords(): Set<string> {
  const all = new Set<string>(nameParts);
  const add = (name: string) => {
    all.add(name);
    for (const word of name.split(" ")) all.add(word);
  };
  for (const list of Object.values(cities)) for (const city of list) add(city.name);
  for (const list of Object.values(regions)) for (const r of list) for (const name of [r.name, r.capital]) add(name);
  for (const triple of triples) for (const word of triple) add(word);
  return all;
}

/** What is left of a prompt when digits are all alike. */
function shapeOf(pieces: readonly string[]): Set<string> {
  const words = pieces.map(p => (/^\p{N}$/u.test(p) ? "0" : p.trim() || p));
  const shape = new Set(words);
  for (let i = 0; i + 1 < words.length; i++) shape.add(`${words[i]} ${words[i + 1]}`);
  return shape;
}

function makeSamples(): { samples: Sample[]; weight: Map<string, number>; known: Set<string> } {
  const samples: Sample[] = [];
  const random = new Random(11);
  const known = nameWords();
  for (const task of allTasks()) {
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const draft = drawFrom(task, "train", random, true);
      for (const piece of cut(draft.text)) known.add(piece.trim());
      if (i >= 80) continue;
      const prompt = promptOf(draft);
      if (seen.has(prompt)) continue;
      seen.add(prompt);
      samples.push({ task: task.name, prompt, shape: shapeOf(cut(prompt)) });
    }
  }
  const weight = new Map<string, number>();
  for (const { shape } of samples) for (const part of shape) weight.set(part, (weight.get(part) ?? 0) + 1);
  // How telling a part is: seldom but repeated parts of templates most, names (seen once or twice) little.
  for (const [part, n] of weight) weight.set(part, n < 3 ? 0.15 : Math.log(samples.length / n));
  return { samples, weight, known };
}

let made: ReturnType<typeof makeSamples> | undefined;

/** How far a prompt is from what the specimen knows. Takes some milliseconds; the first call makes the samples. */
export function nearPrompts(text: string): Nearness {
  made ??= makeSamples();
  const { samples, weight, known } = made;
  const shape = shapeOf(cut(text));
  // What no sample holds weighs much, unless it is a name or word that it knows.
  const unseen = (part: string) => (part.split(" ").every(word => known.has(word)) ? 0.15 : 1);
  const mine = [...shape].reduce((sum, part) => sum + (weight.get(part) ?? unseen(part)), 0);
  const ranked = samples
    .map(sample => {
      let both = 0;
      let theirs = 0;
      for (const part of sample.shape) {
        const w = weight.get(part)!;
        theirs += w;
        if (shape.has(part)) both += w;
      }
      return { sample, score: both / (mine + theirs - both || 1) };
    })
    .sort((a, b) => b.score - a.score || (a.sample.prompt < b.sample.prompt ? -1 : 1));
  const near: string[] = [];
  const perTask = new Map<string, number>();
  for (const { sample } of ranked) {
    // Not five of one template: at most two of a task.
    const used = perTask.get(sample.task) ?? 0;
    if (used < 2) near.push(sample.prompt);
    perTask.set(sample.task, used + 1);
    if (near.length === 5) break;
  }
  const stranger = cut(text)
    .map(piece => piece.trim())
    .find(word => /^\p{L}{2}/u.test(word) && !/^[一-鿿]/.test(word) && !known.has(word));
  const best = ranked[0]!.score;
  if (best < 0.3) {
    return {
      inside: false,
      near,
      sentence: `The specimen knows only a few kinds of sentences, and this is none of them; it will answer, but without knowing. Near it: ${quote(near[0]!)}.`,
    };
  }
  if (stranger && ranked[0]!.sample.task !== "people") {
    return {
      inside: false,
      near,
      sentence: `The specimen has never met the word “${stranger}”, so its answer will be a guess. One that it knows: ${quote(near[0]!)}.`,
    };
  }
  return { inside: true, near, sentence: "" };
}

const quote = (prompt: string): string => `“${prompt.replaceAll("\n", " ⏎ ")}”`;
