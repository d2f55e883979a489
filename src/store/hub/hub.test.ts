import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commit, type StandIn, standIn } from "../../../test/hub-stand-in.ts";
import { Problem, sentence } from "../../core/problem.ts";
import { cachedSnapshot } from "./cache.ts";
import { type FetchOptions, fetchModel } from "./fetch-model.ts";
import { parseReference } from "./reference.ts";
import { type HubSettings, hubSettings } from "./settings.ts";

const weights = new Uint8Array(300_000).map((_, i) => (i * 2654435761) >>> 24);
const files = {
  "config.json": '{"model_type":"llama"}',
  "tokenizer.json": "{}",
  "model.safetensors": weights,
  "pytorch_model.bin": new Uint8Array(5000),
  "README.md": "---\nlicense: mit\n---\n",
};
const sha256 = createHash("sha256").update(weights).digest("hex");
const patience = { tries: 3, pause: 5, silence: 300 };

let hub: StandIn;
let home = "";
let settings: HubSettings;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "lucida-hub-"));
  await serve(files);
});
afterEach(async () => {
  await hub.close();
  await rm(home, { recursive: true, force: true });
});

async function serve(content: Record<string, Uint8Array | string>): Promise<void> {
  await hub?.close();
  hub = await standIn("o/m", content);
  settings = hubSettings({ HF_HOME: home, HF_ENDPOINT: hub.address });
}
const get = (text = "o/m", options: FetchOptions = {}, more: Partial<HubSettings> = {}) =>
  fetchModel(parseReference(text)!, { ...settings, ...more }, { patience, ...options });
const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    error => {
      expect(error).toBeInstanceOf(Problem);
      return sentence(error);
    },
  );
const arrivedWhole = async (folder: string) => (await readFile(join(folder, "model.safetensors"))).equals(weights);
const repo = () => join(home, "hub/models--o--m");
const asked = (name: string) => hub.seen.filter(line => line.includes(`/resolve/${commit}/${name}`));

test("a model arrives in the layout that the Python library reads, without its pickles", async () => {
  const steps: [number, number | undefined][] = [];
  const { folder } = await get("o/m", { progress: (arrived, total) => steps.push([arrived, total]) });
  expect(folder).toBe(join(repo(), "snapshots", commit));
  expect((await readdir(folder)).sort()).toEqual(["README.md", "config.json", "model.safetensors", "tokenizer.json"]);
  expect(await readlink(join(folder, "model.safetensors"))).toBe(`../../blobs/${sha256}`);
  // what `printf {} | git hash-object --stdin` says
  expect(await readlink(join(folder, "tokenizer.json"))).toBe("../../blobs/9e26dfeeb6e641a33dae4961196235bdb965b21b");
  expect(await readFile(join(repo(), "refs/main"), "utf8")).toBe(commit);
  expect(await arrivedWhole(folder)).toBe(true);
  expect((await readdir(join(repo(), "blobs"))).filter(name => !/^[0-9a-f]+$/.test(name))).toEqual([]);
  const total = 300_000 + 22 + 2 + 21;
  expect(steps.at(-1)).toEqual([total, total]);
  expect(steps.every(([n], i) => i === 0 || n >= steps[i - 1]![0])).toBe(true);
});

test("what is cached whole is used without asking anybody", async () => {
  await get();
  const before = hub.seen.length;
  await get();
  expect(await get("o/m", {}, { offline: true, endpoint: "http://127.0.0.1:9" })).toMatchObject({ commit });
  expect(await get(`o/m@${commit}`)).toMatchObject({ commit });
  expect(hub.seen.length).toBe(before);
});

test("a connection that breaks half-way is taken up where it broke", async () => {
  hub.behave = { breakAfter: { bytes: 100_000, times: 2 } };
  const { folder } = await get();
  expect(await arrivedWhole(folder)).toBe(true);
  const ranges = asked("model.safetensors").map(line => Number(/bytes=(\d+)-/.exec(line)![1]));
  expect(ranges).toEqual([0, 100_000, 200_000]);
});

test("a download that was killed goes on from what lies there", async () => {
  await mkdir(join(repo(), "blobs"), { recursive: true });
  await writeFile(join(repo(), "blobs", `${sha256}.incomplete`), weights.subarray(0, 123_456));
  // its lock, too: that process is gone
  await writeFile(join(repo(), "blobs", `${sha256}.lucida-lock`), `999999999 ${hostname()}`);
  await get();
  expect(asked("model.safetensors")).toEqual([expect.stringContaining("bytes=123456-")]);
});

test("an abort keeps what has arrived for the next time", async () => {
  const stop = new AbortController();
  hub.behave = { slow: { bytes: 50_000, pause: 10 } };
  const progress = (arrived: number) => arrived > 100_000 && stop.abort();
  await expect(get("o/m", { signal: stop.signal, progress })).rejects.toThrow(/abort/i);
  expect((await stat(join(repo(), "blobs", `${sha256}.incomplete`))).size).toBeGreaterThanOrEqual(50_000);
  expect(await cachedSnapshot(settings.cache, parseReference("o/m")!)).toBeUndefined();
  hub.behave = {};
  await get();
  expect(asked("model.safetensors").at(-1)).not.toMatch("bytes=0-");
});

test("half of some other file under the same name is noticed, and fetched from nothing", async () => {
  await mkdir(join(repo(), "blobs"), { recursive: true });
  await writeFile(join(repo(), "blobs", `${sha256}.incomplete`), new Uint8Array(1000).fill(7));
  const { folder } = await get();
  expect(await arrivedWhole(folder)).toBe(true);
});

test("a server that ignores ranges still gives the right file", async () => {
  hub.behave = { breakAfter: { bytes: 100_000, times: 1 }, whole: true };
  const { folder } = await get();
  expect(await arrivedWhole(folder)).toBe(true);
});

test("silence is not waited for forever", async () => {
  hub.behave = { stall: true };
  await get();
  expect(asked("model.safetensors")).toEqual([
    expect.stringContaining("bytes=0-"),
    expect.stringContaining("bytes=150000-"),
  ]);
});

test("wrong bytes are refused and not kept", async () => {
  hub.behave = { corrupt: true };
  expect(await failure(get())).toMatch(/^model.safetensors did not arrive as it was sent: its SHA-256 is .* should be/);
  expect((await readdir(join(repo(), "blobs"))).filter(name => name.startsWith(sha256))).toEqual([]);
});

test("a disk that is too small is noticed before the first byte of the weights", async () => {
  hub.behave = { announce: 1e15 };
  expect(await failure(get())).toMatch(
    /^o\/m needs 1000000001 MB on the disk, and \d+ MB are free\n {2}at .*\n {2}try .*HF_HOME/,
  );
  expect(asked("model.safetensors")).toEqual([]);
});

test("more bytes than announced are refused", async () => {
  hub.behave = { announce: 200_000 };
  expect(await failure(get())).toMatch("longer than the 200000 bytes the hub announced");
});

test("trouble that passes is waited for; trouble that stays is said", async () => {
  hub.behave = { refuse: { status: 503, times: 2 } };
  await get();
  await rm(home, { recursive: true });
  hub.behave = { refuse: { status: 503 } };
  expect(await failure(get())).toMatch("the hub has trouble of its own (503)");
});

test("a gated model names the page to visit, with and without a token", async () => {
  hub.behave = { refuse: { status: 403, code: "GatedRepo" } };
  const without = await failure(get());
  expect(without).toMatch(/^o\/m is gated/);
  expect(without).toMatch(`opening ${hub.address}/o/m, agreeing, making a token at ${hub.address}/settings/tokens`);
  expect(await failure(get("o/m", {}, { token: "hf_x" }))).toMatch("its owner has no access yet");
});

test("the token goes to the hub, whatever it looks like", async () => {
  hub.behave = { token: "secret" };
  expect(await failure(get("o/m", {}, { token: "hf_wrong" }))).toMatch("the hub does not accept your token");
  await get("o/m", {}, { token: "secret" });
});

test("a model or a revision that does not exist is said so", async () => {
  expect(await failure(get("o/nobody"))).toMatch(/^there is no model o\/nobody on the hub, or it is private/);
  expect(await failure(get("o/m@v9"))).toMatch(/^o\/m has no revision "v9"/);
});

test("no network, and no network wanted, are two sentences", async () => {
  expect(await failure(get("o/m", {}, { offline: true }))).toMatch("HF_HUB_OFFLINE is set");
  await hub.close();
  expect(await failure(get())).toMatch(/^nothing answers there/);
});

test("a hub that is none is not believed", async () => {
  await serve({ "config.json": "{}" });
  const other = { endpoint: `${hub.address}/o/m/resolve/${commit}/config.json?` };
  expect(await failure(get("o/m", {}, other))).toMatch("makes no sense");
});

test("shards are those that the index names", async () => {
  const index = JSON.stringify({ weight_map: { a: "model-1-of-2.safetensors", b: "model-2-of-2.safetensors" } });
  const shards = { "model-1-of-2.safetensors": weights, "model-2-of-2.safetensors": "b" };
  const rest = { "config.json": "{}", "consolidated.safetensors": weights };
  await serve({ ...rest, ...shards, "model.safetensors.index.json": index });
  const { folder } = await get();
  expect((await readdir(folder)).filter(name => name.endsWith(".safetensors"))).toEqual(Object.keys(shards));
  await rm(home, { recursive: true });
  await serve({ ...rest, ...shards, "model.safetensors.index.json": '{"weight_map":{"a":"../../x.safetensors"}}' });
  expect(await failure(get())).toMatch("does not say which files hold the weights");
});

test("pickles alone are refused with the line that converts them", async () => {
  await serve({ "config.json": "{}", "pytorch_model.bin": "x" });
  expect(await failure(get())).toMatch(/^the weights are pickles[\s\S]*python -c .* o\/m m-safetensors$/);
});

test("one GGUF file is taken; of several one has to be chosen", async () => {
  await serve({ "m.gguf": weights });
  expect(await get()).toMatchObject({ file: "m.gguf" });
  await rm(home, { recursive: true });
  await serve({ "m-Q2_K.gguf": weights, "m-Q4_K_M.gguf": weights });
  expect(await failure(get())).toMatch(/holds 2 GGUF files[\s\S]*try o\/m\/m-Q4_K_M.gguf\n/);
  expect(await get("o/m/m-Q2_K.gguf")).toMatchObject({ file: "m-Q2_K.gguf" });
});

test("two at once fetch each file once", async () => {
  hub.behave = { slow: { bytes: 60_000, pause: 10 } };
  const [a, b] = await Promise.all([get(), get()]);
  expect(a).toEqual(b);
  expect(asked("model.safetensors").length).toBe(1);
});

test("the environment is read as the Python library reads it", () => {
  expect(hubSettings({ HF_HOME: "/h" }).cache).toBe("/h/hub");
  expect(hubSettings({ HF_HOME: "/h", HF_HUB_CACHE: "/c" }).cache).toBe("/c");
  expect(hubSettings({ XDG_CACHE_HOME: "/x" }).cache).toBe("/x/huggingface/hub");
  expect(hubSettings({ HF_TOKEN: " hf_a\n" }).token).toBe("hf_a");
  expect(hubSettings({ HF_HUB_OFFLINE: "YES" }).offline).toBe(true);
  expect(hubSettings({ HF_HUB_OFFLINE: "0" }).offline).toBe(false);
  expect(() => hubSettings({ HF_ENDPOINT: "hub" })).toThrow("not an address");
});

test("names that would leave the cache are no names", () => {
  for (const text of ["a", "../b", "a/..", "a/b/c", "a--b/c", "a/b@../x", "a/b@", "/a/b", "a/b c", "a/-b"]) {
    expect(parseReference(text), text).toBeUndefined();
  }
  expect(parseReference("Qwen/Qwen2.5-0.5B@refs/pr/1")).toMatchObject({ name: "Qwen2.5-0.5B", revision: "refs/pr/1" });
});
