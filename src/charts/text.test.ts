import { expect, test } from "vitest";
import { clip, columns, padded, percent, signed, tokenText, visible, wrap } from "./text.ts";

test("nothing invisible, and nothing that could move a cursor, survives", () => {
  const hostile = "a\n\t\r\u0007\u001b[2J\u202e\u200b\ufeff\u007f\u0085\u2028\ud800z";
  expect(visible(hostile)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Cs}]/u);
  expect(visible("a\nb\u001b")).toBe("a⏎b␛");
  expect(visible("\u202e")).toBe("‹U+202E›");
});

test("a family emoji stays one picture: its joiners are kept", () => {
  expect(visible("👩‍👧")).toBe("👩‍👧");
  expect(columns("👩‍👧")).toBe(2);
});

test("a token loses its leading space, but a token of spaces can be seen", () => {
  expect(tokenText(" Dallas")).toBe("Dallas");
  expect(tokenText("  ")).toBe("␣␣");
  expect(tokenText("        ")).toBe("␣×8");
  expect(tokenText("")).toBe("∅");
});

test("widths count CJK and emoji twice and combining marks not at all", () => {
  expect(columns("天气 ok")).toBe(7);
  expect(columns("e\u0301")).toBe(1);
  expect(columns(clip("今天天气很好", 7))).toBeLessThanOrEqual(7);
  expect(clip("今天天气很好", 7)).toBe("今天天…");
  expect(columns(padded("今天天气", 6))).toBe(6);
});

test("wrapped text keeps every character and every width", () => {
  const text = "a word, 今天天气很好我们去公园吧 and Donaudampfschifffahrtselektrizitätenhauptbetriebswerk end";
  const lines = wrap(text, 20);
  for (const line of lines) expect(columns(line)).toBeLessThanOrEqual(20);
  expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
});

test("small shares are not rounded to nothing, and zero is not small", () => {
  expect([0, 0.0004, 0.004, 0.316, 1].map(percent)).toEqual([
    "0\u00a0%",
    "<\u00a00.1\u00a0%",
    "0.4\u00a0%",
    "32\u00a0%",
    "100\u00a0%",
  ]);
  expect([signed(1.234), signed(-0.5), signed(-0.001), signed(Number.NaN)]).toEqual(["+1.23", "−0.50", "0.00", "–"]);
});
