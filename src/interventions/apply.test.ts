import { describe, expect, test } from "vitest";
import { tinyFamilies, tinyGolden, tinyModel } from "../../test/golden/tiny.ts";
import { Problem } from "../core/problem.ts";
import { neurons } from "../features/neurons.ts";
import { forward } from "../models/forward.ts";
import { generate } from "../models/generate.ts";
import type { Model } from "../models/model.ts";
import { recordRun } from "../models/record.ts";
import { compile, generationStages, variantOf } from "./apply.ts";
import type { InterventionContext } from "./context.ts";
import type { InterventionSet } from "./intervention.ts";
import { logitsUnder } from "./read-out.ts";
import { parseIntervention } from "./sentence.ts";
import { switchOff } from "./switch-off.ts";
import { runVariants } from "./variants.ts";

async function world(family: string): Promise<InterventionContext & { model: Model }> {
  const model = await tinyModel(family);
  const { ids } = tinyGolden(family);
  const recording = await recordRun(model, ids);
  const basis = await neurons(model).on(recording);
  const other = async (prompt: string) => recordRun(model, prompt.split(" ").map(Number));
  return { model, recording, basis, texts: ids.map(id => ` t${id}`), other };
}

async function logits(context: InterventionContext, sentences: string[], mode: Partial<InterventionSet> = {}) {
  const set: InterventionSet = { interventions: sentences.map(parseIntervention), attention: "live", ...mode };
  const compiled = await compile(set, context);
  const streams = await runVariants(context.recording, [variantOf(compiled, context)]);
  return (await logitsUnder(context.recording, streams, compiled.mode))[0]!;
}

const apart = (a: ArrayLike<number>, b: ArrayLike<number>) => Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i]!)));

describe.each(tinyFamilies)("%s", family => {
  test("a unit scaled to zero is a unit switched off; scaled by 1 nothing happens, frozen or live", async () => {
    const context = await world(family);
    const unit = context.basis.number({ layer: 1, position: 9, index: 4 })!;
    const [off, on] = await switchOff(context.recording, context.basis, [[unit], []]);
    expect(apart(await logits(context, ["scale unit 1.4 at 9 by 0"]), off!.logits)).toBeLessThan(1e-5);
    expect(apart(off!.logits, on!.logits)).toBeGreaterThan(1e-4);
    const value = context.basis.activation(unit);
    expect(apart(await logits(context, [`set unit 1.4 at 9 to ${value}`]), on!.logits)).toBeLessThan(1e-4);
    for (const attention of ["live", "frozen"] as const)
      expect(apart(await logits(context, ["scale unit 1.4 at all by 1"], { attention }), on!.logits)).toBeLessThan(
        1e-4,
      );
    await context.model.release();
  });

  test("swapping the whole stream from another prompt gives that prompt's answer", async () => {
    const context = await world(family);
    const ids = context.recording.ids.toReversed();
    const other = await recordRun(context.model, ids);
    const expected = await context.model.logits(
      other.residual[context.model.layers]!.slice(11 * context.model.config.dModel),
    );
    const all = await logits(context, [`swap residual 1 at all from "${ids.join(" ")}"`]);
    expect(apart(all, expected)).toBeLessThan(1e-4);
    const mine = context.recording.ids.join(" ");
    const same = await logits(context, [
      `swap residual 1 at 3 from "${mine}"`,
      `swap head 1.0 at last from "${mine}"`,
      `swap unit 0.3 at all from "${mine}"`,
    ]);
    const before = await logits(context, ["scale residual 0 at all by 1"]);
    expect(apart(same, before)).toBeLessThan(1e-4);
    await context.model.release();
  });

  test("heads: each one's share of what attention writes goes with it", async () => {
    const context = await world(family);
    const { model, recording } = context;
    const { heads, dModel, family: row } = model.config;
    // With every head silent, attention writes its biases alone: the same as a run whose mid is the stream plus those.
    const off = await logits(
      context,
      Array.from({ length: heads }, (_, h) => `scale head 1.${h} at all by 0`),
    );
    const biased = model.reader.has("attentionOut.bias", 1) || model.reader.has("postNorm1.bias", 1);
    if (!biased && !model.config.parallel) {
      const x = await forward(model, [recording.ids], {
        stages: { mid: (layer, mid) => void (layer === 1 && mid.set(recording.residual[1]!)) },
      });
      expect(apart(off, await model.logits(x.slice(11 * dModel)))).toBeLessThan(1e-4);
    }
    const one = await logits(context, ["scale head 1.0 at all by 0"]);
    const none = await logits(context, ["scale head 1.0 at all by 1"]);
    expect(apart(one, none)).toBeGreaterThan(1e-5);
    const frozen = await logits(context, ["scale head 1.0 at all by 1"], { attention: "frozen" });
    expect(apart(frozen, none)).toBeLessThan(1e-4);
    expect(row.name).toBe(model.config.family.name);
    await model.release();
  });

  test("with MLP outputs held everywhere, effects add up: two units together do what each does alone", async () => {
    const context = await world(family);
    const mode = { attention: "frozen", constrained: [0, context.model.layers - 1] } as const;
    const direct = (sentences: string[]) => logits({ ...context }, sentences, mode);
    const cap = context.model.config.logitCap;
    const flat = (v: Float32Array) => (cap === undefined ? v : v.map(x => cap * Math.atanh(x / cap)));
    const before = flat(await direct(["scale unit 0.1 at 9 by 1"]));
    const a = flat(await direct(["add to unit 0.1 at 9 by 3"]));
    const b = flat(await direct(["add to unit 1.2 at 10 by -2"]));
    const both = flat(await direct(["add to unit 0.1 at 9 by 3", "add to unit 1.2 at 10 by -2"]));
    const sum = a.map((v, i) => v + b[i]! - before[i]!);
    expect(apart(both, sum)).toBeLessThan(2e-4);
    expect(apart(a, before)).toBeGreaterThan(1e-4);
    const plain = flat(await logits(context, ["scale unit 0.1 at 9 by 1"]));
    expect(apart(before, plain)).toBeLessThan(1e-3);
    await context.model.release();
  });

  test("generation: positions of the prompt act on its run alone, new ones on every new token", async () => {
    const context = await world(family);
    const { model, recording } = context;
    const run = async (sentence?: string, attention: "live" | "frozen" = "live") => {
      const compiled = sentence
        ? await compile({ interventions: [parseIntervention(sentence)], attention }, context)
        : undefined;
      return generate(model, recording.ids.slice(0, 12), {
        tokens: 4,
        ...(compiled ? { stages: generationStages(compiled, context) } : {}),
      });
    };
    const plain = await run();
    expect(await run("scale unit 1.4 at all by 1")).toEqual(plain);
    expect(await run("scale unit 1.4 at all by 1", "frozen")).toEqual(plain);
    const last = model.layers - 1;
    const fresh = await run(`scale residual ${last} at new by -2`);
    expect(fresh[0]).toBe(plain[0]);
    // The same without a cache: each new token from the whole text so far, everything changed.
    const sentence = "add to unit 0.1 at all by 40";
    const ids = [...recording.ids];
    for (const id of await run(sentence)) {
      const now = { ...context, recording: await recordRun(model, ids), texts: ids.map(String) };
      const values = await logits({ ...now, basis: await neurons(model).on(now.recording) }, [sentence]);
      expect(values[id]).toBeCloseTo(Math.max(...values), 3);
      ids.push(id);
    }
    await model.release();
  });
});

test("a direction's share of the stream can be set, and is measured in multiples of the direction", async () => {
  const context = await world("llama");
  const { dModel } = context.model.config;
  const vector = Array.from({ length: dModel }, (_, i) => Math.cos(i));
  const directions = new Map([["wave", vector]]);
  const set = {
    interventions: [parseIntervention('set direction "wave" of layer 1 at 5 to 2')],
    attention: "live",
  } as const;
  const compiled = await compile(set, { ...context, directions });
  const row = Float32Array.from({ length: dModel }, (_, i) => i);
  compiled.rows[0]!.change(row, 5);
  const size = vector.reduce((s, v) => s + v * v, 0);
  expect(vector.reduce((s, v, i) => s + v * row[i]!, 0) / size).toBeCloseTo(2, 4);
  await context.model.release();
});

describe("what is not there is named, with what is", () => {
  test.each([
    ["scale unit 45.3 at 2 by 0", /layer 45 is not there.*0 to 2/, /layer 2/],
    ["scale unit 1.4000 at 2 by 0", /unit 1.4000 is not there: neurons has units 0 to/, /unit 1\./],
    ["scale head 1.99 at 2 by 0", /head 1.99 is not there/, /head 1\./],
    ['scale supernode "Texsa" by 0', /no supernode "Texsa"/, /"Texas"/],
    ['add to direction "hapy" of layer 1 by 1', /no direction "hapy"/, /"happy"/],
    ["scale unit 1.4 at 77 by 0", /position 77 is outside the prompt/, /./],
    ['scale unit 1.4 at "t9999" by 0', /not among the prompt's 12 tokens/, /./],
    ["add to residual 1 at 2 by 3", /a number cannot stand for/, /direction/],
    ['swap unit 1.4 at new from "1 2"', /no counterpart/, /./],
    ['swap unit 1.4 at 1 from "9"', /no counterpart/, /same number/],
  ])("%s", async (text, what, advice) => {
    const context = await world("llama");
    const names = {
      supernodes: new Map([["Texas", [{ layer: 0, position: 1, index: 2 }]]]),
      directions: new Map([["happy", [1]]]),
    };
    let problem: unknown;
    try {
      await compile({ interventions: [parseIntervention(text)], attention: "live" }, { ...context, ...names });
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(Problem);
    expect((problem as Problem).message).toMatch(what);
    expect((problem as Problem).advice ?? "-").toMatch(advice);
    await context.model.release();
  });

  test("numbers that stop being finite stop the run and say where", async () => {
    const context = await world("llama");
    await expect(logits(context, ["scale residual 1 at 3 by 1e30", "scale residual 1 at 3 by 1e30"])).rejects.toThrow(
      /not finite.*layer 1/,
    );
    await context.model.release();
  });
});
