import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { f32Bytes, safetensorsFile } from "../../test/file-writers.ts";
import { Problem } from "../core/problem.ts";
import { type Bytes, memoryBytes } from "./bytes.ts";
import { readSafetensorsHeader, safetensors } from "./safetensors.ts";
import { shardedSafetensors, shardNames } from "./safetensors-sharded.ts";

const golden = resolve(import.meta.dirname, "../../../shared/golden/tiny");
const f32 = (shape: number[], from: number, to: number) => ({ dtype: "F32", shape, data_offsets: [from, to] });

test("a tiny Llama's weights are where its header says, to the bit", async () => {
  const data = new Uint8Array(readFileSync(resolve(golden, "llama/model.safetensors")));
  const weights = await safetensors(memoryBytes(data, "model.safetensors"));
  expect(weights.precision).toBe("float32");
  expect(weights.tensors.get("model.layers.2.self_attn.k_proj.weight")?.shape).toEqual([16, 32]);
  // Read once more by another road: JSON and offsets by hand.
  const length = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(8, 8 + length)));
  for (const [name, info] of weights.tensors) {
    const [from, to] = header[name].data_offsets as [number, number];
    const want = new Float32Array(data.slice(8 + length + from, 8 + length + to).buffer);
    expect(await weights.read(name)).toEqual(want);
    const width = want.length / info.shape[0]!;
    const rows = await weights.read(name, { start: 1, end: 3 });
    expect(rows).toEqual(want.slice(width, 3 * width));
  }
});

test("half and double precision widen exactly; `into` is filled from its beginning and left alone after", async () => {
  const values = [1, -2, 0.5, 65504, 2 ** -24, -0];
  const half = new Uint8Array(new Uint16Array([0x3c00, 0xc000, 0x3800, 0x7bff, 0x0001, 0x8000]).buffer);
  const brain = new Uint8Array(new Uint16Array([0x3f80, 0xc000, 0x3f00, 0x4780, 0x3380, 0x8000]).buffer);
  const double = new Uint8Array(Float64Array.from(values).buffer);
  const header = {
    half: { dtype: "F16", shape: [6], data_offsets: [0, 12] },
    brain: { dtype: "BF16", shape: [6], data_offsets: [12, 24] },
    double: { dtype: "F64", shape: [3, 2], data_offsets: [24, 72] },
  };
  const weights = await safetensors(
    memoryBytes(safetensorsFile(header, new Uint8Array([...half, ...brain, ...double]))),
  );
  expect([...(await weights.read("half"))]).toEqual(values);
  expect([...(await weights.read("brain"))]).toEqual([1, -2, 0.5, 65536, 2 ** -24, -0]);
  const into = new Float32Array(4).fill(7);
  expect(await weights.read("double", { start: 1, end: 2, into })).toBe(into);
  expect([...into]).toEqual([0.5, 65504, 7, 7]);
  expect(weights.precision).toBe("bfloat16, float16, float64 (rounded to float32)");
});

/** Six gigabytes that are nowhere: the header, then data in which float32 number i is i modulo 1,000,003. */
function fabricated(): Bytes & { asked: number } {
  const rows = 400_000;
  const width = 4096;
  const first = 4 * rows * width; // 6.5 GB
  const header = safetensorsFile({ big: f32([rows, width], 0, first), last: f32([2, 2], first, first + 16) });
  return {
    size: header.length + first + 16,
    name: "six gigabytes",
    asked: 0,
    async read(start, end) {
      this.asked = Math.max(this.asked, end - start);
      if (start < header.length) return header.slice(start, end);
      const out = new Float32Array((end - start) / 4);
      const from = (start - header.length) / 4;
      for (let i = 0; i < out.length; i++) out[i] = (from + i) % 1_000_003;
      return new Uint8Array(out.buffer);
    },
  };
}

test("rows beyond 4 GiB come from the right place, and only they are read", async () => {
  const file = fabricated();
  const weights = await safetensors(file);
  const row = 399_999;
  const values = await weights.read("big", { start: row, end: row + 1 });
  expect(values[5]).toBe((row * 4096 + 5) % 1_000_003);
  expect(values.length).toBe(4096);
  expect([...(await weights.read("last"))]).toEqual([0, 1, 2, 3].map(i => (400_000 * 4096 + i) % 1_000_003));
  expect(file.asked).toBeLessThan(20_000);
});

test("a long read comes in pieces, without a seam", async () => {
  const file = fabricated();
  const weights = await safetensors(file);
  const values = await weights.read("big", { start: 100_000, end: 105_000 }); // 82 MB
  expect(file.asked).toBeLessThanOrEqual(64 << 20);
  for (const i of [0, (16 << 20) - 1, 16 << 20, values.length - 1])
    expect(values[i]).toBe((100_000 * 4096 + i) % 1_000_003);
});

const hostile: [string, Uint8Array<ArrayBuffer>, RegExp][] = [
  ["nothing", new Uint8Array(), /begins with 8 bytes, and this one has 0/],
  ["a header longer than the file", safetensorsFile("{}", undefined, 500), /claims 500 bytes, but the file has 10/],
  ["a header of 2^63 bytes", safetensorsFile("{}", undefined, 2n ** 63n), /more than the 100000000/],
  ["a page of HTML", new TextEncoder().encode("<!DOCTYPE html><html></html>"), /more than the 100000000/],
  ["no JSON", safetensorsFile("{'a': 1}"), /is not JSON/],
  ["NaN in the JSON", safetensorsFile('{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,0]}}'), /is not JSON/],
  ["a list", safetensorsFile("[]"), /not a table/],
  ["a tensor that is a number", safetensorsFile({ a: 3 }), /a is not described/],
  [
    "a name twice",
    safetensorsFile('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}, "\\u0061" : 1}'),
    /names "a" twice/,
  ],
  ["no dtype", safetensorsFile({ a: { shape: [], data_offsets: [0, 4] } }, new Uint8Array(4)), /a has no dtype/],
  ["a negative shape", safetensorsFile({ a: f32([-1, -4], 0, 16) }, new Uint8Array(16)), /the shape \[-1,-4\]/],
  ["half a row", safetensorsFile({ a: f32([1.5], 0, 6) }, new Uint8Array(6)), /the shape \[1.5\]/],
  ["a shape of 1e300", safetensorsFile({ a: f32([1e300], 0, 4) }, new Uint8Array(4)), /the shape/],
  [
    "a shape whose product overflows",
    safetensorsFile({ a: f32([2 ** 52, 2 ** 52], 0, 4) }, new Uint8Array(4)),
    /needs .* bytes, but has 4/,
  ],
  ["offsets backwards", safetensorsFile({ a: f32([1], 4, 0) }, new Uint8Array(4)), /the data_offsets \[4,0\]/],
  [
    "three offsets",
    safetensorsFile({ a: { ...f32([1], 0, 4), data_offsets: [0, 4, 8] } }, new Uint8Array(8)),
    /data_offsets/,
  ],
  [
    "offsets beyond the end",
    safetensorsFile({ a: f32([2], 0, 8) }, new Uint8Array(4)),
    /ends at byte \d+, but the file has/,
  ],
  ["a wrong byte count", safetensorsFile({ a: f32([3], 0, 8) }, new Uint8Array(8)), /needs 12 bytes, but has 8/],
  [
    "two tensors in one place",
    safetensorsFile({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, new Uint8Array(8)),
    /a and b lie over each other/,
  ],
];
for (const [what, data, message] of hostile)
  test(`${what}: a sentence, not a crash`, async () => {
    const error = await safetensors(memoryBytes(new Uint8Array(data), "x.safetensors")).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Problem);
    expect((error as Problem).message).toMatch(message);
    expect(`${(error as Problem).message} ${(error as Problem).where}`).toContain("x.safetensors");
  });

test("a type that is not read stands in the way only when it is asked for", async () => {
  const header = { mask: { dtype: "I64", shape: [1], data_offsets: [0, 8] }, w: f32([1], 8, 12) };
  const weights = await safetensors(memoryBytes(safetensorsFile(header, new Uint8Array(12))));
  expect([...(await weights.read("w"))]).toEqual([0]);
  await expect(weights.read("mask")).rejects.toThrow("mask has the type I64, which Lucida does not read");
  await expect(weights.read("nope")).rejects.toThrow("the tensor nope is not in the file");
  await expect(weights.read("w", { start: 0, end: 2 })).rejects.toThrow("internal:");
});

test("metadata and names like __proto__ are data", async () => {
  const text = '{"__metadata__":{"format":"pt"},"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}';
  const file = memoryBytes(safetensorsFile(text, f32Bytes([2.5])));
  expect((await readSafetensorsHeader(file)).metadata.get("format")).toBe("pt");
  expect([...(await (await safetensors(file)).read("__proto__"))]).toEqual([2.5]);
});

test("shards are one model", async () => {
  const one = safetensorsFile({ a: f32([2], 0, 8) }, f32Bytes([1, 2]));
  const two = safetensorsFile({ b: f32([1], 0, 4), c: f32([1], 4, 8) }, f32Bytes([3, 4]));
  const index = { metadata: {}, weight_map: { a: "m-1.safetensors", b: "m-2.safetensors", c: "m-2.safetensors" } };
  const open = (name: string) => memoryBytes(name === "m-1.safetensors" ? one : two, name);
  expect(shardNames(index)).toEqual(["m-1.safetensors", "m-2.safetensors"]);
  const weights = await shardedSafetensors(index, open);
  expect([...weights.tensors.keys()]).toEqual(["a", "b", "c"]);
  expect([...(await weights.read("a")), ...(await weights.read("c"))]).toEqual([1, 2, 4]);
  await expect(weights.read("d")).rejects.toThrow("the tensor d is not in the file");

  const wrong = (map: unknown) => shardedSafetensors({ weight_map: map }, open);
  await expect(wrong({ b: "m-1.safetensors" })).rejects.toThrow(
    "the index says that b is in m-1.safetensors, but it is not",
  );
  await expect(wrong({ a: "../m-1.safetensors" })).rejects.toThrow("not the name of a file beside it");
  await expect(wrong({ a: "/etc/passwd" })).rejects.toThrow("not the name of a file beside it");
  await expect(wrong(undefined)).rejects.toThrow("no weight_map");
});
