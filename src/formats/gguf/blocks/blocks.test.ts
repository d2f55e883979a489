import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { blockType, blockTypes } from "./table.ts";

interface Fixture {
  type: string;
  bytes: string;
  values: string;
}
const fixtures = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../../../../test/fixtures/gguf/blocks.json"), "utf8"),
) as Fixture[];

/** Bits of a float32 as a number that grows by one from each float to the next. */
const order = (bits: number): number => (bits < 0 ? -(bits & 0x7fffffff) : bits);

test("every block type has a fixture made by another program", () => {
  expect(fixtures.map(f => f.type).sort()).toEqual(blockTypes.map(t => t.name).sort());
});

for (const fixture of fixtures) {
  test(`${fixture.type} is read as the gguf package reads it, but for the last bit of a float`, () => {
    const type = blockTypes.find(t => t.name === fixture.type)!;
    expect(blockType(type.id)).toBe(type);
    const data = new Uint8Array(Buffer.from(fixture.bytes, "base64"));
    const want = new Float32Array(new Uint8Array(Buffer.from(fixture.values, "base64")).buffer);
    const blocks = data.length / type.bytes;
    expect(blocks * type.weights).toBe(want.length);
    // Off the beginning on both sides, with a guard after: writes exactly its own elements.
    const shifted = new Uint8Array(data.length + 3);
    shifted.set(data, 3);
    const out = new Float32Array(want.length + 7).fill(42);
    type.dequantise(shifted, 3, blocks, out, 5);
    expect([...out.subarray(0, 5), ...out.subarray(-2)]).toEqual([42, 42, 42, 42, 42, 42, 42]);
    const got = new Int32Array(out.slice(5, 5 + want.length).buffer);
    const bits = new Int32Array(want.buffer);
    const scale = Math.max(...want.map(Math.abs));
    for (let i = 0; i < bits.length; i++) {
      const ulps = Math.abs(order(got[i]!) - order(bits[i]!));
      // s q - m cancels: there the last bit of the products counts, not that of the difference.
      if (ulps > 1) expect(Math.abs(out[5 + i]! - want[i]!)).toBeLessThan(scale * 2 ** -23);
    }
  });
}
