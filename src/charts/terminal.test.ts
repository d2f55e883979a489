import { expect, test } from "vitest";
import { examples } from "./examples/index.ts";
import { type Paint, storyText } from "./terminal.ts";
import { columns } from "./text.ts";

const names = Object.keys(examples);
const wrapIn = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
const paint: Paint = { bold: wrapIn(1), dim: wrapIn(2), for: wrapIn(32), against: wrapIn(35), warn: wrapIn(33) };

test.each(names.flatMap(n => [40, 60, 71, 80, 100, 200].map(w => [n, w] as const)))(
  "%s fits %i columns",
  (name, width) => {
    for (const line of storyText(examples[name]!, { width }).split("\n"))
      expect(columns(line), line).toBeLessThanOrEqual(Math.max(60, Math.min(100, width)));
  },
);

test.each(names)("%s: without colour there is no escape sequence, with colour the same text", name => {
  const plain = storyText(examples[name]!);
  expect(plain).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e\u00a0]/);
  const painted = storyText(examples[name]!, { paint });
  expect(painted).toContain("\u001b[32m");
  expect(painted.replaceAll(/\u001b\[\d+m/g, "")).toBe(plain);
});

test("a chart that does not work says so first", () => {
  expect(storyText(examples.awkward!).split("\n")[0]).toContain("✗ This chart does not work");
  expect(storyText(examples.small!).split("\n")[0]).toContain("The opposite of");
});

test("the coverage bar is exactly full", () => {
  for (const name of names)
    for (const width of [60, 83, 100]) {
      const bar = storyText(examples[name]!, { width })
        .split("\n")
        .find(line => /^ [█▒▓░]+$/.test(line))!;
      expect(columns(bar)).toBe(width - 1);
    }
});

test("everything a box knows is there: number, label, share, verdict, inputs", () => {
  const text = storyText(examples.small!);
  expect(text).toMatch(/ 3 ● size .*\+ █+.* 33 % {2}✓ confirmed/);
  expect(text).toContain("← #1 73 % · #2 15 % · small 11 %");
  expect(text).toContain("#6 −13 %");
  expect(text).toMatch(/ 8 ● opens a quotation .*⇄ opposite/);
});
