/** Three circuits that are known because they were built: two-hop lookup, modular addition, induction. */
import type { Model } from "../../src/models/model.ts";
import { build, type HandUnit } from "./builder.ts";

export interface Known {
  readonly model: Model;
  readonly ids: readonly number[];
  readonly contrast: readonly number[];
  readonly answer: number;
  readonly contrastAnswer: number;
  /** Node ids of `attribution/node.ts`: every edge of the circuit that this prompt runs through. */
  readonly edges: readonly (readonly [source: string, target: string])[];
}

const range = (n: number) => [...Array(n).keys()];
const noise = { units: 40, size: 0.03, seed: 5 };

/** `. CITY is` → the capital of the state that the city is in: city → state at the city, state → capital at "is". */
export function twoHop(seed = noise.seed): Known {
  const cities = 8;
  const states = 4;
  const stateOf = (city: number) => city % states;
  const model = build("two-hop", {
    features: [
      ...range(cities).map(c => `city ${c}`),
      ...range(states).flatMap(s => [`state ${s}`, `state ${s} at is`, `say ${s}`]),
      "a city",
      "is",
    ],
    tokens: [
      { name: ".", is: {} },
      { name: "is", is: { is: 1 } },
      ...range(cities).map(c => ({ name: `city ${c}`, is: { [`city ${c}`]: 1, "a city": 1 } })),
      ...range(states).map(s => ({ name: `capital ${s}`, is: {} })),
    ],
    positions: range(6).map(() => ({})),
    layers: [
      {
        heads: [],
        units: range(cities).map(
          (c): HandUnit => ({ reads: { [`city ${c}`]: 2 }, bias: -1, writes: { [`state ${stateOf(c)}`]: 1 } }),
        ),
      },
      {
        heads: [
          { match: [["is", "a city", 12]], move: range(states).map(s => [`state ${s}`, `state ${s} at is`] as const) },
        ],
        units: range(states).map(
          (s): HandUnit => ({ reads: { [`state ${s} at is`]: 2 }, bias: -1, writes: { [`say ${s}`]: 1 } }),
        ),
      },
    ],
    says: range(states).map(s => [`capital ${s}`, `say ${s}`, 8]),
    noise: { ...noise, seed },
  });
  return {
    model,
    ids: [0, 0, 2 + 1, 1],
    contrast: [0, 0, 2 + 2, 1],
    answer: 2 + cities + 1,
    contrastAnswer: 2 + cities + 2,
    edges: [
      ["embedding.2", "unit.0.2.1"],
      ["unit.0.2.1", "unit.1.3.1"],
      ["unit.1.3.1", "target.0"],
    ],
  };
}

/** `a b =` → a + b modulo 5: both are brought to "=", where units for each pair say the sum. */
export function modularAddition(seed = noise.seed): Known {
  const p = 5;
  const weights = [0.5, 0.3, 0.2];
  const model = build("modular addition", {
    features: [...range(p).flatMap(i => [`is ${i}`, `a ${i}`, `b ${i}`, `sum ${i}`]), "first", "second", "equals"],
    tokens: [...range(p).map(i => ({ name: `${i}`, is: { [`is ${i}`]: 1 } })), { name: "=", is: { equals: 1 } }],
    positions: [{ first: 1 }, { second: 1 }, {}],
    layers: [
      {
        heads: (["first", "second"] as const).map((place, h) => ({
          match: [["equals", place, 12]] as const,
          move: range(p).map(i => [`is ${i}`, `${"ab"[h]} ${i}`] as const),
        })),
        // Three units a pair, of unequal weight, so that there is something to rank.
        units: range(p * p).flatMap(k =>
          weights.map((weight): HandUnit => {
            const [i, j] = [Math.floor(k / p), k % p];
            return { reads: { [`a ${i}`]: 2, [`b ${j}`]: 2 }, bias: -3, writes: { [`sum ${(i + j) % p}`]: weight } };
          }),
        ),
      },
      { heads: [], units: [] },
    ],
    says: range(p).map(i => [`${i}`, `sum ${i}`, 8]),
    noise: { ...noise, seed },
  });
  const [a, b] = [3, 4];
  return {
    model,
    ids: [a, b, p],
    contrast: [1, b, p],
    answer: (a + b) % p,
    contrastAnswer: (1 + b) % p,
    edges: weights.flatMap((_, r) => {
      const unit = `unit.0.2.${(a * p + b) * weights.length + r}`;
      return [
        ["embedding.0", unit],
        ["embedding.1", unit],
        [unit, "target.0"],
      ] as const;
    }),
  };
}

/** `A B … A` → B: a head notes the token before each, a later one looks for the token that followed. No MLP takes part. */
export function induction(seed = noise.seed): Known {
  const tokens = 8;
  const places = 8;
  const model = build("induction", {
    features: [
      ...range(tokens).flatMap(t => [`is ${t}`, `after ${t}`, `say ${t}`]),
      ...range(places).map(i => `at ${i}`),
    ],
    tokens: range(tokens).map(t => ({ name: `${t}`, is: { [`is ${t}`]: 1 } })),
    positions: range(places).map(i => ({ [`at ${i}`]: 1 })),
    layers: [
      {
        heads: [
          {
            match: range(places - 1).map(i => [`at ${i + 1}`, `at ${i}`, 14] as const),
            move: range(tokens).map(t => [`is ${t}`, `after ${t}`] as const),
          },
        ],
        units: [],
      },
      {
        heads: [
          {
            match: range(tokens).map(t => [`is ${t}`, `after ${t}`, 14] as const),
            move: range(tokens).map(t => [`is ${t}`, `say ${t}`] as const),
          },
        ],
        units: [],
      },
    ],
    says: range(tokens).map(t => [`${t}`, `say ${t}`, 8]),
    noise: { ...noise, seed },
  });
  return {
    model,
    ids: [0, 1, 2, 3, 4, 5, 1],
    contrast: [0, 1, 2, 3, 4, 5, 3],
    answer: 2,
    contrastAnswer: 4,
    edges: [["embedding.2", "target.0"]],
  };
}
