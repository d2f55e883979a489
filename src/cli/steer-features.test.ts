/** `lucida steer --basis`: a dictionary's features set and scaled from the command, on a small random model and dictionary. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { command, commandJson } from "../../test/command.ts";
import { dictionaryFolder } from "../../test/dictionary-folder.ts";
import { tinyFolder } from "../../test/tiny-folder.ts";
import type { NodeInfo, TraceDocument } from "../attribution/document.ts";

let folder = "";
let scene: string[] = [];
/** Features that are active on the prompt, below the last layer, strongest first. */
let active: (NodeInfo & { readonly layer: number; readonly index: number; readonly position: number })[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lucida-features-"));
  tinyFolder(join(folder, "tiny"));
  dictionaryFolder(join(folder, "features"));
  vi.stubEnv("LUCIDA_HOME", join(folder, "home"));
  scene = ["--ids", "300,310,320,330", "--model", join(folder, "tiny"), "--basis", join(folder, "features")];
  const document: TraceDocument = await commandJson("trace", ...scene, "--prune", "none", "--units", "400");
  active = document.nodes
    .flatMap(node => (node.kind === "unit" && (node.layer as number) < 3 ? [node as (typeof active)[number]] : []))
    .sort((a, b) => b.activation - a.activation);
  expect(active.length).toBeGreaterThan(3);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  vi.stubEnv("LUCIDA_HOME", join(folder, "home"));
});

interface Steered {
  readonly basis: string;
  readonly steps: readonly {
    readonly strength?: number;
    readonly unrelated?: { readonly after: number };
    readonly before: readonly { readonly id: number; readonly logit: number }[];
    readonly live: readonly { readonly id: number; readonly logit: number }[];
  }[];
}

/** How far each token's logit moves, of those that are shown before and after. */
async function moved(...more: string[]): Promise<Map<number, number>> {
  const { steps, basis }: Steered = await commandJson("steer", ...scene, "--tokens", "0", "--top", "100", ...more);
  expect(basis).toBe("features");
  const before = new Map(steps[0]!.before.map(t => [t.id, t.logit]));
  return new Map(steps[0]!.live.flatMap(t => (before.has(t.id) ? [[t.id, t.logit - before.get(t.id)!]] : [])));
}

const size = (moves: Map<number, number>) => Math.max(...[...moves.values()].map(Math.abs));

test("a feature scaled by 1, or set to what it is, changes nothing; switched off and doubled it does, opposite ways for a small step", async () => {
  const { layer, index, position, activation } = active[0]!;
  const unit = `unit ${layer}.${index} at ${position}`;
  expect(size(await moved("--set", `scale ${unit} by 1`))).toBeLessThan(1e-4);
  expect(size(await moved("--set", `set ${unit} to ${activation}`))).toBeLessThan(1e-3);
  const off = await moved("--set", `scale ${unit} by 0`);
  expect(size(off)).toBeGreaterThan(1e-2);
  // Set to nothing is switched off.
  const nothing = await moved("--set", `set ${unit} to 0`);
  for (const [id, move] of off) expect(nothing.get(id)).toBeCloseTo(move, 4);
  const less = await moved("--set", `scale ${unit} by 0.95`);
  const more = await moved("--set", `scale ${unit} by 1.05`);
  for (const [id, move] of less) if (more.has(id)) expect(more.get(id)! + move).toBeCloseTo(0, 1);
});

test("what a changed feature adds to the stream is its change times its decoder row", async () => {
  const { layer, index, position, activation } = active[0]!;
  const file = await readFile(join(folder, "features", `layer_${layer}.safetensors`));
  const length = Number(file.readBigUInt64LE());
  const { W_dec } = JSON.parse(file.subarray(8, 8 + length).toString());
  const width = W_dec.shape[1];
  const row = Array.from({ length: width }, (_, i) =>
    file.readFloatLE(8 + length + W_dec.data_offsets[0] + 4 * (index * width + i)),
  );
  const vector = join(folder, "row.json");
  await writeFile(vector, JSON.stringify(row));
  const feature = await moved("--set", `set unit ${layer}.${index} at ${position} to ${activation + 2}`);
  const direction = await moved(
    "--set",
    `add to direction "row" of layer ${layer + 1} at ${position} by 2`,
    "--direction",
    `row=${vector}`,
  );
  expect(size(feature)).toBeGreaterThan(1e-2);
  for (const [id, move] of feature) if (direction.has(id)) expect(direction.get(id)).toBeCloseTo(move, 3);
});

test("a silent feature can be set; to scale it is refused, with those that are active there", async () => {
  const { layer, position } = active[0]!;
  const speaking = new Set(active.flatMap(n => (n.layer === layer && n.position === position ? [n.index] : [])));
  const silent = Array.from({ length: 40 }, (_, i) => i).find(i => !speaking.has(i))!;
  const unit = `unit ${layer}.${silent} at ${position}`;
  expect(size(await moved("--set", `set ${unit} to 3`))).toBeGreaterThan(1e-2);
  const refused = await command("steer", ...scene, "--set", `scale ${unit} by 2`);
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(refused.err).toMatch(new RegExp(`unit ${layer}\\.${silent} is silent at position ${position}`));
  expect(refused.err).toMatch(new RegExp(`try unit ${layer}\\.(${[...speaking].join("|")}) .*active there, or "set"`));
});

test("a ladder of a feature's strengths is reported whole, from where it changes nothing", async () => {
  const { layer, index, position } = active[0]!;
  const argv = ["--set", `scale unit ${layer}.${index} at ${position} by 1`, "--ladder", "1,0,-2", "--tokens", "0"];
  const { steps }: Steered = await commandJson("steer", ...scene, ...argv);
  expect(steps.map(step => step.strength)).toEqual([1, 0, -2]);
  const far = steps.map(({ before, live }) => Math.abs(live[0]!.logit - before[0]!.logit));
  expect(far[0]).toBeLessThan(1e-4);
  expect(far[2]).toBeGreaterThan(far[0]!);
});

test("a feature is changed at all tokens where it speaks; the guard's text, on which it may be silent, is no reason to refuse", async () => {
  const { layer, index } = active[0]!;
  const argv = ["--set", `scale unit ${layer}.${index} at all by 0`, "--tokens", "0"];
  const { steps }: Steered = await commandJson("steer", ...scene, ...argv);
  expect(steps[0]!.unrelated!.after).toBeGreaterThan(0);
  expect(Math.abs(steps[0]!.live[0]!.logit - steps[0]!.before[0]!.logit)).toBeGreaterThan(1e-4);
  const spoken = new Set(active.map(n => `${n.layer}.${n.index}`));
  const nowhere = Array.from({ length: 40 }, (_, i) => i).find(i => !spoken.has(`0.${i}`))!;
  const refused = await command("steer", ...scene, "--set", `scale unit 0.${nowhere} at all by 2`);
  expect(refused.err).toMatch(new RegExp(`unit 0\\.${nowhere} is silent`));
});

test("what is written under a change of features is what steer says, and a prediction takes no change", async () => {
  const [unit] = active;
  const set = ["--set", `set unit ${unit!.layer}.${unit!.index} at ${unit!.position} to ${8 * unit!.activation + 40}`];
  const steps = (await commandJson("steer", ...scene, ...set, "--tokens", "1")).steps as Steered["steps"];
  const { generated } = await commandJson("generate", ...scene, ...set, "--tokens", "1");
  expect(generated[0].id).toBe(steps[0]!.live[0]!.id);
  const plain = await commandJson("generate", ...scene, "--tokens", "1");
  expect(plain.generated[0].id).toBe(steps[0]!.before[0]!.id);
  const refused = await command("predict", ...scene, ...set);
  expect(refused.code).toBe(2);
  expect(refused.err).toMatch(/--set changes nothing here[\s\S]*lucida steer/);
});
