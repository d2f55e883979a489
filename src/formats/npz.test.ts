import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { numbers } from "../../test/golden-graph.ts";
import { Problem, sentence } from "../core/problem.ts";
import { memoryBytes } from "./bytes.ts";
import { npz } from "./npz.ts";

const fixtures = resolve(import.meta.dirname, "../../test/fixtures/dictionaries");
const file = (name: string) =>
  new Uint8Array(readFileSync(resolve(fixtures, name, "layer_4/width_24/average_l0_6/params.npz")));

/** An array as NumPy writes it. */
function npy(descr: string, shape: string, fortran: boolean, data: ArrayBuffer): Uint8Array<ArrayBuffer> {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${shape}, }`;
  const header = text.padEnd(117) + "\n";
  const head = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length & 255, header.length >> 8];
  return Uint8Array.from([...head, ...new TextEncoder().encode(header), ...new Uint8Array(data)]);
}

const archive = (files: Record<string, Uint8Array>, level: 0 | 6 = 0) =>
  memoryBytes(new Uint8Array(zipSync(files, { level })), "made.npz");

test("stored and deflated arrays hold the same, in parts and whole", async () => {
  for (const name of ["gemma-scope-1", "gemma-scope-1-packed"]) {
    const weights = await npz(memoryBytes(file(name), name));
    expect([...weights.tensors.keys()].sort()).toEqual(["W_dec", "W_enc", "b_dec", "b_enc", "threshold"]);
    expect(weights.tensors.get("W_enc")!.shape).toEqual([16, 24]);
    const whole = await weights.read("W_enc");
    const rows = await weights.read("W_enc", { start: 3, end: 5 });
    expect([...rows]).toEqual([...whole.subarray(3 * 24, 5 * 24)]);
  }
});

test("a stored array is read by range: two rows cost two rows", async () => {
  const inner = memoryBytes(file("gemma-scope-1"), "ranges");
  let read = 0;
  const counted = (a: number, b: number) => {
    read += b - a;
    return inner.read(a, b);
  };
  const weights = await npz({ ...inner, read: counted });
  read = 0;
  await weights.read("W_dec", { start: 0, end: 2 });
  expect(read).toBe(2 * 16 * 4);
});

test("half, double and Fortran's order", async () => {
  const columns = Float32Array.from([1, 4, 2, 5, 3, 6]); // [[1, 2, 3], [4, 5, 6]] column by column
  const weights = await npz(
    archive({
      "turned.npy": npy("<f4", "(2, 3)", true, columns.buffer),
      "double.npy": npy("<f8", "(2,)", false, Float64Array.from([0.5, -2]).buffer),
      "half.npy": npy("<f2", "(2,)", false, Uint16Array.from([0x3c00, 0xc000]).buffer),
      "whole.npy": npy("<i8", "(1,)", false, new ArrayBuffer(8)),
    }),
  );
  expect([...(await weights.read("turned"))]).toEqual([1, 2, 3, 4, 5, 6]);
  expect([...(await weights.read("turned", { start: 1, end: 2 }))]).toEqual([4, 5, 6]);
  expect([...(await weights.read("double"))]).toEqual([0.5, -2]);
  expect([...(await weights.read("half"))]).toEqual([1, -2]);
  await expect(weights.read("whole")).rejects.toThrow(/type <i8/);
});

describe("files that lie", () => {
  const said = async (files: Record<string, Uint8Array>, level: 0 | 6 = 0) => {
    const error = await npz(archive(files, level)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Problem);
    return sentence(error);
  };

  test("a shape that the bytes do not fill", async () => {
    expect(await said({ "a.npy": npy("<f4", "(99999, 99999)", false, new ArrayBuffer(16)) })).toMatch(
      /\[99999, 99999\] in <f4 does not fill its \d+ bytes/,
    );
  });

  test("something else under the name of an array", async () => {
    expect(await said({ "a.npy": new TextEncoder().encode("<html>not found</html>") })).toMatch(/not a NumPy array/);
  });

  test("whatever bytes are changed or lost, there is a sentence or the numbers, never another error", async () => {
    const random = numbers(9);
    for (const name of ["gemma-scope-1", "gemma-scope-1-packed"]) {
      const good = file(name);
      for (let i = 0; i < 600; i++) {
        let data = good.slice();
        // Headers and the directory at the end are where a change means something.
        for (let k = 0; k < 1 + random() * 3; k++) {
          const place = random() < 0.7 ? good.length - 1 - Math.floor(random() * 500) : Math.floor(random() * 300);
          data[place] = Math.floor(random() * 256);
        }
        if (random() < 0.2) data = data.slice(0, Math.floor(random() * data.length));
        try {
          const weights = await npz(memoryBytes(data, "fuzzed"));
          for (const tensor of weights.tensors.keys()) await weights.read(tensor);
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
        }
      }
    }
  });
});
