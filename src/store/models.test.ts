import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nearest } from "../core/nearest.ts";
import { Problem, sentence } from "../core/problem.ts";
import { hubSettings } from "./hub/settings.ts";
import { licenceOf, listModels } from "./model-list.ts";
import { findModel } from "./models.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lucida-models-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function make(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), "{}");
  }
}
const offline = () => hubSettings({ HF_HOME: folder, HF_HUB_OFFLINE: "1" });
const find = (path: string) => findModel(path, { hub: offline() });
const failure = (path: string): Promise<string> =>
  find(path).then(
    () => "no error",
    error => {
      expect(error).toBeInstanceOf(Problem);
      return sentence(error);
    },
  );

test("a folder, a file in it, a .gguf file and a folder with one .gguf are models", async () => {
  await make("m/config.json", "m/model.safetensors", "x.gguf", "g/y.gguf");
  const m = { kind: "folder", path: join(folder, "m"), name: "m", source: "disk" };
  expect(await find(join(folder, "m"))).toEqual(m);
  expect(await find(join(folder, "m/"))).toEqual(m);
  expect(await find(join(folder, "m/model.safetensors"))).toEqual(m);
  expect(await find(join(folder, "x.gguf"))).toMatchObject({ kind: "gguf", name: "x" });
  expect(await find(join(folder, "g"))).toMatchObject({ kind: "gguf", path: join(folder, "g/y.gguf") });
});

test("a missing model is answered with the nearest names there", async () => {
  await make("models/smollm2.gguf", "models/gemma3.gguf");
  const said = await failure(join(folder, "models/smolm2.gguf"));
  expect(said).toMatch(`in ${folder}/models, where "smolm2.gguf" is missing`);
  expect(said).toMatch(`try --model ${folder}/models/smollm2.gguf`);
  expect(await failure(join(folder, "model/smollm2.gguf"))).toMatch(`try --model ${folder}/models`);
  expect(await failure("specimn")).toMatch("try --model specimen");
  expect(await failure("smollm2")).toMatch("HuggingFaceTB/SmolLM2-135M-Instruct");
  // what may be a path as well as a name on the hub is answered for both
  expect(await failure("test/borders")).toMatch(/in .*hub, nor is there a file or folder .*test\/borders/);
  expect(await failure("")).toMatch("the model has no name");
});

test("pickles are refused with the line that converts them, whether or not they are there", async () => {
  await make("p/config.json", "p/pytorch_model.bin", "a model/x.pt");
  expect(await failure(join(folder, "p"))).toMatch(/^the weights are pickles[\s\S]*python -c .* p-safetensors$/);
  expect(await failure(join(folder, "p/pytorch_model.bin"))).toMatch(/^this file is a pickle[\s\S]*python -c /);
  // a path with a blank is quoted
  expect(await failure(join(folder, "a model/x.pt"))).toMatch(`'${folder}/a model/x.pt' model.safetensors`);
  expect(await failure("nowhere.ckpt")).toMatch("this file is a pickle");
});

test("a folder that is no model says what it lacks", async () => {
  await make("c/config.json", "w/model.safetensors", "two/a.gguf", "two/b.gguf", "text/a.txt", "s/config.json");
  await mkdir(join(folder, "empty"));
  await writeFile(
    join(folder, "s/model.safetensors.index.json"),
    '{"weight_map":{"a":"1.safetensors","b":"2.safetensors"}}',
  );
  await make("s/1.safetensors", "hub/models--o--m/snapshots/x/y");
  expect(await failure(join(folder, "c"))).toMatch("a config.json, and no weights");
  expect(await failure(join(folder, "w"))).toMatch("weights, and no config.json");
  expect(await failure(join(folder, "two"))).toMatch("2 GGUF files");
  expect(await failure(join(folder, "text"))).toMatch("holds no model");
  expect(await failure(join(folder, "empty"))).toMatch("holds nothing");
  expect(await failure(join(folder, "s"))).toMatch("1 of the 2 files with weights are missing, 2.safetensors first");
  expect(await failure(join(folder, "text/a.txt"))).toMatch("this file is not a model");
  expect(await failure(join(folder, "hub/models--o--m"))).toMatch("try --model o/m");
});

async function cache(name: string, commit: string, files: Record<string, string>, ref?: string): Promise<void> {
  const base = join(folder, "hub", name);
  const snapshot = join(base, "snapshots", commit);
  await mkdir(snapshot, { recursive: true });
  await mkdir(join(base, "blobs"), { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    const blob = `${name}${commit}${file}`.replace(/\W/g, "");
    await writeFile(join(base, "blobs", blob), text);
    await symlink(`../../blobs/${blob}`, join(snapshot, file));
  }
  if (ref) {
    await mkdir(dirname(join(base, "refs", ref)), { recursive: true });
    await writeFile(join(base, "refs", ref), commit);
  }
}

test("the list names everything in the cache as --model wants it, and what is wrong with it", async () => {
  const [a, b] = ["a".repeat(40), "b".repeat(40)];
  const good = { "config.json": '{"model_type":"qwen3"}', "model.safetensors": "12345678" };
  await cache("models--o--m", a, { ...good, "README.md": "---\nlicense: mit\n---\n" }, "main");
  await cache("models--o--m", b, good, "refs/pr/1");
  await cache("models--o--q", a, { "x.gguf": "123", "y.gguf": "1234" }, "main");
  await cache("models--o--p", a, { "config.json": "{}", "pytorch_model.bin": "" }, "main");
  await cache("models--o--half", a, { "config.json": "not json" }, "main");
  await cache("models--o--pictures", a, { "a.png": "" }, "main");
  await cache("datasets--o--d", a, good, "main");
  const rows = (await listModels(offline())).filter(model => model.source === "hub");
  expect(rows.map(({ name, family, size, licence, trouble }) => [name, family, size, licence, trouble])).toEqual([
    ["o/half", "?", 8, undefined, "not whole"],
    ["o/m", "qwen3", 22 + 8 + 21, "mit", undefined],
    ["o/m@refs/pr/1", "qwen3", 30, undefined, undefined],
    ["o/p", "?", 2, undefined, "pickles only"],
    ["o/q/x.gguf", "gguf", 3, undefined, undefined],
    ["o/q/y.gguf", "gguf", 4, undefined, undefined],
  ]);
  // and each that has no trouble is found under its name, without a network
  for (const { name, path, trouble } of rows) if (!trouble) expect((await find(name)).path).toBe(path);
  expect(await failure("o/half")).toMatch("HF_HUB_OFFLINE is set");
  // nothing was added by looking
  expect((await readdir(folder)).sort()).toEqual(["hub"]);
});

test("the licence is the card's", () => {
  expect(licenceOf("---\ntags: [a]\nlicense: apache-2.0\n---\n# A")).toBe("apache-2.0");
  expect(licenceOf('---\r\nlicense: "mit"\r\n---\r\n')).toBe("mit");
  expect(licenceOf("---\nlicense: other\nlicense_name: qwen\n---\n")).toBe("qwen");
  expect(licenceOf("# A\nlicense: mit\n")).toBeUndefined();
});

test("nearest names are a few slips away, not any names", () => {
  expect(nearest("modles", ["models", "trace", "index"])).toEqual(["models"]);
  expect(nearest("trcae", ["models", "trace", "train"])).toEqual(["trace"]);
  expect(nearest("x", ["models", "trace"])).toEqual([]);
});
