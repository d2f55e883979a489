/** `lucida steer` as whole commands on the specimen: every kind of site and place, swaps, ladders with their guard. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { command as lucida } from "../../test/command.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lucida-steer-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const fact = (city: string) => `Fact: the capital of the state containing ${city} is`;

interface Step {
  readonly strength?: number;
  readonly interventions: readonly { readonly sentence: string; readonly site: { readonly vector?: number[] } }[];
  readonly before: readonly { readonly text: string; readonly logit: number }[];
  readonly live: Step["before"];
  readonly frozen: Step["before"];
  readonly text?: { readonly before: string; readonly after: string };
  readonly unrelated?: { readonly before: number; readonly after: number; readonly broken: boolean };
}

async function steps(...argv: string[]): Promise<Step[]> {
  const { code, out, err } = await lucida("steer", ...argv, "--json");
  expect(err, argv.join(" ")).not.toMatch(/internal/);
  expect(code, err).toBe(0);
  return JSON.parse(out).steps;
}

test("one command makes Dallas's capital Sacramento: a swap from another prompt, before and after in words", async () => {
  const argv = [fact("Dallas"), "--set", `swap residual 2 at "as" from ${JSON.stringify(fact("Fresno"))}`];
  const [step] = await steps(...argv);
  expect(step!.before[0]!.text).toBe(" Austin");
  expect(step!.live[0]!.text).toBe(" Sacramento");
  expect(step!.frozen[0]!.text).toBe(" Sacramento");
  expect(step!.text!.before.trim()).toMatch(/^Austin/);
  expect(step!.text!.after.trim()).toMatch(/^Sacramento/);
  // A swap means this prompt only: there is nothing to be guarded on another text.
  expect(step!.unrelated).toBeUndefined();
  const { out } = await lucida("steer", ...argv);
  expect(out).toMatch(/attention live.*attention frozen/);
  expect(out).toMatch(/" Sacramento"/);
});

test.each([
  ["a unit at a text", 'scale unit 1.210 at "as" by -8'],
  ["a unit at positions", "set unit 1.210 at 10,11 to 9"],
  ["a head", "scale head 1.0 at last by 0"],
  ["the stream of a layer", 'scale residual 3 at "as" by 0.5'],
  ["everything everywhere", "scale residual 2 at all by 0.7"],
])("%s is changed, and the answer's logit moves", async (_, sentence) => {
  const [step] = await steps(fact("Dallas"), "--set", sentence, "--tokens", "0", "--top", "1");
  expect(step!.interventions[0]!.sentence).toBe(sentence);
  expect(step!.text).toBeUndefined();
  expect(step!.live[0]!.logit).not.toBeCloseTo(step!.before[0]!.logit, 4);
  expect(step!.unrelated!.after).not.toBeCloseTo(step!.unrelated!.before, 6);
});

test("a change at every new token leaves the prompt's answer alone and changes what is written after it", async () => {
  const [step] = await steps(fact("Dallas"), "--set", "scale residual 2 at new by 0", "--tokens", "6");
  expect(step!.live[0]!.logit).toBeCloseTo(step!.before[0]!.logit, 3);
  const [before, after] = [step!.text!.before, step!.text!.after];
  expect(after).not.toBe(before);
  expect(after.trim().slice(0, 6)).toBe(before.trim().slice(0, 6));
});

test("a direction is the mean difference of two sets of prompts, or a vector, and moves the answer along it", async () => {
  const [texas, california] = [join(folder, "texas.txt"), join(folder, "california.txt")];
  const piece = (city: string) => fact(city).replace(/ is$/, "");
  await writeFile(texas, [piece("Dallas"), piece("Houston")].join("\n"));
  await writeFile(california, [piece("Fresno"), piece("Oakland")].join("\n"));
  const set = 'add to direction "west" of layer 2 at "as" by 1';
  const argv = [fact("Dallas"), "--set", set, "--tokens", "0"];
  const [step] = await steps(...argv, "--direction", `west=${california},${texas}`);
  expect(step!.live[0]!.text).not.toBe(" Austin");
  const { vector } = step!.interventions[0]!.site;
  const file = join(folder, "west.json");
  await writeFile(file, JSON.stringify(vector));
  const [again] = await steps(...argv, "--direction", `west=${file}`);
  expect(again!.live[0]!.logit).toBeCloseTo(step!.live[0]!.logit, 3);

  const none = await lucida("steer", ...argv);
  expect(none).toMatchObject({ code: 2 });
  expect(none.err).toMatch(/there is no direction "west"/);
  const missing = await lucida("steer", ...argv, "--direction", `west=${join(folder, "no.txt")},${texas}`);
  expect(missing).toMatchObject({ code: 2 });
  expect(missing.err).toMatch(/no\.txt/);
});

test("a ladder is reported whole, and says of a strength that breaks the model that it does", async () => {
  const set = "scale residual 3 at all by 1";
  const argv = [fact("Dallas"), "--set", set, "--tokens", "0", "--ladder", "1,0,-4"];
  const all = await steps(...argv);
  expect(all.map(step => step.strength)).toEqual([1, 0, -4]);
  expect(all[0]!.live.map(t => t.text)).toEqual(all[0]!.before.map(t => t.text));
  expect(all[0]!.unrelated!.after).toBeCloseTo(all[0]!.unrelated!.before, 3);
  expect(all[0]!.unrelated!.broken).toBe(false);
  expect(all[1]!.unrelated!.broken).toBe(true);
  const { out } = await lucida("steer", ...argv);
  expect(out).toMatch(/breaks the model/);
});
