import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Problem } from "../core/problem.ts";
import type { Intervention } from "./intervention.ts";
import { placesOf } from "./places.ts";
import { parseIntervention, sentence } from "./sentence.ts";

const whole = fc.nat(5000);
const value = fc.double({ noNaN: true, noDefaultInfinity: true }).map(v => (Object.is(v, -0) ? 0 : v));
const text = fc.string({ unit: "grapheme" });
const site = fc.oneof(
  fc.record({ at: fc.constant("unit" as const), layer: whole, index: whole }),
  fc.record({ at: fc.constant("supernode" as const), id: text }),
  fc.record({ at: fc.constant("direction" as const), layer: whole, name: text }),
  fc.record({ at: fc.constant("head" as const), layer: whole, head: whole }),
  fc.record({ at: fc.constant("residual" as const), layer: whole }),
);
const positions = fc.oneof(
  fc.array(whole, { minLength: 1, maxLength: 5 }),
  fc.record({ text }),
  fc.constantFrom("last" as const, "all" as const, "new" as const),
);
const change = fc.oneof(
  fc.record({ do: fc.constant("scale" as const), by: value }),
  fc.record({ do: fc.constant("set" as const), to: value }),
  fc.record({ do: fc.constant("add" as const), by: value }),
  fc.record({ do: fc.constant("swap" as const), from: text }),
);

test("every intervention comes back from its sentence, whatever its texts hold", () => {
  fc.assert(
    fc.property(site, positions, change, (site, positions, change) => {
      const data: Intervention = { site, positions, ...change };
      expect(parseIntervention(sentence(data))).toEqual(data);
    }),
    { numRuns: 500 },
  );
});

test("sentences as people write them", () => {
  expect(
    sentence({ site: { at: "unit", layer: 12, index: 345 }, positions: { text: "Dallas" }, do: "scale", by: 0 }),
  ).toBe('scale unit 12.345 at "Dallas" by 0');
  expect(parseIntervention("  scale  neuron 1.2 at positions 3, 4 by −1 ")).toEqual({
    site: { at: "unit", layer: 1, index: 2 },
    positions: [3, 4],
    do: "scale",
    by: -1,
  });
  expect(parseIntervention("swap box 'Texas' from 'the capital of \"California\"'")).toEqual({
    site: { at: "supernode", id: "Texas" },
    positions: "all",
    do: "swap",
    from: 'the capital of "California"',
  });
});

describe("what cannot be read says where and what could stand there", () => {
  test.each([
    ["sclae unit 1.2 by 0", /begins with scale, set, add, swap.*"sclae"/, /scale/],
    ["scale unt 1.2 by 0", /unit.*where "unt" stands/, /unit/],
    ["scale unit 12 by 0", /layer.number/, /unit 12.345/],
    ["scale unit 1.2 at Dallas by 0", /in quotes.*"Dallas"/, /./],
    ["scale unit 1.2 by much", /a number.*"much"/, /./],
    ["scale unit 1.2 by 1e999", /a number/, /./],
    ["scale unit 1.2", /"by" is expected at its end/, /./],
    ["scale unit 1.2 by 0 now", /should end here where "now"/, /./],
    ['scale unit 1.2 at "Dal by 0', /opened and not closed/, /closing/],
    ["", /begins with/, /./],
  ])("%s", (text, what, advice) => {
    let problem: unknown;
    try {
      parseIntervention(text);
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(Problem);
    expect((problem as Problem).message).toMatch(what);
    expect((problem as Problem).advice).toMatch(advice);
  });
});

describe("positions", () => {
  const texts = ["<s>", "The", " capital", " of", " Dal", "las", " and", " of", " Rome"];
  const at = (text: string) => [...placesOf({ text }, texts).positions];
  test("a text of several tokens means all of them", () => {
    expect(at("Dallas")).toEqual([4, 5]);
    expect(at(" capital")).toEqual([2]);
    expect(at("of Rome")).toEqual([7, 8]);
  });
  test("a text that is there twice is not guessed", () => {
    expect(() => at("of")).toThrow(/2 places: positions 3 and 7/);
  });
  test("a text that is not there comes with its neighbours", () => {
    expect(() => at("capitol")).toThrow(/"capitol" is not among the prompt's 9 tokens/);
    try {
      at("capitol");
    } catch (error) {
      expect((error as Problem).advice).toBe('at "capital"');
    }
  });
  test("numbers outside the prompt", () => {
    expect(() => placesOf([9], texts)).toThrow(/0 to 8/);
    expect(placesOf("new", texts)).toEqual({ positions: new Set(), generated: true });
    expect([...placesOf("last", texts).positions]).toEqual([8]);
  });
});
