/** The command as a person or a program meets it: what is said, where, and the exit code. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { standIn } from "../../test/hub-stand-in.ts";
import { Problem } from "../core/problem.ts";
import { main } from "./main.ts";
import { count, number, several, type Verb } from "./verb.ts";
import { verbs } from "./verbs.ts";

const bin = resolve(import.meta.dirname, "../../bin/lucida.js");
let home = "";
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "lucida-cli-"));
  // The first start builds, which is not what the tests measure.
  await lucida(["--version"]);
});
afterAll(() => rm(home, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the command; `when` is called with what stderr holds so far, and may kill. */
function lucida(args: string[], env: Record<string, string> = {}, during?: (kill: () => void) => void): Promise<Ended> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [bin, ...args], {
      env: { ...process.env, HF_HOME: home, HF_HUB_OFFLINE: "1", NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended: Ended = { code: null, out: "", err: "" };
    child.stdout.on("data", data => (ended.out += data));
    child.stderr.on("data", data => (ended.err += data));
    child.on("error", failed);
    child.on("close", code => done({ ...ended, code }));
    during?.(() => child.kill("SIGINT"));
  });
}

test("--version and --help answer before work could begin", async () => {
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    expect(await lucida(["--version"])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    times.push(performance.now() - start);
  }
  // 0.09 s on a quiet machine; the goal is 0.3 s, and the best of three may still share its core.
  expect(Math.min(...times)).toBeLessThan(600);
  const { code, out } = await lucida(["--help"]);
  expect(code).toBe(0);
  for (const { name } of verbs) expect(out).toMatch(new RegExp(`^ +${name}\\b`, "m"));
});

test("every verb has a help of its own", async () => {
  for (const { name } of verbs) {
    expect(await lucida([name, "--help"])).toMatchObject({ code: 0, out: expect.stringMatching(/^Usage: lucida/) });
  }
});

test("a wrong command is 2, with what was meant", async () => {
  expect(await lucida(["modles"])).toEqual({
    code: 2,
    out: "",
    err: 'there is no verb "modles"\n  try lucida models\n',
  });
  expect(await lucida(["models", "--jsn"])).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringMatching("try --json"),
  });
  expect(await lucida(["models", "a", "b"])).toMatchObject({ code: 2 });
});

test("work that fails is 1: a sentence, no stack, and under --json one document with the same words", async () => {
  const plain = await lucida(["models", "./nowhere.gguf"]);
  expect(plain).toMatchObject({ code: 1, out: "" });
  expect(plain.err).toMatch(/^there is no model ".\/nowhere.gguf"\n/);
  expect(plain.err).not.toMatch(/^\s+at .*:\d+:\d+/m);
  const json = await lucida(["models", "./nowhere.gguf", "--json"]);
  expect(json).toMatchObject({ code: 1, err: plain.err });
  expect(JSON.parse(json.out)).toMatchObject({ error: { what: 'there is no model "./nowhere.gguf"' } });
});

test("models --json is one document, and the table has no line beyond 100 columns", async () => {
  const json = await lucida(["models", "--json"]);
  expect(json).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(json.out)).toMatchObject({ cache: join(home, "hub"), models: expect.any(Array) });
  const { out } = await lucida(["models"]);
  expect(Math.max(...out.split("\n").map(line => line.length))).toBeLessThanOrEqual(100);
});

test("Ctrl-C in a download is 130, keeps the half for later, and leaves nothing that looks whole", async () => {
  const hub = await standIn("o/m", { "config.json": "{}", "model.safetensors": new Uint8Array(400_000) });
  const env = { HF_HUB_OFFLINE: "0", HF_ENDPOINT: hub.address };
  try {
    hub.behave = { slow: { bytes: 10_000, pause: 50 } };
    const ended = await lucida(["models", "o/m", "--json"], env, async kill => {
      await vi.waitUntil(() => hub.seen.some(line => line.includes("model.safetensors")), { timeout: 20_000 });
      setTimeout(kill, 200);
    });
    expect(ended).toEqual({ code: 130, out: "", err: "stopping\n" });
    const left = (await readdir(join(home, "hub/models--o--m/blobs"))).filter(name => name.includes("."));
    expect(left).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.incomplete$/)]);
    hub.behave = {};
    const again = await lucida(["models", "o/m", "--json"], env);
    expect(again).toMatchObject({ code: 0 });
    expect(JSON.parse(again.out)).toMatchObject({ kind: "folder", name: "o/m", source: "hub" });
    expect(hub.seen.at(-1)).toMatch(/model.safetensors bytes=[1-9]/);
  } finally {
    await hub.close();
  }
});

test("a cache that can't be made is said in words", async () => {
  const hub = await standIn("o/m", { "config.json": "{}", "model.safetensors": "x" });
  await writeFile(join(home, "file"), "");
  const ended = await lucida(["models", "o/m"], {
    HF_HUB_OFFLINE: "0",
    HF_ENDPOINT: hub.address,
    HF_HOME: join(home, "file"),
  });
  await hub.close();
  expect(ended).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^a part of this path is a file, not a folder\n/),
  });
});

/** Runs `main` here, with verbs of our own. */
async function here(verb: Verb<never>, argv: string[], name = "try"): Promise<Ended> {
  const ended: Ended = { code: null, out: "", err: "" };
  const catching = (key: "out" | "err") => (text: unknown) => {
    ended[key] += String(text);
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation(catching("out")),
    vi.spyOn(process.stderr, "write").mockImplementation(catching("err")),
  ];
  try {
    ended.code = await main(argv, [{ name, summary: "tries", load: async () => ({ verb }) }]);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return ended;
}
const failing = (error: unknown): Verb => ({
  configure() {},
  async run() {
    throw error;
  },
});

test("a bug says internal: first, with its stack; a Problem has none", async () => {
  const bug = await here(failing(new TypeError("x is not a function")), ["try"]);
  expect(bug.code).toBe(1);
  expect(bug.err).toMatch(/internal: x is not a function[\s\S]*at .*main\.test\.ts/);
  const problem = await here(failing(new Problem("too wide", { where: "at layer 3", advice: "less" })), ["try"]);
  expect(problem.err.replace(/\x1b\[\d+m/g, "")).toBe("too wide\n  at layer 3\n  try less\n");
});

test("options and arguments reach the verb, checked; lines for people stay out of --json", async () => {
  const seen: unknown[] = [];
  const verb: Verb<{ top: number; by: number; out: string[] }> = {
    configure: command =>
      void command
        .argument("<prompt>")
        .option("--top <n>", "", count(1, 50), 10)
        .option("--by <x>", "", number(), 1)
        .option("--out <file>", "", several, []),
    async run(options, { args, out, result }) {
      seen.push({ ...options, args: [...args] });
      out("for people");
      result({ answer: 1 });
      return 1;
    },
  };
  const argv = ["try", "-5 is", "--top", "3", "--by", "-2.5", "--out", "a", "--out", "b", "--json"];
  expect(await here(verb, ["try", "--", ...argv.slice(1, 2)])).toMatchObject({ code: 1, out: "for people\n" });
  expect(await here(verb, ["try", "a prompt", ...argv.slice(2)])).toEqual({ code: 1, out: '{"answer":1}\n', err: "" });
  expect(seen).toEqual([
    { top: 10, by: 1, out: [], json: false, args: ["-5 is"] },
    { top: 3, by: -2.5, out: ["a", "b"], json: true, args: ["a prompt"] },
  ]);
  for (const wrong of [
    ["try"],
    ["try", "p", "--top", "0"],
    ["try", "p", "--top", "51"],
    ["try", "p", "--top", "2.5"],
  ]) {
    expect((await here(verb, wrong)).code, wrong.join(" ")).toBe(2);
  }
});

test("a verb that is interrupted gives 130 and no error", async () => {
  const verb: Verb = {
    configure() {},
    run: (_options, { signal }) =>
      new Promise<void>((_done, failed) => {
        signal.addEventListener("abort", () => failed(signal.reason));
        process.emit("SIGINT");
      }),
  };
  expect(await here(verb, ["try"])).toMatchObject({ code: 130, err: expect.stringMatching(/stopping\n$/) });
});

test("options alone are those of the page, and a word that is no verb is still none", async () => {
  const seen: unknown[] = [];
  const page: Verb<{ port?: number; open: boolean }> = {
    configure: command => command.option("--port <n>", "", number()).option("--no-open"),
    run: async options => {
      seen.push(options);
    },
  };
  const asked = (argv: string[]) => here(page as Verb<never>, argv, "serve");
  expect(await asked(["--no-open", "--port", "4711"])).toMatchObject({ code: 0 });
  expect(seen).toMatchObject([{ port: 4711, open: false }]);
  expect(await asked(["nonsense", "--port", "4711"])).toMatchObject({ code: 2 });
  expect(await asked(["--version"])).toMatchObject({ code: 0 });
  expect(seen).toHaveLength(1);
});
