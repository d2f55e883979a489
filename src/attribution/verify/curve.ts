/**
 * How many nodes it takes: sufficiency and necessity of circuits of growing size, chosen as a trace chooses them, beside
 * other ways to choose as many: by the prompt's RelP alone, at random, by change of activation, and those that rank right
 * behind the chosen ones. Those with coarse nodes have the same ones. Random units and those behind are balanced too, by
 * the same rule: whatever balancing could do for any set, it does for them.
 */
import { random } from "../../core/random.ts";
import type { VariantOptions } from "../../interventions/variants.ts";
import { totalEffects } from "../total-effects.ts";
import { balancedCircuit, circuitByChance } from "./balance.ts";
import { type Circuit, type CircuitOptions, chooseCircuit } from "./circuit.ts";
import { type GapShares, gapShares, type Question } from "./gap.ts";

export const curveSizes = [10, 50, 100, 200, 500, 1000, 2000] as const;

export interface CurvePoint extends GapShares {
  readonly nodes: number;
}

export const waysToChoose = ["balanced", "alike", "plain", "behind", "active", "random"] as const;

/** How units are chosen: in words, for tables. */
export const wayInWords: Readonly<Record<Way, string>> = {
  balanced: "as a trace does",
  alike: "for and against alike",
  plain: "plain RelP, no coarse nodes",
  behind: "ranked right behind, balanced",
  active: "greatest change of activation",
  random: "at random, balanced",
};

export type Way = (typeof waysToChoose)[number];

export interface Curve extends Readonly<Record<Way, readonly CurvePoint[]>> {
  /**
   * N80: the fewest nodes from which on sufficiency is at least 0.8, between two sizes by the logarithm; undefined where
   * that is never. Of `balanced`, `alike` and `plain`.
   */
  readonly n80: Partial<Record<Way, number>>;
}

export type CurveOptions = Omit<CircuitOptions, "nodes" | "against"> & {
  readonly sizes?: readonly number[];
  readonly seed?: number;
} & Omit<VariantOptions, "positions">;

/** @param effects what units are ranked by: `rankUnits` */
export async function sufficiencyCurve(
  q: Question,
  effects: readonly Float32Array[],
  options: CurveOptions = {},
): Promise<Curve> {
  const sizes = options.sizes ?? curveSizes;
  const next = random(options.seed ?? 1);
  const changes = effects.map((values, layer) => {
    const [mine, other] = [q.prompt.read[layer]!.hidden!, q.contrast.read[layer]!.hidden!];
    return values.map((_, i) => mine[i]! - other[i]!);
  });
  const answer = { direction: q.direction, position: q.prompt.tokens - 1 };
  const relp = await totalEffects(q.prompt, answer, {
    contrast: q.contrast,
    pulls: "prompt",
    signal: options.signal,
  });
  const circuits: Record<Way, Circuit[]> = { balanced: [], alike: [], plain: [], behind: [], active: [], random: [] };
  for (const nodes of sizes) {
    const limits = { ...options, nodes };
    const balanced = await balancedCircuit(q, effects, limits);
    circuits.balanced.push(balanced);
    circuits.alike.push(chooseCircuit(q.prompt, effects, limits));
    circuits.plain.push(chooseCircuit(q.prompt, relp, { ...limits, coarseLayers: 0 }));
    circuits.behind.push(await balancedCircuit(q, without(effects, balanced, q), limits));
    circuits.active.push(chooseCircuit(q.prompt, changes, limits));
    circuits.random.push(await circuitByChance(q, effects, limits, next));
  }
  const all = waysToChoose.flatMap(way => circuits[way]);
  const shares = await gapShares(
    q,
    all.map(c => c.charted),
    options,
  );
  const points = all.map((c, i): CurvePoint => ({ nodes: c.nodes, ...shares[i]! }));
  const curves = Object.fromEntries(
    waysToChoose.map((way, w) => [way, points.slice(w * sizes.length, (w + 1) * sizes.length)]),
  ) as unknown as Record<Way, CurvePoint[]>;
  const n80: Partial<Record<Way, number>> = {};
  for (const way of ["balanced", "alike", "plain"] as const) {
    const n = enoughFrom(curves[way]);
    if (n !== undefined) n80[way] = n;
  }
  return { ...curves, n80 };
}

/** The effects of all that a circuit did not choose. */
function without(effects: readonly Float32Array[], { units }: Circuit, q: Question): Float32Array[] {
  const { dMlp } = q.prompt.model.config;
  const rest = effects.map(values => values.slice());
  for (const { layer, position, index } of units) rest[layer]![position * dMlp + index] = 0;
  return rest;
}

/** Where a curve reaches 0.8 for good. */
export function enoughFrom(points: readonly CurvePoint[]): number | undefined {
  const last = points.findLastIndex(p => p.sufficiency < 0.8);
  const above = points[last + 1];
  if (!above) return undefined;
  const below = points[last];
  if (!below || below.nodes <= 0) return above.nodes;
  const share = (0.8 - below.sufficiency) / (above.sufficiency - below.sufficiency);
  return Math.round(below.nodes * (above.nodes / below.nodes) ** share);
}
