import { expect, test } from "vitest";
import { f32Bytes, ggufFile, type Typed } from "../../../test/file-writers.ts";
import { Problem } from "../../core/problem.ts";
import { type Bytes, memoryBytes } from "../bytes.ts";
import { readGgufHeader } from "./header.ts";
import { GgufStrings } from "./strings.ts";

const numbers = (kind: string, values: number[]): Typed => ({ array: values.map(v => ({ [kind]: v }) as Typed) });

test("metadata of every type come back, arrays and arrays of arrays too", async () => {
  const file = ggufFile({
    metadata: {
      u8: { u8: 255 },
      i8: { i8: -128 },
      u16: { u16: 65535 },
      i16: { i16: -2 },
      u32: { u32: 0xffffffff },
      i32: { i32: -(2 ** 31) },
      f32: { f32: 0.5 },
      bool: { bool: true },
      string: { string: "naïve 🙂" },
      u64: { u64: 2 ** 53 - 1 },
      large: { u64: 2n ** 64n - 1n },
      i64: { i64: -5 },
      f64: { f64: 0.1 },
      bytes: numbers("u8", [1, 2]),
      shorts: numbers("i16", [-1, 300]),
      floats: numbers("f32", [0.25, -1]),
      doubles: numbers("f64", [0.1]),
      longs: numbers("i64", [-7, 8]),
      flags: { array: [{ bool: true }, { bool: false }] },
      texts: { array: [{ string: "" }, { string: "▁the" }] },
      nothing: { array: [], of: 4 },
      nested: { array: [numbers("u8", [1]), { array: [{ string: "x" }] }] },
    },
  });
  const { metadata, version, tensors } = await readGgufHeader(memoryBytes(file));
  expect(version).toBe(3);
  expect(tensors).toEqual([]);
  const plain = (v: unknown): unknown =>
    v instanceof GgufStrings
      ? v.toArray()
      : ArrayBuffer.isView(v)
        ? Array.from(v as Uint8Array)
        : Array.isArray(v)
          ? v.map(plain)
          : v;
  expect(Object.fromEntries([...metadata].map(([k, v]) => [k, plain(v)]))).toEqual({
    u8: 255,
    i8: -128,
    u16: 65535,
    i16: -2,
    u32: 0xffffffff,
    i32: -(2 ** 31),
    f32: 0.5,
    bool: true,
    string: "naïve 🙂",
    u64: 2 ** 53 - 1,
    large: 2n ** 64n - 1n,
    i64: -5,
    f64: 0.1,
    bytes: [1, 2],
    shorts: [-1, 300],
    floats: [0.25, -1],
    doubles: [0.1],
    longs: [-7, 8],
    flags: [true, false],
    texts: ["", "▁the"],
    nothing: [],
    nested: [[1], ["x"]],
  });
});

test("tensors lie where the table says, at the file's own alignment, in versions 2 and 3", async () => {
  for (const version of [2, 3])
    for (const alignment of [32, 64]) {
      const metadata: Record<string, Typed> = alignment === 32 ? {} : { "general.alignment": { u32: alignment } };
      const tensor = (name: string, values: number[]) => ({
        name,
        dims: [values.length],
        type: 0,
        data: f32Bytes(values),
      });
      const file = ggufFile({ metadata, version, alignment, tensors: [tensor("a", [1, 2, 3]), tensor("b", [4])] });
      const header = await readGgufHeader(memoryBytes(file));
      expect(header.tensors.map(t => [t.name, t.dims])).toEqual([
        ["a", [3]],
        ["b", [1]],
      ]);
      expect(new DataView(file.buffer).getFloat32(header.tensors[1]!.start, true)).toBe(4);
    }
});

test("a header longer than the first read is read on, and the weights are not", async () => {
  const texts: Typed = { array: Array.from({ length: 200_000 }, (_, i) => ({ string: `token ${i}` })) };
  const data = ggufFile({ metadata: { texts, after: { u32: 7 } } });
  let most = 0;
  const size = data.length + 5e9;
  const file: Bytes = {
    size,
    name: "long",
    async read(start, end) {
      most = Math.max(most, end);
      const out = new Uint8Array(end - start);
      out.set(data.subarray(start, Math.min(end, data.length)));
      return out;
    },
  };
  const { metadata } = await readGgufHeader(file);
  expect(metadata.get("after")).toBe(7);
  expect((metadata.get("texts") as GgufStrings).at(199_999)).toBe("token 199999");
  expect(most).toBeLessThan(17e6);
});

const valid = ggufFile({ metadata: { a: { string: "x".repeat(100) } } });
const swapped = new Uint8Array(valid);
swapped.set([0, 0, 0, 3], 4);
const tensor = { name: "t", dims: [4], type: 0, data: new Uint8Array(16) };
const hostile: [string, Uint8Array<ArrayBuffer>, RegExp][] = [
  ["nothing", new Uint8Array(), /not a GGUF file/],
  ["another file", new TextEncoder().encode("PK\u0003\u0004 zip"), /not a GGUF file/],
  ["version 1", ggufFile({ metadata: {}, version: 1 }), /GGUF version 1, and Lucida reads versions 2 and 3/],
  ["a big-endian file", swapped, /big-endian/],
  ["a file cut in a text", valid.slice(0, 90), /ends at byte 90, but its head needs/],
  [
    "2^60 tensors",
    ggufFile({ metadata: {}, counts: { tensors: 2n ** 60n } }),
    /the count of tensors is .* more than any file holds/,
  ],
  [
    "a million metadata in 30 bytes",
    ggufFile({ metadata: {}, counts: { metadata: 1e6 } }),
    /claims 1000000 metadata, but only \d+ bytes are left/,
  ],
  ["an array of 2^40 numbers", arrayClaiming(4, 2 ** 40), /claims 1099511627776 key, but only/],
  ["an array of 2^40 texts", arrayClaiming(8, 2 ** 40), /claims 1099511627776 key, but only/],
  ["an unknown type of metadata", arrayClaiming(13, 0), /unknown type 13/],
  ["arrays a hundred deep", nested(100), /5 deep; 4 are read/],
  [
    "a key twice",
    ggufFile({
      metadata: [
        ["a", { u8: 1 }],
        ["a", { u8: 2 }],
      ],
    }),
    /name "a" twice/,
  ],
  ["an alignment of 0", ggufFile({ metadata: { "general.alignment": { u32: 0 } } }), /general.alignment is 0/],
  ["an alignment of 33", ggufFile({ metadata: { "general.alignment": { u32: 33 } } }), /general.alignment is 33/],
  [
    "a tensor of five dimensions",
    ggufFile({ metadata: {}, tensors: [{ ...tensor, dims: [1, 1, 1, 1, 4] }] }),
    /claims 5 dimensions/,
  ],
  [
    "a tensor between two places",
    ggufFile({ metadata: {}, tensors: [{ ...tensor, offset: 7 }] }),
    /begins at 7, not a multiple of 32/,
  ],
  ["an offset of 2^63", ggufFile({ metadata: {}, tensors: [{ ...tensor, offset: 2n ** 63n }] }), /the offset of t is/],
  ["a tensor twice", ggufFile({ metadata: {}, tensors: [tensor, tensor] }), /"t" is listed twice/],
];

/** One metadatum "key": an array of `count` things of that type, which are not there. */
function arrayClaiming(type: number, count: number): Uint8Array<ArrayBuffer> {
  const file = ggufFile({ metadata: { key: { array: [], of: type } } });
  const view = new DataView(file.buffer);
  const at = 24 + 8 + 3 + 4 + 4; // head, key, type, type of elements
  view.setBigUint64(at, BigInt(count), true);
  return file;
}

function nested(depth: number): Uint8Array<ArrayBuffer> {
  let value: Typed = { array: [{ u8: 1 }] };
  for (let i = 1; i < depth; i++) value = { array: [value] };
  return ggufFile({ metadata: { deep: value } });
}

for (const [what, data, message] of hostile)
  test(`${what}: a sentence, not a crash`, async () => {
    const error = await readGgufHeader(memoryBytes(data, "x.gguf")).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Problem);
    expect((error as Problem).message).toMatch(message);
    expect((error as Problem).where).toContain("x.gguf");
  });

test("a head that claims gigabytes is refused before they are read", async () => {
  const data = ggufFile({ metadata: { key: { string: "" } } });
  new DataView(data.buffer).setBigUint64(24 + 8 + 3 + 4, 3_000_000_000n, true); // the text's length
  let most = 0;
  const file: Bytes = {
    size: 4e9,
    name: "x.gguf",
    async read(start, end) {
      most = Math.max(most, end - start);
      const out = new Uint8Array(end - start);
      out.set(data.subarray(start, end));
      return out;
    },
  };
  await expect(readGgufHeader(file)).rejects.toThrow("claims more than 256 MiB; the largest known take 16");
  expect(most).toBeLessThanOrEqual(1 << 20);
});
