import { expect, test } from "vitest";
import { twoHop } from "../../../test/hand-built/models.ts";
import { firstDifference } from "../../interventions/hold.ts";
import { recordRun } from "../../models/record.ts";
import { totalEffects } from "../total-effects.ts";
import { chooseCircuit, strongestUnits } from "./circuit.ts";
import { enoughFrom, sufficiencyCurve } from "./curve.ts";
import { question } from "./gap.ts";

test("of a circuit of four units, four are enough and three are not; random ones never are", async () => {
  const known = twoHop();
  const recording = await recordRun(known.model, known.ids);
  const contrast = await recordRun(known.model, known.contrast);
  const q = await question(recording, contrast, known.answer, known.contrastAnswer);
  const answer = { direction: q.direction, position: 3 };
  const effects = await totalEffects(recording, answer, { contrast });
  const curve = await sufficiencyCurve(q, effects, { sizes: [1, 2, 3, 4, 8], from: 2 });
  const at = (n: number) => curve.alike.find(p => p.nodes === n)!;
  expect(at(4).sufficiency).toBeGreaterThan(0.9);
  expect(at(4).necessity).toBeGreaterThan(0.9);
  expect(at(3).sufficiency).toBeLessThan(0.8);
  expect(curve.n80.alike).toBeGreaterThan(3);
  expect(curve.n80.alike).toBeLessThanOrEqual(4);
  // Those that come next are as many, and bring nothing about.
  expect(curve.behind.find(p => p.nodes === 4)!.sufficiency).toBeLessThan(0.2);
  expect(Math.max(...curve.random.map(p => p.sufficiency))).toBeLessThan(0.2);
  await known.model.release();
});

test("a question needs prompts of one length and two answers", async () => {
  const known = twoHop();
  const recording = await recordRun(known.model, known.ids);
  const short = await recordRun(known.model, known.contrast.slice(1));
  await expect(question(recording, short, 1, 2)).rejects.toThrow(/4 tokens long, the contrast 3/);
  await expect(question(recording, recording, 1, 1)).rejects.toThrow(/same answer/);
  await known.model.release();
});

test("the strongest units are those of the greatest size, for and against alike, in a fixed order", async () => {
  const effects = [Float32Array.of(0, -5, 2, 1e-9), Float32Array.of(3, 0, -2, 4)];
  const none = effects.map(e => new Uint8Array(e.length));
  expect(strongestUnits(effects, 4, none).map(u => [u.layer, u.at])).toEqual([
    [0, 1],
    [1, 3],
    [1, 0],
    [0, 2],
  ]);
  expect(strongestUnits(effects, 99, none)).toHaveLength(6);
  expect(strongestUnits(effects, 0, none)).toEqual([]);
  const known = twoHop();
  const recording = await recordRun(known.model, known.ids);
  const from = firstDifference(known.ids, known.contrast);
  const zero = recording.read.map(read => new Float32Array(read.hidden!.length));
  const circuit = chooseCircuit(recording, zero, { nodes: 10, coarseLayers: 1, from });
  expect(circuit.coarse).toEqual([
    { layer: 0, position: 2 },
    { layer: 0, position: 3 },
  ]);
  expect(circuit.nodes).toBe(2);
  await known.model.release();
});

test("N80 is where a curve reaches 0.8 for good, between its sizes by the logarithm", () => {
  const curve = (...values: number[]) =>
    values.map((sufficiency, i) => ({ nodes: 10 ** (i + 1), sufficiency, necessity: 1 }));
  expect(enoughFrom(curve(0.2, 0.6, 1))).toBe(316);
  expect(enoughFrom(curve(0.9, 0.6, 1))).toBe(316);
  expect(enoughFrom(curve(0.9, 0.8))).toBe(10);
  expect(enoughFrom(curve(0.9, 0.7))).toBeUndefined();
});
