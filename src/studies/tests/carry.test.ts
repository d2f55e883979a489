import { expect, test } from "vitest";
import type { Intervention } from "../../interventions/intervention.ts";
import type { Item } from "../item.ts";
import type { Ask, Lab, Reading } from "../lab.ts";
import type { Scene } from "../scene.ts";
import type { TestOf } from "../study.ts";
import { carryTest } from "./carry.ts";

const WIDTH = 64;

/**
 * A model with one code for number, whatever the noun and the verb: its stream says number in one dimension and the noun in
 * another. A prompt is [frame, noun, number]; the verb that is said is 2 · frame + number.
 */
const stream = ([, noun, number]: readonly number[]): Float32Array => {
  const x = new Float32Array(WIDTH);
  x[0] = 10 * number!;
  x[1 + noun!] = 10;
  return x;
};
const lab = {
  model: { layers: 1 },
  states: async (prompts: { ids: number[] }[]) => prompts.map(p => [stream(p.ids)]),
  under: async (ask: Ask, sets: (readonly Intervention[])[]): Promise<Reading[]> =>
    sets.map(set => {
      const [change] = set as unknown as { site: { vector: number[] }; by: number }[];
      const number = stream(ask.ids)[0]! + (change ? change.by * change.site.vector[0]! : 0) > 5 ? 1 : 0;
      const gap = ask.wanted[0]! % 2 === number ? 1 : -1;
      return { exact: gap > 0, gap, logProbability: 0, sure: 1, said: [number], right: 0 };
    }),
  text: (ids: number[]) => `${ids}`,
};

const items: Item[] = Array.from({ length: 48 }, (_, i): Item => {
  const number = i % 2;
  const noun = Math.floor(i / 2) % 8;
  const frame = Math.floor(i / 16);
  const at = (n: number) => ({ ids: [frame, noun, n], answerIds: [2 * frame + n], answer: `${2 * frame + n}` });
  return {
    id: `${i}`,
    prompt: `${i}`,
    split: i % 3 === 0 ? "train" : "held-out",
    ...at(number),
    otherIds: [],
    roles: { noun: { first: 1, last: 1 } },
    labels: { number: number === 0 ? "singular" : "plural" },
    versus: { prompt: `${i}, other number`, ...at(1 - number) },
  };
});
const asked: TestOf<"carry"> = {
  test: "carry",
  failsOn: "random directions",
  title: "t",
  claim: "c",
  core: true,
  count: 40,
  need: 0.5,
  at: ["noun"],
  measure: "choice",
};
const scene: Scene = {
  lab: lab as unknown as Lab,
  items,
  right: () => true,
  texts: [],
  seed: 1,
  progress: () => {},
};

test("where all verbs share one code for number, another pair's change of number is no control", async () => {
  const [finding] = await carryTest(asked, scene);
  expect(finding!.outcome).toBe("void");
});

test("the difference of two prompts of one number is: it moves the noun and leaves the verb, and the carrier is found", async () => {
  const [finding] = await carryTest({ ...asked, varies: "number" }, scene);
  expect(finding!.outcome).toBe("holds");
  const control = finding!.controls.find(c => c.name.includes("of one number"))!.share;
  expect(control).toMatchObject({ value: 0 });
  expect(control.n).toBeGreaterThan(20);
  // That there is one code is shown beside it, as a finding of its own.
  const [bars] = finding!.charts;
  expect(bars!.kind === "bars" && bars!.bars.find(b => b.name.includes("one code"))!.share.value).toBe(1);
});

test("with random directions in its place nothing is carried", async () => {
  const [finding] = await carryTest({ ...asked, varies: "number" }, { ...scene, null: "random directions" });
  expect(finding!.outcome).not.toBe("holds");
});
