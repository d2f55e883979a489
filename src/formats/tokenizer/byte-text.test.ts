import { expect, test } from "vitest";
import { beginsInBytes, byteText, endsInBytes, joinedBytes } from "./byte-text.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("what is whole UTF-8 is text, and each byte that is not is told by its number", () => {
  expect(byteText(bytes("naïve 宽 🙂"))).toBe("naïve 宽 🙂");
  expect(byteText(bytes("宽").subarray(0, 1))).toBe("<0xE5>");
  expect(byteText(bytes("宽").subarray(1))).toBe("<0xAE><0xBD>");
  expect(byteText(Uint8Array.of(0x61, 0xe5, 0x62, 0xf0, 0x9f))).toBe("a<0xE5>b<0xF0><0x9F>");
  expect(byteText(new Uint8Array())).toBe("");
});

test("pieces of a character side by side are the character again, wherever it was cut", () => {
  for (const text of ["宽", "a🙂b", "é"]) {
    const all = bytes(text);
    for (let cut = 0; cut <= all.length; cut++) {
      const pieces = [byteText(all.subarray(0, cut)), byteText(all.subarray(cut))];
      expect(joinedBytes(pieces.join(""))).toBe(text);
    }
  }
  expect(joinedBytes("<0xE5>")).toBe("<0xE5>");
  expect(joinedBytes("x <0xAE><0xE5><0xAE><0xBD>")).toBe("x <0xAE>宽");
});

test("a token that goes on inside a character is told from one that begins one", () => {
  expect([endsInBytes("a<0xE5>"), endsInBytes("a")]).toEqual([true, false]);
  expect([beginsInBytes("<0xAE>"), beginsInBytes("<0xE5>"), beginsInBytes("<b>")]).toEqual([true, false, false]);
});
