/** `lucida study` as a whole command on small random models: what a newcomer and a judge of audits meet. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { command, commandJson } from "../../test/command.ts";
import { tinyFolder } from "../../test/tiny-folder.ts";

const home = mkdtempSync(join(tmpdir(), "lucida-study-"));
const at = (name: string) => join(home, name);
beforeAll(() => {
  tinyFolder(at("twin"), { layers: 2, dModel: 32, dMlp: 48, heads: 2 });
  tinyFolder(at("clean"), { layers: 1, dModel: 16, dMlp: 24, heads: 2 });
  vi.stubEnv("LUCIDA_HOME", at("data"));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

test("a study of two models says both verdicts, and writes one page and one document of both", async () => {
  const out = ["--out", at("both.html"), "--out", at("both.json")];
  const found = await commandJson("study", "hidden-motive", "--model", at("twin"), "--against", at("clean"), ...out);
  expect(found).toMatchObject({
    format: "lucida-studies-side-by-side",
    models: ["twin", "clean"],
    rows: [{ study: "hidden-motive", verdicts: ["NOT APPLICABLE", "NOT APPLICABLE"] }],
  });
  expect(JSON.parse(readFileSync(at("both.json"), "utf8"))).toEqual(found);
  const html = readFileSync(at("both.html"), "utf8");
  expect(html).toContain("twin against clean");
  expect(html).toContain("A hidden motive: NOT APPLICABLE for twin, NOT APPLICABLE for clean.");
}, 60_000);

test("what a newcomer begins with runs as it is, and what it says is the gate's word and not an error", async () => {
  const file = at("mine.yaml");
  expect((await command("study", "new", file)).code).toBe(0);
  expect(existsSync(file)).toBe(true);
  const ended = await command("study", file, "--model", at("twin"), "--out", at("mine.html"));
  expect(ended.err).not.toContain("internal");
  expect(ended.code).toBe(0);
  expect(ended.out).toContain("NOT APPLICABLE");
  expect(readFileSync(at("mine.html"), "utf8")).toContain("Can it do it at all?");
  expect((await command("study", "new", file)).err).toContain("there is already a file");
}, 60_000);
