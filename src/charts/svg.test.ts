import { expect, test } from "vitest";
import { examples } from "./examples/index.ts";
import { storySvg } from "./svg.ts";

/** Tags that were opened and not closed in order; [] when the markup is well formed. */
function unclosed(markup: string): string[] {
  const open: string[] = [];
  for (const [, close, name, self] of markup.matchAll(/<(\/?)([a-zA-Z]+)(?:[^<>"]|"[^"<]*")*?(\/?)>/g)) {
    if (self) continue;
    if (!close) open.push(name!);
    else if (open.pop() !== name) return [`</${name}>`, ...open];
  }
  return open;
}

test.each(Object.keys(examples))("%s: the SVG is well formed, loads nothing, runs nothing", name => {
  for (const width of [1160, 390]) {
    const svg = storySvg(examples[name]!, { width });
    expect(unclosed(svg)).toEqual([]);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(svg).not.toMatch(/<(script|img|image|foreignObject|use|a)[\s>]/i);
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|@import|url\((?!#)/);
    expect(svg).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#39;)/);
  }
});

test("hostile labels stay text, and the whole of them is in the title", () => {
  const svg = storySvg(examples.awkward!);
  expect(svg).toContain("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;");
  expect(svg).not.toContain("<img");
  expect(svg).not.toContain("\u202e");
});

test("coverage is drawn to the last pixel, and error is hatched", () => {
  const svg = storySvg(examples.awkward!, { width: 1160 });
  const widths = [...svg.matchAll(/class="cover (\w+)"[^>]*width="([\d.]+)" height="12"/g)].map(m => Number(m[2]));
  expect(widths.reduce((a, b) => a + b, 0)).toBeCloseTo(1160 - 64, 0);
  expect(svg).toContain(".cover.error{fill:url(#lucida-hatch)}");
});

test("every sign has its glyph: as many as links", () => {
  const svg = storySvg(examples.dallas!);
  const links = svg.match(/<g class="link (for|against)">/g)!;
  const plus = svg.match(/<g class="link for">.*?<\/g>/gs)!;
  const minus = svg.match(/<g class="link against">.*?<\/g>/gs)!;
  expect(plus.length + minus.length).toBe(links.length);
  expect(plus.every(g => g.includes(">+</text>"))).toBe(true);
  expect(minus.every(g => g.includes(">−</text>"))).toBe(true);
});

test("a chart that does not work says so before anything else", () => {
  const svg = storySvg(examples.awkward!);
  expect(svg.match(/<text[^>]*>([^<]*)/)![1]).toMatch(/does not work/);
});
