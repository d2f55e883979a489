/** The lessons run, and say what they teach. */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = resolve(import.meta.dirname, "../scripts/example.js");
const lesson = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [script, ...args])).stdout;

test("01: the state is found at the city, and becomes its capital only in the last layer", async () => {
  const said = await lesson("01");
  expect(said).toContain('at "Dallas" after layer 0:  Texas');
  expect(said).toContain('at "is" after layer 0:  is\nat "is" after layer 1:  Texas\nat "is" after layer 2:  Austin');
});

test("02: an edge is what silencing its source takes away with all else held, and not with all else live", async () => {
  const said = await lesson("02");
  const number = (line: string) => Number(new RegExp(`${line} +([+−][\\d.]+)`).exec(said)![1]!.replace("−", "-"));
  expect(number("the edge says")).toBeGreaterThan(1);
  expect(number("silenced, all else held")).toBeCloseTo(number("the edge says"), 2);
  expect(number("silenced, all else live")).toBeLessThan(0);
});

test("03: with California in the place of Texas the same question has another answer", async () => {
  expect((await lesson("03")).split("\n").map(line => line.split(": ").at(-1)!.trim())).toEqual([
    "Austin",
    "is",
    "Sacramento",
    "",
  ]);
});

test("without a number the lessons are listed", async () => {
  const said = await lesson();
  for (const number of ["01", "02", "03"]) expect(said).toMatch(new RegExp(`npm run example ${number} +\\S`));
});
