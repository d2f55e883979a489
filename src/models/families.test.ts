import { describe, expect, test } from "vitest";
import { tinyFamilies, tinyGolden, tinyModel } from "../../test/golden/tiny.ts";
import { reference } from "../devices/reference.ts";
import { Cache, forward } from "./forward.ts";

/** Largest difference as a share of the largest number. */
function worst(mine: ArrayLike<number>, theirs: ArrayLike<number>): number {
  expect(mine.length).toBe(theirs.length);
  let top = 0;
  let difference = 0;
  for (let i = 0; i < mine.length; i++) {
    top = Math.max(top, Math.abs(theirs[i]!));
    difference = Math.max(difference, Math.abs(mine[i]! - theirs[i]!));
  }
  return difference / top;
}

describe.each(tinyFamilies)("%s", family => {
  const golden = tinyGolden(family);

  test("hidden states, attention patterns and logits are the original's", async () => {
    const model = await tinyModel(family);
    const hidden: Float32Array[] = [];
    const patterns: Float32Array[] = [];
    const last = await forward(model, [golden.ids], {
      stages: {
        residual: (_layer, x) => void hidden.push(x.slice()),
        attention: (_layer, taps) => void patterns.push(taps.pattern!.data as Float32Array),
        attendTaps: ["pattern"],
      },
    });
    hidden.push((await model.finalNorm(last)).normed);
    hidden.forEach((x, layer) => {
      expect(worst(x, golden.hidden[layer]!), `residual entering layer ${layer}`).toBeLessThan(2e-5);
    });
    golden.attention.forEach((heads, layer) => {
      expect(worst(patterns[layer]!, heads.flat()), `pattern of layer ${layer}`).toBeLessThan(1e-5);
    });
    expect(worst(await model.logits(last), golden.logits.flat())).toBeLessThan(2e-5);
    await model.release();
  });

  test("the reference device, in float64, agrees to the last digits", async () => {
    const model = await tinyModel(family, reference);
    const last = await forward(model, [golden.ids]);
    expect(worst(await model.logits(last), golden.logits.flat())).toBeLessThan(1e-6);
  });

  test("a prompt read token by token through the cache gives the same logits", async () => {
    const model = await tinyModel(family);
    const cache = new Cache();
    const width = model.config.vocabulary;
    const pieces = [golden.ids.slice(0, 5), ...golden.ids.slice(5).map(id => [id])];
    for (const ids of pieces) {
      const at = cache.length;
      const logits = await model.logits(await forward(model, [ids], { cache }));
      expect(worst(logits, golden.logits.slice(at, at + ids.length).flat()), `from position ${at}`).toBeLessThan(2e-5);
      expect(logits.length).toBe(ids.length * width);
    }
    await model.release();
  });

  test("prompts in one batch do not see each other", async () => {
    const model = await tinyModel(family);
    const other = golden.ids.map(id => (id * 7 + 3) % model.config.vocabulary);
    const both = await model.logits(await forward(model, [other, golden.ids]));
    expect(worst(both.subarray(both.length / 2), golden.logits.flat())).toBeLessThan(2e-5);
    await model.release();
  });
});
