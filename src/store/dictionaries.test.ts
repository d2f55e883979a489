import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decode, dense } from "../../test/dictionary-world.ts";
import { onnx } from "../../test/golden/tiny.ts";
import { commit, standIn } from "../../test/hub-stand-in.ts";
import { Problem, sentence } from "../core/problem.ts";
import { Product } from "../features/dictionary/product.ts";
import { openDictionary } from "./dictionaries.ts";

const fixtures = resolve(import.meta.dirname, "../../test/fixtures/dictionaries");

interface Expected {
  readonly x: number[][];
  readonly layers: { readonly activations: number[][]; readonly output: number[][] }[];
}

const refused: Record<string, string> = { "sae-lens-gated": "gated", "sae-lens-normalised": "layer_norm" };
const all = readdirSync(fixtures, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? [entry.name] : []));

describe.each(all.filter(name => !refused[name]))("%s", name => {
  test.each([0, 1e9])("what the library that wrote it computes, ours computes too (product %d)", async small => {
    const expected: Expected = JSON.parse(readFileSync(join(fixtures, name, "expected.json"), "utf8"));
    const { dictionary, close } = await openDictionary(join(fixtures, name));
    const { active, out } = await decode(dictionary, Float32Array.from(expected.x.flat()), new Product(onnx, small));
    expect(dictionary.layers.length).toBe(expected.layers.length);
    for (const [l, layer] of expected.layers.entries()) {
      const ours = dense(active[l]!, expected.x.length, dictionary.layers[l]!.features);
      layer.activations.flat().forEach((v, i) => {
        expect(ours[i]).toBeCloseTo(v, 4);
      });
      layer.output.flat().forEach((v, i) => {
        expect(out[l]![i]).toBeCloseTo(v, 4);
      });
      // Something is active, and something is not: both branches of the non-linearity were compared.
      expect(layer.activations.flat().some(v => v !== 0) && layer.activations.flat().some(v => v === 0)).toBe(true);
    }
    await close();
  });
});

test("hooks, kinds and layers are those that the files declare", async () => {
  const told = async (name: string) => {
    const { dictionary, close } = await openDictionary(join(fixtures, name));
    await close();
    const { kind, reads, writes, layers, format } = dictionary;
    return `${format}: ${kind}, ${reads} to ${writes}, ${layers.map(l => `${l.layer} ${l.activation.kind}`).join(", ")}`;
  };
  expect(
    await Promise.all(all.filter(name => !refused[name]).map(async name => `${name} ${await told(name)}`)),
  ).toEqual([
    "circuit-tracer-clt circuit-tracer: cross-layer, mid to mlp.out, 0 jumprelu, 1 jumprelu, 2 jumprelu",
    "circuit-tracer-jumprelu-skip circuit-tracer: transcoders, mlp.in to mlp.raw, 0 jumprelu, 1 jumprelu",
    "circuit-tracer-relu-brain circuit-tracer: transcoders, mlp.in to mlp.raw, 0 relu, 1 relu",
    "circuit-tracer-topk circuit-tracer: transcoders, mlp.in to mlp.raw, 0 topk, 1 topk",
    "gemma-scope-1 Gemma Scope: transcoders, normalized to mlp.out, 4 jumprelu",
    "gemma-scope-1-packed Gemma Scope: transcoders, normalized to mlp.out, 4 jumprelu",
    "gemma-scope-2 Gemma Scope: transcoders, mlp.in to mlp.out, 4 jumprelu",
    "gemma-scope-2-clt circuit-tracer: cross-layer, mlp.in to mlp.out, 0 jumprelu, 1 jumprelu, 2 jumprelu",
    "sae-lens-batchtopk SAELens: autoencoders, residual.in to residual.in, 1 jumprelu",
    "sae-lens-jumprelu SAELens: autoencoders, mlp.out to mlp.out, 0 jumprelu",
    "sae-lens-jumprelu-transcoder SAELens: transcoders, normalized to mlp.out, 3 jumprelu",
    "sae-lens-plain-input SAELens: autoencoders, mlp.out to mlp.out, 1 relu",
    "sae-lens-skip SAELens: transcoders, mid to mlp.out, 0 relu",
    "sae-lens-standard SAELens: autoencoders, residual.out to residual.out, 1 relu",
    "sae-lens-topk SAELens: autoencoders, residual.in to residual.in, 2 topk",
    "sae-lens-topk-rescaled SAELens: autoencoders, mid to mid, 2 topk",
    "sae-lens-transcoder SAELens: transcoders, normalized to mlp.out, 0 relu",
    "sparsify-groupmax sparsify: transcoders, mlp.in to mlp.raw, 0 groupmax",
    "sparsify-sae sparsify: autoencoders, residual.out to residual.out, 2 topk",
    "sparsify-skip sparsify: transcoders, mlp.in to mlp.raw, 0 topk, 1 topk",
  ]);
});

test.each(Object.entries(refused))("%s is refused in words that name %s", async (name, word) => {
  const error = await openDictionary(join(fixtures, name)).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(Problem);
  expect(sentence(error)).toContain(word);
});

describe("what is wrong gets a sentence", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dictionary-"));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const said = async (path = folder) =>
    sentence(
      await openDictionary(path).then(
        () => "opened",
        e => e,
      ),
    );
  const native = () => cp(join(fixtures, "circuit-tracer-jumprelu-skip"), folder, { recursive: true });

  test("a layer in between is missing", async () => {
    await native();
    await rm(join(folder, "layer_0.safetensors"));
    expect(await said()).toContain("layer_0.safetensors is missing, while layer_1.safetensors is there");
  });

  test("only pickles, with the line that converts one", async () => {
    await writeFile(join(folder, "sae.pt"), "");
    expect(await said()).toMatch(/sae.pt is a pickle[\s\S]*python -c .*save_file.* sae.pt sae.safetensors/);
    expect(await said(join(folder, "sae.pt"))).toContain("is a pickle");
  });

  test("an unknown hook, kind and activation", async () => {
    await native();
    const config = readFileSync(join(folder, "config.yaml"), "utf8");
    const tell = async (from: RegExp, to: string) => {
      await writeFile(join(folder, "config.yaml"), config.replace(from, to));
      return said();
    };
    expect(await tell(/mlp.hook_out/, "attn.hook_z")).toContain('writes at "attn.hook_z"');
    expect(await tell(/transcoder_set/, "crosscoder")).toContain('of the kind "crosscoder"');
    expect(await tell(/$/, "activation: gelu\n")).toContain('the activation "gelu" is not known');
    expect(await tell(/$/, "activation: topk\n")).toContain("does not say how many");
    expect(await tell(/$/, "activation: topk\nk: 99\n")).toContain(
      "k is 99, and has to be a whole number from 1 to the 24",
    );
    expect(await tell(/^[\s\S]*$/, "- a\n")).toContain("not a table");
    expect(await tell(/^[\s\S]*$/, "a: [\n")).toContain("not YAML");
  });

  test("a negative threshold and a NaN in a bias", async () => {
    await native();
    const path = join(folder, "layer_1.safetensors");
    const change = async (tensor: string, value: number) => {
      await native();
      const data = Buffer.from(readFileSync(path));
      const length = Number(data.readBigUInt64LE(0));
      const header = JSON.parse(data.subarray(8, 8 + length).toString());
      data.writeFloatLE(value, 8 + length + header[tensor].data_offsets[0] + 4 * 3);
      await writeFile(path, data);
      return said();
    };
    expect(await change("activation_function.threshold", -0.5)).toMatch(
      /threshold of feature 3 is -0.5[\s\S]*at layer 1/,
    );
    expect(await change("activation_function.threshold", Number.NaN)).toContain(
      "threshold in layer_1.safetensors holds NaN",
    );
    expect(await change("b_enc", Number.NaN)).toContain("b_enc in layer_1.safetensors holds NaN at place 3");
  });

  test("what an interrupted training run left: its checkpoint alone, beside finished layers, or its activations", async () => {
    const interrupted =
      /a training run was interrupted here[\s\S]*lucida train dictionary that began it, with --resume/;
    await writeFile(join(folder, "training.checkpoint"), "half");
    expect(await said()).toMatch(interrupted);
    await native();
    expect(await said()).toMatch(interrupted);
    await rm(join(folder, "training.checkpoint"));
    await mkdir(join(folder, "activations"));
    await writeFile(join(folder, "activations/0.bin"), "half");
    expect(await said()).toMatch(interrupted);
    await rm(join(folder, "activations"), { recursive: true });
    await (await openDictionary(folder)).close();
  });

  test("an .npz that is cut short, or is not one", async () => {
    await cp(join(fixtures, "gemma-scope-1"), folder, { recursive: true });
    const path = join(folder, "layer_4/width_24/average_l0_6/params.npz");
    const data = readFileSync(path);
    await writeFile(path, data.subarray(0, 3000));
    expect(await said()).toContain("not an .npz file");
    await writeFile(path, Buffer.concat([data.subarray(0, 100), data.subarray(300)]));
    expect(await said()).toMatch(/does not start where the zip says|directory is broken|cut short/);
  });

  test("nothing there", async () => {
    expect(await said(join(folder, "nowhere"))).toContain("there is no dictionary");
    expect(await said()).toContain("there is no dictionary here");
  });
});

test("a set on the hub is fetched file by file, also from other repositories, and works offline after that", async () => {
  const layer = (i: number) => readFileSync(join(fixtures, "circuit-tracer-jumprelu-skip", `layer_${i}.safetensors`));
  const config = readFileSync(join(fixtures, "circuit-tracer-jumprelu-skip/config.yaml"), "utf8");
  const listed = [0, 1].map(i => `  - hf://o/set/deep/layer_${i}.safetensors?revision=main`).join("\n");
  const hub = await standIn("o/set", {
    "sub/config.yaml": `${config}transcoders:\n${listed}\n`,
    "deep/layer_0.safetensors": layer(0),
    "deep/layer_1.safetensors": layer(1),
    "other/large.safetensors": new Uint8Array(5000),
  });
  const cache = await mkdtemp(join(tmpdir(), "hub-"));
  const settings = { endpoint: hub.address, cache, token: undefined, offline: false };
  const open = async (text: string, offline = false) => {
    const opened = await openDictionary(text, { hub: { ...settings, offline } });
    await opened.close();
    return opened;
  };
  const { dictionary, revision } = await open("o/set/sub");
  expect(dictionary).toMatchObject({ name: "o/set/sub", kind: "transcoders", madeFor: "tiny" });
  expect(revision).toBe(commit);
  expect(hub.seen.some(line => line.includes("large"))).toBe(false);
  const before = hub.seen.length;
  expect((await open("hf://o/set/sub", true)).dictionary.layers.length).toBe(2);
  expect(hub.seen.length).toBe(before);
  await hub.close();
  await rm(cache, { recursive: true });
});
