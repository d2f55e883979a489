/**
 * `lucida verify` as whole commands on a small random model: that a saved chart's verification can be repeated, that a chart which fails says so before all else, and what Ctrl-C leaves.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { command, commandJson } from "../../test/command.ts";
import { dictionaryFolder } from "../../test/dictionary-folder.ts";
import { tinyFolder } from "../../test/tiny-folder.ts";
import type { TraceDocument, Verdict } from "../attribution/document.ts";
import { singleFileHtml } from "../charts/html.ts";

/** Ctrl-C as soon as the first runs of a verification are done. */
const interrupt = vi.hoisted(() => ({ now: false }));
vi.mock("../attribution/verify/verify-trace.ts", async original => {
  const real = await original<typeof import("../attribution/verify/verify-trace.ts")>();
  const verifyTrace: typeof real.verifyTrace = (traced, options) =>
    real.verifyTrace(traced, {
      ...options,
      progress(done, of) {
        options?.progress?.(done, of);
        if (interrupt.now) process.emit("SIGINT");
      },
    });
  return { ...real, verifyTrace };
});

let folder = "";
let tiny = "";
let features = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lucida-verify-"));
  tiny = join(folder, "tiny");
  features = join(folder, "features");
  tinyFolder(tiny);
  dictionaryFolder(features);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  vi.stubEnv("LUCIDA_HOME", join(folder, "home"));
});

/** The last token differs, so the answer does. */
const question = (...more: string[]) => ["--ids", "300,310,320,330", "--versus-ids", "300,310,320,340", ...more];

async function charted(name: string, ...more: string[]): Promise<{ file: string; document: TraceDocument }> {
  const file = join(folder, name);
  const document = await commandJson(
    "trace",
    ...question("--model", tiny, "--units", "40", "--verify", "--out", file, ...more),
  );
  return { file, document };
}

/** Every number of a verification, with where it stands. */
function numbersOf({ verify, supernodes }: TraceDocument): Map<string, number> {
  const numbers = new Map<string, number>();
  const walk = (value: unknown, path: string) => {
    if (typeof value === "number") numbers.set(path, value);
    else if (typeof value === "object" && value !== null)
      for (const [key, part] of Object.entries(value)) walk(part, `${path}.${key}`);
  };
  walk(verify, "verify");
  const verdicts: Record<string, Verdict | undefined> = {};
  for (const box of supernodes) verdicts[box.id] = box.verdict;
  walk(verdicts, "boxes");
  return numbers;
}

test.each([
  ["neurons", []],
  ["a dictionary's features", ["--basis", "features"]],
])("a saved chart in %s is verified again with the same numbers, to float noise", async (_, basis) => {
  const { file, document } = await charted(
    `again-${basis.length}.json`,
    ...basis.map(word => (word === "features" ? features : word)),
    "--seed",
    "7",
  );
  const first = numbersOf(document);
  expect(document.verify!.seed).toBe(7);
  expect([...first.keys()].filter(path => path.startsWith("boxes")).length).toBeGreaterThan(60);

  const again: TraceDocument = await commandJson("verify", file, "--model", tiny);
  const second = numbersOf(again);
  expect([...second.keys()]).toEqual([...first.keys()]);
  for (const [path, value] of first) expect(second.get(path), path).toBeCloseTo(value, 4);
  expect(again.verify!.reasons).toEqual(document.verify!.reasons);
  expect(again.basis).toBe(document.basis);
  // The chart itself is what was saved.
  expect(again.nodes).toEqual(document.nodes);

  // Another seed draws other controls: among all neurons, for few features are active and there is little to draw from.
  if (basis.length > 0) return;
  const other = numbersOf(await commandJson("verify", file, "--model", tiny, "--seed", "8"));
  const drawn = (of: Map<string, number>) =>
    [...of].flatMap(([path, value]) => (/controls\.\d/.test(path) ? value : []));
  expect(drawn(other)).not.toEqual(drawn(second));
});

test("a chart of another model, or of another dictionary, is refused in words", async () => {
  const { file } = await charted("mine.json", "--basis", features);
  const bigger = join(folder, "bigger");
  tinyFolder(bigger, { layers: 5 });
  const refused = await command("verify", file, "--model", bigger);
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(refused.err).toMatch(/this chart is of tiny \(4 layers of 96 units\), and bigger has 5 layers of 96/);

  const others = join(folder, "others");
  dictionaryFolder(others);
  const wrong = await command("verify", file, "--model", tiny, "--basis", others);
  expect(wrong.code).toBe(1);
  expect(wrong.err).toMatch(/this chart was made with features, not with others/);
  const unknown = await command("verify", join(folder, "none.json"), "--model", tiny);
  expect(unknown).toMatchObject({ code: 2, out: "" });
  expect(unknown.err).toMatch(/there is no file .*none\.json/);
});

test("a chart that does not work says so first: in the terminal, in its JSON and in its page", async () => {
  const { file, document } = await charted("fails.json", "--units", "4");
  const { verify, story } = document;
  expect(verify!.works).toBe(false);
  expect(verify!.reasons.length).toBeGreaterThan(0);
  const told = (text: string) => {
    const plain = text.replaceAll("\u00a0", " ").replace(/\s+/g, " ");
    const verdict = plain.indexOf("This chart does not work");
    expect(verdict).toBeGreaterThanOrEqual(0);
    for (const { text: sentence } of story.sentences) {
      const words = sentence.replaceAll("\u00a0", " ").slice(0, 24);
      expect(plain.indexOf(words), words).toBeGreaterThan(verdict);
    }
    return { plain, verdict };
  };
  const { out } = await command("verify", file, "--model", tiny);
  const terminal = told(out);
  expect(terminal.plain.trimStart()).toMatch(/^✗ This chart does not work/);
  // And why, before anything is explained.
  const why = terminal.plain.indexOf(verify!.reasons[0]!.replaceAll("\u00a0", " ").slice(0, 30));
  expect(why).toBeGreaterThan(0);
  expect(why).toBeLessThan(terminal.plain.indexOf(story.sentences[0]!.text.slice(0, 24)));

  const json = await readFile(file, "utf8");
  expect(Object.keys(JSON.parse(json)).indexOf("verify")).toBeLessThan(Object.keys(JSON.parse(json)).indexOf("story"));
  expect(json.slice(0, 300)).toMatch(/"works":\s*false/);

  const page = singleFileHtml(document, { script: "", scriptHash: "", style: "", styleHash: "" });
  const body = page.slice(page.indexOf("<body>"), page.indexOf('<script type="application/json"'));
  told(
    body
      .replace(/<[^>]+>/g, " ")
      .replaceAll("&quot;", '"')
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&amp;", "&"),
  );
  expect(body.indexOf("does not work")).toBeLessThan(body.indexOf("<h1>"));
});

test("Ctrl-C in the middle of a verification is 130, leaves the chart as it was, and the same command begins anew", async () => {
  const { file, document } = await charted("stopped.json");
  const before = await readFile(file, "utf8");
  const out = join(folder, "verified.json");
  interrupt.now = true;
  const ended = await command("verify", file, "--model", tiny, "--out", out, "--json");
  interrupt.now = false;
  expect(ended).toMatchObject({ code: 130, out: "" });
  expect(ended.err).toMatch(/stopping/);
  expect(ended.err).toMatch(
    /not verified: .*stopped\.json is as it was; the same command begins anew, with the same controls/,
  );
  expect(await readFile(file, "utf8")).toBe(before);
  await expect(readFile(out)).rejects.toThrow();
  // And so it does.
  const { verify }: TraceDocument = await commandJson("verify", file, "--model", tiny, "--out", out);
  expect(verify!.reasons).toEqual(document.verify!.reasons);
  expect(JSON.parse(await readFile(out, "utf8")).verify).toEqual(verify);
});
