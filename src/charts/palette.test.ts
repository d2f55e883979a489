import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dark, light } from "./palette.ts";

/** WCAG 2 contrast of two #rrggbb colours. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [r, g, bl] = [1, 3, 5].map(i => {
      const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * bl!;
  };
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

test.each([light, dark])("text has 4.5:1 against both grounds, drawn things 3:1", palette => {
  for (const ground of [palette.paper, palette.card]) {
    for (const text of [palette.ink, palette.muted, palette.positive, palette.negative])
      expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.fog, ground)).toBeGreaterThanOrEqual(3);
  }
});

test("the page's colours are the charts' colours", () => {
  const css = readFileSync(new URL("../web/views/story/colours.css", import.meta.url), "utf8");
  const blocks = [...css.matchAll(/:root[^{]*\{([^}]*)\}/g)].map(m => m[1]!);
  const expected = [light, dark, dark];
  expect(blocks).toHaveLength(3);
  for (const [i, block] of blocks.entries())
    for (const [name, colour] of Object.entries(expected[i]!)) expect(block).toContain(`--${name}: ${colour};`);
});
