/**
 * What a person gets for each kind of bad input (design §9): the sentence, with its numbers, and the exit code; never a
 * stack. Whole commands on a model of 50 kB.
 */
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type Ended, command as lucida } from "../../test/command.ts";
import { goldenFolder } from "../../test/golden/tiny.ts";
import { tinyFolder } from "../../test/tiny-folder.ts";

const tiny = join(goldenFolder, "tiny", "llama");
const specimen = resolve(import.meta.dirname, "../../specimen");
let folder = "";
/** The tiny model with a tokenizer of more tokens than it has rows. */
let spoken = "";
/** A small random model that knows the words of its tokenizer. */
let words = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lucida-bad-"));
  spoken = join(folder, "spoken");
  await cp(tiny, spoken, { recursive: true });
  words = join(folder, "words");
  tinyFolder(words);
  for (const name of ["tokenizer.json", "tokenizer_config.json"]) await cp(join(specimen, name), join(spoken, name));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  vi.stubEnv("HF_HOME", folder);
  vi.stubEnv("HF_HUB_OFFLINE", "1");
});

/** A changed copy of the tiny model's folder. */
async function changed(name: string, change: (folder: string) => Promise<void>): Promise<string> {
  const copy = join(folder, name);
  await cp(tiny, copy, { recursive: true });
  await change(copy);
  return copy;
}

/** The error must hold these words, be no stack, and under --json be the one document on stdout. */
async function refuses(argv: string[], code: number, ...words: (string | RegExp)[]): Promise<void> {
  const plain = await lucida(...argv);
  for (const word of words) expect(plain.err).toMatch(word);
  expect(plain.err).not.toMatch(/internal|^\s+at .*:\d+:\d+/m);
  expect(plain).toMatchObject({ code, out: "" });
  const json = await lucida(...argv, "--json");
  expect(json.code).toBe(code);
  const { error } = JSON.parse(json.out);
  expect(plain.err).toContain(error.what);
}

const ids = ["--ids", "1,2,3", "--model", tiny];

test("a verb or an option that does not exist, with the one that was meant", async () => {
  await refuses(["trase", "x"], 2, 'there is no verb "trase"', /try lucida trace/);
  await refuses(["predict", "x", "--tpo", "3"], 2, "--tpo", "--top");
});

test("a model that does not exist, by name, path, and in the hub while offline", async () => {
  await refuses(["predict", "hi", "--model", "nowhere"], 1, 'there is no model "nowhere"', "lucida models");
  await refuses(["predict", "hi", "--model", "./a/b.gguf"], 1, 'there is no model "./a/b.gguf"', /missing/);
  await refuses(["predict", "hi", "--model", "no/such"], 1, "no/such", /offline|HF_HUB_OFFLINE/i);
});

test("a model of a type that is not known says which are", async () => {
  const strange = await changed("strange", async copy => {
    const path = join(copy, "config.json");
    await writeFile(path, (await readFile(path, "utf8")).replace('"model_type": "llama"', '"model_type": "mamba"'));
  });
  await refuses(["predict", "--ids", "1", "--model", strange], 1, '"mamba"', "llama", "gemma3");
});

test("a folder without a config, and one whose config is no JSON", async () => {
  const bare = join(folder, "bare");
  await mkdir(bare);
  await refuses(["predict", "--ids", "1", "--model", bare], 1, bare);
  const broken = await changed("broken", copy => writeFile(join(copy, "config.json"), '{"model_type": '));
  await refuses(["predict", "--ids", "1", "--model", broken], 1, "config.json");
});

test("a file cut short names the tensor or the place", async () => {
  const cut = await changed("cut", async copy => {
    const file = await open(join(copy, "model.safetensors"), "r+");
    await file.truncate((await file.stat()).size - 1000);
    await file.close();
  });
  await refuses(
    ["predict", "--ids", "1", "--model", cut],
    1,
    /ends at byte \d+, but the file has \d+/,
    "model.safetensors",
  );
});

test("a hostile head is refused before anything is allocated for it", async () => {
  const head = new DataView(new ArrayBuffer(24));
  head.setUint32(0, 0x46554747, true); // "GGUF"
  head.setUint32(4, 3, true);
  head.setBigUint64(8, 2n ** 62n, true);
  head.setBigUint64(16, 1n, true);
  const gguf = join(folder, "hostile.gguf");
  await writeFile(gguf, new Uint8Array(head.buffer));
  await refuses(["predict", "--ids", "1", "--model", gguf], 1, "count of tensors", "hostile.gguf");
  const long = await changed("long", async copy => {
    const header = Buffer.alloc(16);
    header.writeBigUInt64LE(2n ** 40n);
    await writeFile(join(copy, "model.safetensors"), header);
  });
  await refuses(["predict", "--ids", "1", "--model", long], 1, "1099511627776", "model.safetensors");
});

test("weights that are not numbers are refused with the tensor's name", async () => {
  const nan = await changed("nan", async copy => {
    const path = join(copy, "model.safetensors");
    const bytes = await readFile(path);
    const size = Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.subarray(8, 8 + size).toString());
    const at = 8 + size + header["model.layers.1.mlp.down_proj.weight"].data_offsets[0];
    bytes.writeFloatLE(Number.NaN, at);
    await writeFile(path, bytes);
  });
  await refuses(["predict", "--ids", "1", "--model", nan], 1, "model.layers.1.mlp.down_proj.weight", /NaN/);
});

test("a prompt that is missing is noticed before a model is looked for", async () => {
  for (const verb of ["predict", "generate", "trace"])
    await refuses([verb, "--model", "nowhere"], 2, "there is no prompt");
});

test("a prompt that is empty, too long, given twice, or of tokens that do not exist", async () => {
  await refuses(["predict", "", "--model", spoken], 1, /empty/);
  const many = Array.from({ length: 70 }, () => 1).join();
  await refuses(["predict", "--ids", many, "--model", tiny], 1, /70 tokens long, .* 64/, "shorter");
  await refuses(["predict", "hi", ...ids], 2, "both given");
  await refuses(["predict", "--ids", "1,,2", "--model", tiny], 2, "1,,2", "between commas");
  await refuses(["predict", "--ids", "1,99", "--model", tiny], 1, "99 is no token id", "0 to 96");
  await refuses(["predict", "--ids", "1,x", "--model", tiny], 2, '"x" is no token id', "--ids 3,17,42");
  await refuses(["predict", "--ids", " ", "--model", tiny], 2, "--ids holds no token id");
});

test("text for a model without a tokenizer", async () => {
  await refuses(["predict", "hi", "--model", tiny], 1, "no tokenizer", "--ids 3,17,42");
  await refuses(["trace", ...ids, "--target", " Austin"], 1, "no tokenizer", '"#17"');
});

test("a target of several tokens is spelled out", async () => {
  const argv = ["trace", "--ids", "1,2,3", "--model", spoken, "--target", " Qwxz Vbnm"];
  await refuses(argv, 1, /" Qwxz Vbnm" is \d+ tokens/, /try its first token, "[^"]+"/);
  await refuses(argv.with(-2, "--foil"), 1, /" Qwxz Vbnm" is \d+ tokens/, /try its first token/);
});

test("a foil that is the answer, a contrast of another length or with the same answer, a position outside", async () => {
  const { out } = await lucida("predict", ...ids, "--json", "--top", "1");
  const answer: string = JSON.parse(out).top[0].text;
  await refuses(["trace", ...ids, "--foil", answer], 1, `the foil is the answer itself, "${answer}"`);
  await refuses(["trace", ...ids, "--versus-ids", "1,2"], 1, /3 tokens and the contrast 2/);
  await refuses(["trace", ...ids, "--versus-ids", "1,2,3"], 1, "both prompts are answered with");
  await refuses(["trace", ...ids, "--position", "3"], 1, "position 3", "0 to 2");
  await refuses(["trace", ...ids, "--target", "unit 9.9"], 1, "unit 9.9");
});

test("an intervention that names what is not there: the sentence, and the nearest that is", async () => {
  const steer = (set: string) => ["steer", "Fact: the capital", "--model", words, "--set", set];
  await refuses(steer("scale unit 77.3 at 1 by 0"), 1, /layer 77 is not there.*layers 0 to/, /try layer \d/);
  await refuses(
    steer("scale unit 1.99999 at 1 by 0"),
    1,
    /unit 1\.99999 is not there.*units 0 to \d+/,
    /try unit 1\.\d/,
  );
  await refuses(steer("scale head 1.99 at 1 by 0"), 1, /head 1\.99 is not there/, /try head 1\.\d/);
  await refuses(steer("scale unit 1.3 at 99 by 0"), 1, /position 99 is outside the prompt.*0 to \d/, /try at \d/);
  await refuses(steer('scale unit 1.3 at "capitol" by 0'), 1, /"capitol" is not among/, /try at "capital"/);
  await refuses(steer('swap residual 1 at 2 from "Fact"'), 1, /position 2 of \d has no counterpart/, /same number/);
  await refuses(steer("scale neuron 1.3 at lats by 0"), 1, /where "lats" stands/, /try "last"/);
  // The sentence itself, so that one of many can be told.
  await refuses(steer("scale unit 77.3 at 1 by 0"), 1, "in the intervention scale unit 77.3 at 1 by 0");
});

const BIG = "scale residual 1 at all by 1e30";

test("numbers that stop being finite stop the work, and the layer is named", async () => {
  const argv = ["steer", "Fact: the capital", "--model", words, "--set", BIG, "--set", BIG];
  await refuses(argv, 1, /not finite in the residual stream after layer 1/, "a smaller value or scale");
});

test("options that mean nothing", async () => {
  await refuses(["trace", ...ids, "--prune", "x"], 2, "--prune x", "0.8,0.98");
  await refuses(["trace", ...ids, "--out", "x.pdf"], 2, '"x.pdf"', ".html");
  await refuses(["predict", ...ids, "--top", "0"], 2, /--top/);
});

test("a folder to write to that is missing, or is a file: nothing is left behind", async () => {
  const before = await readdir(folder);
  await refuses(["trace", ...ids, "--out", join(folder, "none", "x.json")], 1, "does not exist", "mkdir -p");
  // Said before a model is looked for, not after minutes of tracing.
  const argv = ["trace", "--ids", "1,2", "--model", "no-such-model", "--out", join(folder, "none", "x.json")];
  await refuses(argv, 1, "does not exist", "mkdir -p");
  await refuses(
    ["trace", ...ids, "--out", join(tiny, "config.json", "x.json")],
    1,
    /a file, not a folder|does not exist/,
  );
  expect(await readdir(folder)).toEqual(before);
});

test("a dictionary that is not there, or is a folder without one", async () => {
  await refuses(["trace", ...ids, "--basis", join(folder, "none")], 1, "none");
  const empty = join(folder, "empty");
  await mkdir(empty);
  await refuses(["trace", ...ids, "--basis", empty], 1, "there is no dictionary here", /empty, which holds nothing/);
});

/** Starts the command, interrupts it when `ready` says so, and gives what came of it. */
async function interrupted(argv: readonly string[], ready: (err: string) => boolean): Promise<Ended> {
  const bin = resolve(import.meta.dirname, "../../bin/lucida.js");
  const child = spawn(process.execPath, [bin, ...argv], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = { code: -1, out: "", err: "" };
  child.stdout.on("data", data => (ended.out += data));
  child.stderr.on("data", data => {
    ended.err += data;
    if (ready(ended.err)) child.kill("SIGINT");
  });
  const timer = ready("") ? setTimeout(() => child.kill("SIGINT"), 4000) : undefined;
  ended.code = await new Promise<number>(done => child.on("close", code => done(code ?? -1)));
  clearTimeout(timer);
  return ended;
}

test("Ctrl-C while a prompt is awaited from standard input is 130, and nothing is on stdout", async () => {
  const ended = await interrupted(["trace", "-", "--model", spoken, "--json"], err => err === "");
  expect(ended).toMatchObject({ code: 130, out: "" });
});

test("Ctrl-C between two files of a trace leaves whole files only", async () => {
  const out = join(folder, "interrupted");
  await mkdir(out);
  const files = ["a.json", "b.json", "c.json"].flatMap(name => ["--out", join(out, name)]);
  const ended = await interrupted(["trace", "--ids", "1,2,3", "--model", tiny, ...files, "--json"], err =>
    /wrote .*a\.json/.test(err),
  );
  expect([0, 130]).toContain(ended.code);
  for (const name of await readdir(out)) {
    expect(name).toMatch(/^[abc]\.json$/);
    expect(JSON.parse(await readFile(join(out, name), "utf8"))).toHaveProperty("nodes");
  }
});
