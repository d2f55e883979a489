import { expect, test } from "vitest";
import { memoryBytes } from "../../formats/bytes.ts";
import { openPacked, packed, packedRecord } from "./packed.ts";

const records = Array.from({ length: 20 }, (_, i) => ({ index: i, text: "x".repeat(i * 50) }));
const file = () => new Uint8Array(Buffer.concat(packed(records.map(packedRecord))));

test("any record is read alone: the header's few bytes and its own", async () => {
  const bytes = memoryBytes(file());
  let read = 0;
  const counting = {
    ...bytes,
    read(start: number, end: number) {
      read += end - start;
      return bytes.read(start, end);
    },
  };
  const open = await openPacked(counting);
  expect(open.count).toBe(20);
  expect(await open.read(17)).toEqual(records[17]);
  expect(read).toBeLessThan(120);
});

test("a file cut short, of another kind, or with offsets that lie is refused in words", async () => {
  const good = file();
  await expect(openPacked(memoryBytes(good.slice(0, 10)))).rejects.toThrow(/does not begin like/);
  await expect(openPacked(memoryBytes(good.slice(0, 100)))).rejects.toThrow(/claims 20 records in 100 bytes/);
  const far = good.slice();
  new DataView(far.buffer).setFloat64(16 + 8, 1e12, true);
  await expect((await openPacked(memoryBytes(far))).read(0)).rejects.toThrow(/lies from byte/);
  const spoiled = good.slice();
  const open = await openPacked(memoryBytes(spoiled));
  spoiled.fill(7, good.length - 40);
  await expect(open.read(19)).rejects.toThrow(/cannot be unpacked/);
  await expect(open.read(20)).rejects.toThrow(/there is no unit 20/);
});
