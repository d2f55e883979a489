/**
 * The texts that a dictionary is trained on, as token ids: endless, in parts, each of which depends on its number and the
 * seed alone, so that an interrupted run can go on anywhere. Some are kept apart for measuring.
 */
import { Problem } from "../../core/problem.ts";
import { random } from "../../core/random.ts";
import { documents } from "../corpus/mixture.ts";
import { learntFrom, type Sequence } from "../corpus/pack.ts";
import { hash, Random } from "../corpus/random.ts";
import { tasksTaught } from "../corpus/taught.ts";
import type { Encoder } from "../tokenizer/encoder.ts";
import { shuffledOrder } from "./activation-rows.ts";

export interface Sequences {
  /** Those of one part, without end, begin token first. */
  part(number: number): Iterable<readonly number[]>;
  /** As a part; of so large a share of its questions, if it knows of any, only the answer and what follows is learnt. */
  asked(number: number, answersOnly: number): Iterable<Sequence>;
  /** Of these nothing is in any part. */
  heldOut(): Iterable<readonly number[]>;
}

/**
 * The specimen's own corpus, in the form in which it was taught: a dictionary that sees words in their own language's
 * frames alone learns a feature for each word with its answer, and knows no word that was kept out. Shares as the mixture
 * takes them: rare facts can be shown more often than in its training.
 */
export function specimenSequences(
  encoder: Encoder,
  seed: number,
  shares?: Readonly<Record<string, number>>,
): Sequences {
  const options = { count: (text: string) => encoder.count(text), instead: tasksTaught, ...(shares ? { shares } : {}) };
  const nameOf = (part: number | "held out") => `dictionary ${seed} ${part}`;
  const drawn = function* (name: string): Generator<readonly number[]> {
    for (const { text } of documents(hash(name), options)) yield [encoder.bos, ...encoder.encode(text)];
  };
  return {
    part: number => drawn(nameOf(number)),
    *asked(number, answersOnly) {
      const name = nameOf(number);
      const random = new Random(hash(`${name} asked`));
      for (const document of documents(hash(name), options)) {
        const { ids, starts } = encoder.encodeWithPieces(document.text);
        yield { ids: [encoder.bos, ...ids], learnFrom: learntFrom(document, starts, answersOnly, random) };
      }
    },
    heldOut: () => drawn(nameOf("held out")),
  };
}

/** One window in this many is held out, and at most so many. */
const [heldOutOf, mostHeldOut] = [20, 200];

/**
 * Windows of any text, again and again in new orders.
 * @param step how far each part is beyond the one before it, in windows: about what a part uses
 */
export function windowSequences(windows: readonly (readonly number[])[], seed: number, step: number): Sequences {
  const held = Math.min(mostHeldOut, Math.floor(windows.length / heldOutOf));
  if (held < 1) {
    throw new Problem(`the text is ${windows.length} windows long, and at least ${heldOutOf} are needed`, {
      advice: "more text",
    });
  }
  const order = shuffledOrder(windows.length, random(seed));
  const taught = windows.length - held;
  const part = function* (number: number): Generator<readonly number[]> {
    let epoch = -1;
    let own = order;
    for (let at = number * step; ; at++) {
      const now = Math.floor(at / taught);
      if (now !== epoch) {
        epoch = now;
        own = shuffledOrder(taught, random(seed * 7919 + epoch));
      }
      yield windows[order[held + own[at % taught]!]!]!;
    }
  };
  return {
    part,
    *asked(number) {
      for (const ids of part(number)) yield { ids };
    },
    *heldOut() {
      for (let i = 0; i < held; i++) yield windows[order[i]!]!;
    },
  };
}
