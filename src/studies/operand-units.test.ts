import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { explained, kindsOf } from "./operand-units.ts";

const sums = Array.from({ length: 2000 }, (_, i) => ({ a: 10 + ((i * 7) % 80), b: 10 + ((i * 31 + (i >> 4)) % 80) }));

test("made-up units are told apart by what they were made to depend on", () => {
  const next = random(3);
  const table = Float64Array.from({ length: 100 }, () => next());
  const values = (s: { a: number; b: number }) => [
    table[(s.a % 10) * 10 + (s.b % 10)]!,
    ((s.a + s.b) % 10) * 0.1,
    s.b % 10 === 4 ? 1 : 0,
    (s.a + s.b) / 100,
    next(),
  ];
  const units = sums.map(s => [Float32Array.from(values(s))]);
  expect(kindsOf(sums, units).map(u => u.kind)).toEqual(["look-up", "sum, ones", "one number's ones", "size", "other"]);
});

test("many small groups explain nothing of noise", () => {
  const next = random(5);
  const noise = Float64Array.from({ length: 2000 }, () => next());
  expect(
    explained(
      noise,
      sums.map((_, i) => i % 500),
    ),
  ).toBeLessThan(0.08);
});
