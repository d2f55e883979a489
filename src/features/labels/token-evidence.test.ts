import { describe, expect, test } from "vitest";
import { tinyFamilies, tinyModel } from "../../../test/golden/tiny.ts";
import { normal, random } from "../../core/random.ts";
import { promoted, readTokens } from "./token-evidence.ts";

/** Every token can be shown and no two are one word. */
const text = (id: number) => `${String.fromCodePoint(0x4e00 + id)}`;

function vectors(count: number, width: number): Float32Array[] {
  const next = normal(random(5));
  return Array.from({ length: count }, () => Float32Array.from({ length: width }, () => next()));
}

const order = (scores: number[]) => scores.map((v, id) => ({ v, id })).sort((a, b) => b.v - a.v);

describe.each(tinyFamilies)("%s", family => {
  test("promoted tokens are those whose logits a step along the vector changes most", async () => {
    const model = await tinyModel(family);
    const { dModel, vocabulary } = model.config;
    const [base, ...steps] = vectors(4, dModel);
    // The real final norm, its scale held by stepping across the stream: rows of equal length differ by the step only.
    const gain = (await model.finalGain()).data;
    const found = await promoted(model, steps, text, { n: 5 });
    for (const [s, step] of steps.entries()) {
      const mean = model.config.family.norm === "layer" ? step.reduce((a, b) => a + b, 0) / dModel : 0;
      const from = Float32Array.from(base!, (v, i) => v * gain[i]!);
      const to = from.map((v, i) => v + (step[i]! - mean) * gain[i]!);
      const a = await model.project(from);
      const b = await model.project(to);
      const change = order(Array.from({ length: vocabulary }, (_, id) => b[id]! - a[id]!));
      expect(found[s]!.promotes.tokens.map(t => t.id)).toEqual(change.slice(0, 5).map(c => c.id));
      expect(found[s]!.suppresses.tokens.map(t => t.id)).toEqual(
        change
          .slice(-5)
          .reverse()
          .map(c => c.id),
      );
    }
    await model.release();
  });

  test("read tokens are those whose own normed embedding gives the pull most", async () => {
    const model = await tinyModel(family);
    const { dModel, family: row, embeddingScale, epsilon } = model.config;
    const size = model.reader.shapeOf(row.weights.embedding)[0]!;
    const pulls = vectors(3, dModel);
    const found = await readTokens(model, pulls, text, { n: 5, own: [3, 4, 5] });
    for (const [p, pull] of pulls.entries()) {
      const scores: number[] = [];
      for (let id = 0; id < size; id++) {
        const e = Array.from(await model.reader.rows(row.weights.embedding, id, id + 1), v => v * embeddingScale);
        const mean = row.norm === "layer" ? e.reduce((a, b) => a + b, 0) / dModel : 0;
        const rms = Math.sqrt(e.reduce((a, v) => a + (v - mean) ** 2, 0) / dModel + epsilon);
        scores.push(e.reduce((a, v, i) => a + ((v - mean) / rms) * pull[i]!, 0));
      }
      expect(found[p]!.reads.tokens.map(t => t.id)).toEqual(
        order(scores)
          .slice(0, 5)
          .map(c => c.id),
      );
      const average = scores.reduce((a, b) => a + b, 0) / size;
      const spread = Math.sqrt(scores.reduce((a, v) => a + (v - average) ** 2, 0) / size);
      expect(found[p]!.own).toBeCloseTo((scores[3 + p]! - average) / spread, 3);
    }
    await model.release();
  });
});
