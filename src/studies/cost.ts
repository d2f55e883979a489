/**
 * What a study costs at most, in runs of a prompt: from its document, its prompts and the model's shape, before anything
 * is run. Most models fail most gates, and then it is far less. The nulls, which only what claims something is put to, count.
 */
import { type Item, ofSplit } from "./item.ts";
import { layersTried } from "./scene.ts";
import type { Ground, Test } from "./study.ts";

export interface Shape {
  readonly layers: number;
  readonly heads: number;
  readonly dModel: number;
}

/** `most` limits the held-out prompts of a test, as in a run. */
export function runsAtMost(
  ground: Ground,
  items: readonly Item[],
  shape: Shape,
  most = Number.POSITIVE_INFINITY,
): number {
  return ground.tests.reduce((sum, test) => sum + runsOf(test, items, shape, most), items.length);
}

/** Prompts on which places are chosen, and units recorded: about what the tests take. */
const [CHOOSE, GRID] = [12, 1200];

function runsOf(test: Test, items: readonly Item[], { layers, heads, dModel }: Shape, most: number): number {
  const held = Math.min(test.count, most, ofSplit(items, "held-out", test.applyTo).length);
  const learn = ofSplit(items, "train", test.learnOn).length;
  const tried = layersTried(layers).length;
  switch (test.test) {
    case "swap":
      // Itself, three random directions, another difference, three places, six strengths, every layer, frozen; the null is leaner.
      return 2 * (Math.min(learn, 1500) + CHOOSE * 2 * tried) + held * (15 + tried) + held * 5;
    case "carry":
      return 2 * (CHOOSE * test.at.length * (tried + 2) + held * (7 + 2 * test.at.length));
    case "heads":
      return 2 * (CHOOSE * layers * heads + held * 9);
    case "probe":
      return 2 * (Math.min(learn, GRID) + held * (1 + test.alongside.length));
    case "source":
      return 2 * held * (1 + 4 * test.roles.length) * (test.against ? 2 : 1);
    case "sharing":
      return 2 * items.length;
    case "operands":
      // Operand plots: of a large model every third sum.
      return (
        2 * (GRID + 5 * CHOOSE * 4) + (dModel > 300 ? 34 : 100) ** 2 + held * 14 * (test.again === undefined ? 1 : 2)
      );
    case "calibration":
      return 2 * held;
    case "audit":
      return 3 * test.templates.length * Object.values(test.slots).reduce((n, values) => n * values.length, 1);
  }
}
