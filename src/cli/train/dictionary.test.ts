/** `lucida train dictionary` as a whole command, on a random model with the specimen's words. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { command, commandJson } from "../../../test/command.ts";
import { tinyFolder } from "../../../test/tiny-folder.ts";
import { openDictionary } from "../../store/dictionaries.ts";
import { RunFolder } from "../../store/training-run.ts";
import { layersOf, tokensOf } from "./dictionary-plan.ts";

let home = "";
const at = (name: string) => join(home, name);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "lucida-train-"));
  tinyFolder(at("model"));
  const lines = Array.from(
    { length: 600 },
    (_, i) => `The town number ${i} lies in Texas, ${i * 7} miles from Austin.`,
  );
  mkdirSync(at("texts"));
  writeFileSync(at("texts/a.txt"), lines.join("\n"));
  writeFileSync(at("few.txt"), "Only a few words of text.");
});
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeEach(() => {
  vi.stubEnv("HF_HOME", home);
  vi.stubEnv("HF_HUB_OFFLINE", "1");
});

const base = () => [
  "train",
  "dictionary",
  "--model",
  at("model"),
  "--features",
  "12",
  "--active",
  "3",
  "--batch",
  "64",
];
const corpus = () => ["--text", at("texts")];
const text = () => [...corpus(), "--tokens", "1280"];

async function refuses(argv: string[], code: number, ...words: (string | RegExp)[]): Promise<void> {
  const ended = await command(...argv);
  for (const word of words) expect(ended.err).toMatch(word);
  expect(ended.err).not.toMatch(/internal|^\s+at .*:\d+:\d+/m);
  expect(ended).toMatchObject({ code, out: "" });
}

test("it trains, reports and leaves a folder that a trace takes at once, and nothing half-written", async () => {
  const report = await commandJson(...base(), ...text(), "--out", at("plt"));
  expect(report).toMatchObject({ tokens: 1280, corpus: { name: at("texts") } });
  for (const layer of report.layers) {
    expect(layer.active).toBeCloseTo(3, 5);
    expect(layer.explained).toBeGreaterThan(0);
    expect(layer.explained).toBeLessThan(1);
  }
  expect(report.crossEntropy.original).toBeGreaterThan(0);
  expect(report.crossEntropy.replaced).not.toBe(report.crossEntropy.meanAblated);
  const names = readdirSync(at("plt"));
  expect(names).toContain("config.yaml");
  expect(names.filter(name => /checkpoint|activations|\.part$/.test(name))).toEqual([]);
  expect(JSON.parse(readFileSync(at("plt/training.json"), "utf8"))).toMatchObject({ tokens: 1280 });
  const traced = await commandJson("trace", "Texas", "--model", at("model"), "--basis", at("plt"));
  expect(traced).toMatchObject({ format: "lucida-trace", basis: "plt" });
  await refuses([...base(), ...text(), "--out", at("plt")], 1, "a finished dictionary is in this folder", "--out");
}, 120_000);

test("with a finish all layers go on learning together; what is not of every MLP cannot have one", async () => {
  const report = await commandJson(...base(), ...text(), "--finish", "8k", "--out", at("finished"));
  const plain = JSON.parse(readFileSync(at("plt/training.json"), "utf8"));
  expect(report.finishTokens).toBe(8000);
  // The same steps before it, so what differs is the finish.
  expect(report.history[0].crossEntropy).toBe(plain.history[0].crossEntropy);
  const away = (one: typeof report) => one.crossEntropy.replaced - one.crossEntropy.original;
  expect(away(report)).toBeLessThan(away(plain));
  await refuses(
    [...base(), ...text(), "--layers", "0", "--finish", "8k", "--out", at("no")],
    2,
    "every MLP",
    "--layers",
  );
  await refuses([...base(), ...text(), "--kind", "autoencoders", "--finish", "8k", "--out", at("no")], 2, "every MLP");
  const asked = ["--finish", "8k", "--answers", "0.5", "--out", at("no")];
  await refuses([...base(), ...text(), ...asked], 2, "--answers is about questions", "--corpus specimen");
}, 120_000);

test("a saved dictionary goes on in a finish of its own, from where it was", async () => {
  const on = [...base(), ...corpus(), "--from", at("plt")];
  const report = await commandJson(...on, "--finish", "2k", "--rate", "1e-6", "--out", at("onward"));
  const plain = JSON.parse(readFileSync(at("plt/training.json"), "utf8"));
  // Hardly moved by a rate of nothing: what it rebuilds is what the saved one did.
  report.layers.forEach((layer: { explained: number }, i: number) => {
    expect(layer.explained).toBeCloseTo(plain.layers[i].explained, 3);
  });
  await refuses([...on, "--out", at("no")], 2, "--from does not say what comes next", "--finish");
  const further = await commandJson(...on, "--tokens", "1280", "--out", at("further"));
  const explained = (one: typeof report) =>
    one.layers.reduce((sum: number, l: { explained: number }) => sum + l.explained, 0);
  expect(explained(further)).toBeGreaterThan(explained(plain) + 0.01);
  const other = ["--features", "24", "--finish", "2k", "--out", at("other")];
  await refuses([...on, ...other], 1, /encoder\.0 has \d+ numbers there, and \d+ here/, "--features");
}, 120_000);

test("a saved dictionary that goes on, interrupted and resumed, ends as one that was not, and from no other one", async () => {
  const on = [...base(), ...corpus(), "--tokens", "19200", "--from", at("plt")];
  const whole = await commandJson(...on, "--out", at("whole"));
  const { saveCheckpoint } = RunFolder.prototype;
  const saved = vi.spyOn(RunFolder.prototype, "saveCheckpoint").mockImplementationOnce(async function (
    this: RunFolder,
    data,
  ) {
    await saveCheckpoint.call(this, data);
    process.emit("SIGINT");
  });
  const stopped = await command(...on, "--out", at("parts"));
  saved.mockRestore();
  expect(stopped.code).toBe(130);
  expect(stopped.err).toMatch(/stopped after step 25\d; .*--resume/);
  const other = [...base(), ...corpus(), "--tokens", "19200", "--from", at("onward")];
  await refuses([...other, "--out", at("parts"), "--resume"], 1, "was another one", "--from");
  const resumed = await commandJson(...on, "--out", at("parts"), "--resume");
  expect(resumed.layers).toEqual(whole.layers);
}, 120_000);

test.each([
  ["cross-layer", "cross-layer", "circuit-tracer"],
  ["autoencoders", "autoencoders", "SAELens"],
])("other kinds are read back as what they are: %s", async (kind, read, format) => {
  await commandJson(...base(), ...text(), "--kind", kind, "--out", at(kind));
  const { dictionary, close } = await openDictionary(at(kind));
  expect(dictionary).toMatchObject({ kind: read, format });
  await close();
});

test("with thresholds, and with some layers only", async () => {
  await commandJson(...base(), ...text(), "--layers", "1", "--activation", "jumprelu", "--no-skip", "--out", at("one"));
  const { dictionary, close } = await openDictionary(at("one"));
  expect(dictionary.layers.map(l => [l.layer, l.activation.kind, l.skip])).toEqual([[1, "jumprelu", undefined]]);
  await close();
});

test("bad input: a sentence and an exit code, before anything long begins", async () => {
  await refuses(["train", "dictionaries"], 2, 'there is no recipe for "dictionaries"', "lucida train dictionary");
  await refuses([...base(), ...text(), "--size", "large"], 2, "--size is no option of lucida train dictionary");
  await refuses(["train", "specimen", "--layers", "3"], 2, "--layers is no option of lucida train specimen");
  await refuses([...base(), "--tokens", "many"], 2, '"many" is no number of tokens', "4M");
  await refuses([...base(), "--tokens", "1k", "--minutes", "3"], 2, "both say when to end");
  await refuses([...base(), ...text(), "--rebuild", "2"], 2, "--rebuild is about the finish", "--finish 1M");
  await refuses([...base(), ...text(), "--kind", "saes"], 2, 'there is no kind "saes"', "autoencoders");
  await refuses([...base(), ...text(), "--layers", "9"], 2, "there is no layer 9", "--layers all");
  await refuses([...base(), ...text(), "--activation", "relu"], 2, 'there is no activation "relu"');
  await refuses(
    [...base(), ...text(), "--kind", "cross-layer", "--layers", "0"],
    2,
    "a cross-layer dictionary writes to all",
  );
  await refuses([...base(), ...text(), "--active", "13"], 2, "13 of 12 features are to be active");
  await refuses([...base(), ...text(), "--corpus", "sample"], 2, "both say what to read");
  await refuses([...base(), ...text(), "--share", "two-hop=3"], 2, "--corpus specimen");
  await refuses([...base(), "--text", at("nowhere")], 1, /nowhere/);
  await refuses([...base(), "--text", at("few.txt")], 1, "at least 20 are needed", "more text");
  await refuses([...base(), ...text(), "--resume", "--out", at("new")], 1, "no interrupted run");
});

test("layers and tokens as people write them", () => {
  expect(layersOf("all", 3)).toEqual([0, 1, 2]);
  expect(layersOf("5, 0-2,1", 6)).toEqual([0, 1, 2, 5]);
  expect(() => layersOf("2-1", 6)).toThrow(/names no layers/);
  expect(["4M", "500k", "1.5M", "7"].map(tokensOf)).toEqual([4e6, 5e5, 1.5e6, 7]);
  expect(() => tokensOf("0")).toThrow(/no number of tokens/);
});
