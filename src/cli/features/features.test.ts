/**
 * `lucida index` and `lucida features` as whole commands on a random model with the specimen's words: what is said,
 * where, and the exit code.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type ChatStandIn, chatStandIn } from "../../../test/chat-stand-in.ts";
import { command, commandJson } from "../../../test/command.ts";
import { dictionaryFolder } from "../../../test/dictionary-folder.ts";
import { tinyFolder } from "../../../test/tiny-folder.ts";
import { random } from "../../core/random.ts";

let home = "";
let model = "";
let dictionary = "";
let texts = "";
let index = "";
const at = (name: string) => join(home, name);
const file = (name: string, lines: readonly string[]) => {
  writeFileSync(at(name), lines.join("\n"));
  return at(name);
};

const places = ["Texas", "France", "Rome", "Oregon", "Japan", "Idaho", "Kenya", "Spain", "Ohio", "Utah"];
const says = ["is a place that I know.", "was far away then.", "has a capital city.", "lies to the north."];
const sentences = (word: string) =>
  places.flatMap((place, i) => [`${word} ${place} ${says[i % 4]}`, `${place} and ${word} ${says[(i + 1) % 4]}`]);

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "lucida-features-"));
  [model, dictionary, texts, index] = [at("model"), at("dictionary"), at("texts"), at("index")];
  tinyFolder(model);
  dictionaryFolder(dictionary);
  mkdirSync(texts);
  writeFileSync(join(texts, "a.txt"), [...sentences("the"), ...sentences("we")].join("\n\n"));
  vi.stubEnv("LUCIDA_HOME", at("data"));
  await commandJson("index", "--model", model, "--text", texts, "--window", "16", "--out", index);
});
afterAll(() => rm(home, { recursive: true, force: true }));
beforeEach(() => {
  vi.stubEnv("HF_HOME", home);
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  vi.stubEnv("LUCIDA_HOME", at("data"));
});

/** A sentence, no stack, nothing on stdout; under --json the one document with the same words. */
async function refuses(argv: string[], code: number, ...words: (string | RegExp)[]) {
  const plain = await command(...argv);
  expect(plain).toMatchObject({ code, out: "" });
  for (const word of words) expect(plain.err).toMatch(word);
  expect(plain.err).not.toMatch(/internal|^\s+at .*:\d+:\d+/m);
  const json = await command(...argv, "--json");
  expect(json.code).toBe(code);
  expect(plain.err).toContain(JSON.parse(json.out).error.what);
}

const indexing = (...more: string[]) => ["index", "--model", model, "--window", "16", ...more];
const features = (...more: string[]) => ["features", ...more, "--model", model, "--index", index];

describe("index", () => {
  test("says what it read, in one document; a second call finds it done and reads nothing", async () => {
    const again = await command(...indexing("--text", texts, "--out", index));
    expect(again).toMatchObject({ code: 0, err: "" });
    expect(again.out).toMatch(/384 units .* the index was there already|384 units[\s\S]*the index was there already/);
    const found = await commandJson(...indexing("--text", texts, "--out", index));
    expect(found).toMatchObject({ folder: index, basis: "neurons", length: 16, stateBytes: 0, promoted: true });
    expect(found.corpus).toMatchObject({ name: texts, files: 1 });
    expect(found.tokens).toBeGreaterThan(300);
    expect(existsSync(join(index, "state.bin"))).toBe(false);
  });

  test("without text a general model reads the built-in sample, and the tokens asked for are all that is read", async () => {
    const found = await commandJson(...indexing("--tokens", "400", "--out", at("sample"), "--no-promoted"));
    expect(found.corpus.name).toMatch(/built-in sample/);
    expect(found.corpus.licence).toMatch(/public domain/);
    expect(found.tokens).toBeGreaterThan(350);
    expect(found.tokens).toBeLessThanOrEqual(400);
  });

  test("--basis DICTIONARY indexes its features, beside the neurons' index and never mistaken for it", async () => {
    const found = await commandJson(...indexing("--text", texts, "--basis", dictionary));
    expect(found).toMatchObject({
      signed: false,
      layers: Array.from({ length: 4 }, (_, layer) => ({ layer, units: 40 })),
    });
    const usual = await commandJson(...indexing("--text", texts));
    expect(usual.folder).not.toBe(found.folder);
    const args = ["--model", model, "--basis", dictionary];
    const active = [];
    for (let u = 0; u < 10; u++) active.push(await commandJson("features", "show", `2.${u}`, ...args));
    expect(active.some(r => r.density > 0 && r.density < 0.5)).toBe(true);
    for (const record of active) expect(record).toMatchObject({ min: 0, low: [] });
    await refuses(
      ["features", "show", "2.1", ...args, "--index", index],
      1,
      /the index is of .* \(neurons\), and this is .*dictionary/,
    );
  });

  test("--export writes what circuit-tracer's page reads", async () => {
    await commandJson(...indexing("--text", texts, "--out", index, "--export", at("page")));
    expect(readdirSync(at("page/features")).sort()).toEqual([
      "index.json.gz",
      ...Array.from({ length: 4 }, (_, l) => `layer_${l}.bin`),
    ]);
  });

  test("wrong commands are 2, and text or models that cannot serve are 1, with what to try", async () => {
    await refuses(indexing("--tokens", "0"), 2, "whole number from 100");
    await refuses(["index", "extra", "--model", model], 2, /extra|argument/);
    await refuses(indexing("--text", at("nothing.txt"), "--out", at("x")), 1, "nothing.txt");
    mkdirSync(at("empty"), { recursive: true });
    await refuses(indexing("--text", at("empty"), "--out", at("x")), 1, "there is no text in", /try a folder with/);
    const lines = file("broken.jsonl", ['{"text":"fine as it is, one two three"}', "{oh"]);
    await refuses(indexing("--text", lines, "--out", at("x")), 1, "no JSON", "line 2 of");
    await refuses(indexing("--text", file("zero.txt", ["a\0b"]), "--out", at("x")), 1, "zero bytes", "zero.txt");
    await refuses(["index", "--model", model, "--window", "512", "--text", texts], 1, "512", /--window/);
    await refuses(indexing("--text", texts, "--basis", at("nowhere")), 1, "nowhere");
    dictionaryFolder(at("wide"), { dModel: 56 });
    await refuses(indexing("--text", texts, "--basis", at("wide")), 1, "features are 56 wide", "stream here is 48");
    dictionaryFolder(at("deep"), { layers: 6 });
    await refuses(indexing("--text", texts, "--basis", at("deep")), 1, "reaches layer 5", "ends with layer 3");
  });
});

describe("features", () => {
  test("show gives the evidence: examples whose tokens are the corpus's, histogram and density; --out writes a page", async () => {
    const record = await commandJson(...features("show", "1.5"));
    expect(record).toMatchObject({ layer: 1, index: 5 });
    const corpus = readFileSync(join(texts, "a.txt"), "utf8").replaceAll(/\s/g, "");
    for (const example of record.top) {
      expect(example.acts.length).toBe(example.tokens.length);
      const said = example.tokens.join("").replace("<|bos|>", "").replaceAll(/\s/g, "");
      expect(corpus).toContain(said);
    }
    const peaks = record.top.map((x: { value: number }) => x.value);
    expect(peaks).toEqual([...peaks].sort((a, b) => b - a));
    expect(record.promotes.length).toBe(8);
    const page = at("unit.html");
    const plain = await command(...features("show", "1.5", "--out", page));
    expect(plain).toMatchObject({ code: 0, err: `wrote ${page}\n` });
    expect(plain.out).toMatch(/^unit 1\.5 /);
    expect(plain.out).toMatch(/fires at \d+\.\d\d % of \d+ tokens/);
    expect(readFileSync(page, "utf8")).toMatch(/<h1>unit 1\.5/);
    expect(readFileSync(page, "utf8")).not.toMatch(/<script/);
  });

  test("find --on --off finds the units of a planted word, and none where the texts are dealt by lot", async () => {
    const on = file("on.txt", sentences("Dallas"));
    const off = file("off.txt", sentences("seven"));
    const found = await commandJson(...features("find", "--on", on, "--off", off, "--top", "5"));
    expect(found).toMatchObject({ on: 20, off: 20, paired: true, choosing: { on: 10, off: 10 } });
    expect(found.candidates[0].auroc).toBeGreaterThan(0.95);
    expect(found.candidates[0].q).toBeLessThan(0.05);
    expect(found.candidates[0].interval[0]).toBeGreaterThan(0.7);
    const draw = random(4);
    const dealt = [...sentences("Dallas"), ...sentences("seven")]
      .map(text => ({ text, by: draw() }))
      .sort((a, b) => a.by - b.by)
      .map(({ text }) => text);
    const lot = ["--on", file("lot1.txt", dealt.slice(0, 20)), "--off", file("lot2.txt", dealt.slice(20))];
    const plain = await command(...features("find", ...lot, "--top", "5"));
    expect(plain.code).toBe(0);
    expect(plain.out).toMatch(/no unit was found/);
  });

  test("find of a phrase tells the mention from other phrases, and says that tokens are all it saw", async () => {
    const found = await commandJson(...features("find", "Dallas", "--top", "4"));
    expect(found.texts).toMatchObject({ mention: 6, paraphrase: 0, language: 0 });
    expect(found.units[0].auroc.mention).toBeGreaterThanOrEqual(0.85);
    const plain = await command(...features("find", "Dallas", "--top", "4"));
    expect(plain.out).toMatch(/no paraphrases or translations were given/);
    const concept = file("concept.json", [
      JSON.stringify({ phrase: "Dallas", paraphrase: ["The city lies in Texas."] }),
    ]);
    expect((await commandJson(...features("find", "--concept", concept))).texts.paraphrase).toBe(1);
  });

  test("like gives the nearest by decoder and by co-activation, strongest first, never the unit itself", async () => {
    const found = await commandJson(...features("like", "3.7", "--top", "6"));
    for (const list of [found.byDecoder, found.byActivation]) {
      expect(list.length).toBe(6);
      const scores = list.map((f: { score: number }) => Math.abs(f.score));
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      expect(list).not.toContainEqual(expect.objectContaining({ layer: 3, index: 7 }));
    }
    const alone = await command("features", "like", "3.7", "--model", model, "--index", at("none"));
    expect(alone.code).toBe(0);
    expect(alone.out).toMatch(/no index, so nothing is known/);
  });

  test("check measures labels on other text", async () => {
    const found = await command(...features("check", "--text", texts, "--json"));
    // The random model's labels may be too few: then that is what is said.
    if (found.code === 0) expect(JSON.parse(found.out)).toMatchObject({ of: 384, auroc: expect.any(Array) });
    else expect(JSON.parse(found.out).error.what).toMatch(/too few labels/);
  });

  describe("label asks a language model", () => {
    let server: ChatStandIn;
    const say = (label: string | null) => ({ say: JSON.stringify({ label, confidence: 0.8 }) });
    beforeEach(async () => {
      server = await chatStandIn(() => say("places"));
      vi.stubEnv("LUCIDA_ENDPOINT_KEY", "");
    });
    afterEach(() => server.close().catch(() => {}));
    const asking = (...more: string[]) => features("label", ...more, "--endpoint", server.address, "--ask", "small");

    test("only after --yes: before it, every question and what they come to, and not a byte is sent", async () => {
      const shown = await commandJson(...asking("1.5,2.6", "--price", "1,2"));
      expect(shown).toMatchObject({ sent: false, model: "small", endpoint: server.address, cost: { questions: 2 } });
      expect(shown.questions.map((q: { unit: string }) => q.unit)).toEqual(["1.5", "2.6"]);
      expect(shown.cost.money).toBeGreaterThan(0);
      const plain = await command(...asking("1.5"));
      expect(plain.out).toMatch(/«[\s\S]*1 questions to small[\s\S]*nothing was sent/);
      expect(server.seen).toEqual([]);
      expect(existsSync(join(index, "asked.json"))).toBe(false);
    });

    test("with it labels are kept with who said them; null keeps none; a busy or babbling endpoint is asked again", async () => {
      vi.stubEnv("LUCIDA_ENDPOINT_KEY", "key-of-a-test");
      const answers = new Map([
        [0, { status: 429, headers: { "retry-after": "0" } }],
        [1, { say: "I think it is places." }],
      ]);
      server.behave = n => answers.get(n) ?? say("places");
      const done = await commandJson(...asking("1.5", "--yes"));
      expect(done).toMatchObject({ sent: true, none: [], malformed: [] });
      expect(done.labels).toEqual({ "1.5": { text: "places", source: "model", confidence: 0.8, by: "small" } });
      expect(server.seen.length).toBe(3);
      expect(server.seen[0]!.key).toBe("Bearer key-of-a-test");
      server.behave = n => (n % 2 ? say(null) : { say: "?" });
      const none = await commandJson(...asking("2.6", "--yes"));
      expect(none).toMatchObject({ labels: {} });
      expect([...none.none, ...none.malformed]).toEqual(["2.6"]);
      expect((await command(...features("show", "1.5"))).out).toMatch(/places \(says small, confidence 0\.80\)/);
      expect(await commandJson(...features("show", "1.5"))).toMatchObject({ asked: { text: "places", by: "small" } });
      expect(await commandJson(...features("show", "2.6"))).not.toHaveProperty("asked");
      expect(readFileSync(join(index, "asked.json"), "utf8")).not.toMatch(/key-of-a-test/);
    });

    test("what arrived is kept when a later question is refused", async () => {
      server.behave = n => (n === 0 ? say("first") : { status: 401 });
      const ended = await command(...asking("3.1,3.2,3.3,3.4,3.5,3.6", "--yes"));
      expect(ended.code).toBe(1);
      expect(ended.err).toMatch(/without a key \(401\)[\s\S]*LUCIDA_ENDPOINT_KEY/);
      expect(readFileSync(join(index, "asked.json"), "utf8")).toMatch(/"first"/);
    });

    test("wrong ways to ask", async () => {
      await refuses(features("label", "1.5"), 2, "needs an endpoint", "--ask NAME");
      await refuses(asking("1.5", "--price", "cheap"), 2, '"cheap" is no price');
      await refuses(features("label", "1.5", "--ask", "x", "--endpoint", "nowhere"), 1, "is no address");
      const odd = ["--ask", "x", "--endpoint", "http://127.0.0.1:9/v1", "--yes"];
      expect((await command(...features("label", "1.5", ...odd))).err).toMatch(
        /no question can be sent there: bad port/,
      );
      const gone = ["--ask", "x", "--endpoint", server.address, "--yes"];
      await server.close();
      expect((await command(...features("label", "1.5", ...gone))).err).toMatch(/the connection was refused/);
    });
  });

  test("wrong commands are 2", async () => {
    await refuses(features("paint"), 2, '"paint" is nothing that features can do', /show, like, find, check or label/);
    await refuses(features("show"), 2, "no unit was named", "12.345");
    await refuses(features("show", "twelve"), 2, '"twelve" is no unit');
    await refuses(features("like", "1-2"), 2, '"1-2" is no unit');
    await refuses(features("find"), 2, "a phrase, or --on and --off");
    await refuses(features("find", " "), 2, "a phrase");
    await refuses(features("find", "--on", "a.txt"), 2, "both --on and --off");
    await refuses(features("find", "a", "b"), 2);
    await refuses(features("find", "a", "--top", "0"), 2, "whole number from 1");
    await refuses(features("check"), 2, "text that the index has not seen");
    await refuses(features("find", "a", "--out", "x.html"), 2, "the page of one unit");
    await refuses(features("show", "1.5", "--out", "x.pdf"), 2, "as .html");
  });

  test("what is not there is 1, with its number and what there is", async () => {
    await refuses(features("show", "9.1"), 1, "layer 9 is not in this index, which has 0, 1, 2, 3");
    await refuses(features("show", "1.96"), 1, "layer 1 has no unit 96: they are 0 to 95");
    await refuses(features("like", "1.96"), 1, "no unit 1.96", "below 96");
    await refuses(
      ["features", "show", "1.5", "--model", model, "--index", at("none")],
      1,
      "no finished index",
      "lucida index",
    );
    const few = file("few.txt", ["one text here", "two texts here"]);
    const missing = at("missing.txt");
    await refuses(features("find", "--on", few, "--off", few), 1, "2 texts are too few", /at least 8/);
    await refuses(features("find", "--on", missing, "--off", few), 1, "missing.txt");
    const long = file(
      "long.txt",
      Array.from({ length: 8 }, () => "word ".repeat(600)),
    );
    await refuses(features("find", "--on", long, "--off", long), 1, /text 1 is \d+ tokens long: 2 to 256/, "long.txt");
    await refuses(features("find", "--concept", file("c.json", ['{"phrase":3}'])), 1, "this is no concept", "c.json");
    tinyFolder(at("other"), { layers: 3 });
    await refuses(
      ["features", "show", "1.5", "--model", at("other"), "--index", index],
      1,
      "the index is of model (neurons), and this is other (neurons)",
    );
    mkdirSync(at("torn"), { recursive: true });
    writeFileSync(at("torn/index.json"), "{}");
    await refuses(
      ["features", "show", "1.5", "--model", model, "--index", at("torn")],
      1,
      "index.json",
      /building the index again/,
    );
  });
});
