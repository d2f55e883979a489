import { expect, test } from "vitest";
import { memoryBytes } from "./bytes.ts";
import { halfTable, toHalf } from "./half.ts";
import { readSafetensorsHeader, safetensors } from "./safetensors.ts";
import { writeSafetensors } from "./write-safetensors.ts";

test("every half-precision value comes back as the bits it had, and what lies between goes to the nearer one", () => {
  const table = halfTable();
  for (let bits = 0; bits < 65536; bits++) {
    if (!Number.isNaN(table[bits])) expect(toHalf(table[bits]!)).toBe(bits);
  }
  for (let bits = 0; bits < 0x7bff; bits += 7) {
    const [low, high] = [table[bits]!, table[bits + 1]!];
    expect(toHalf(low + (high - low) * 0.49)).toBe(bits);
    expect(toHalf(low + (high - low) * 0.51)).toBe(bits + 1);
    expect(toHalf((low + high) / 2)).toBe(bits % 2 === 0 ? bits : bits + 1);
  }
  expect([70000, -70000, 65519].map(toHalf)).toEqual([0x7c00, 0xfc00, 0x7bff]);
  expect(toHalf(Number.NaN) & 0x7fff).toBeGreaterThan(0x7c00);
});

test("what is written is read back: shapes, values, metadata", async () => {
  const tensors = [
    { name: "a", shape: [2, 3], data: Float32Array.of(1, -2, 0.5, 1e-8, 3e7, -0) },
    { name: "ä", shape: [1], data: Float32Array.of(Math.PI) },
  ];
  const pieces = [...writeSafetensors(tensors, "F32", { step: "7" })];
  const file = memoryBytes(Uint8Array.from(pieces.flatMap(p => [...p])));
  expect((await readSafetensorsHeader(file)).metadata.get("step")).toBe("7");
  const weights = await safetensors(file);
  for (const t of tensors) {
    expect(weights.tensors.get(t.name)?.shape).toEqual(t.shape);
    expect(await weights.read(t.name)).toEqual(t.data);
  }
});
