/**
 * How many nodes it takes: sufficiency and necessity of circuits of growing size, beside random ones and those of the
 * most active units, all in one batch of runs.
 */
import { random } from "../../core/random.ts";
import type { VariantOptions } from "../../interventions/variants.ts";
import { type CircuitOptions, chooseCircuit } from "./circuit.ts";
import { type GapShares, gapShares, type Question } from "./gap.ts";

export const curveSizes = [10, 20, 50, 100, 200, 500, 1000, 2000] as const;

export interface CurvePoint extends GapShares {
  readonly nodes: number;
}

export interface Curve {
  readonly ranked: readonly CurvePoint[];
  /** As many units drawn at random among those whose value differs between the prompts. */
  readonly random: readonly CurvePoint[];
  /** As many units of the greatest change of activation between the prompts. */
  readonly active: readonly CurvePoint[];
  /** N80: the fewest nodes of `ranked` from which on sufficiency is at least 0.8; undefined where that is never. */
  readonly n80: number | undefined;
}

export async function sufficiencyCurve(
  q: Question,
  effects: readonly Float32Array[],
  options: Omit<CircuitOptions, "nodes"> & {
    readonly sizes?: readonly number[];
    readonly seed?: number;
  } & Omit<VariantOptions, "positions"> = {},
): Promise<Curve> {
  const sizes = options.sizes ?? curveSizes;
  const next = random(options.seed ?? 1);
  const changes = effects.map((values, layer) => {
    const [mine, other] = [q.prompt.read[layer]!.hidden!, q.contrast.read[layer]!.hidden!];
    return values.map((_, i) => mine[i]! - other[i]!);
  });
  const chance = changes.map(values => values.map(v => (v === 0 ? 0 : next() + 1e-6)));
  const rankings = [effects, chance, changes];
  const circuits = rankings.flatMap(by => sizes.map(nodes => chooseCircuit(q.prompt, by, { ...options, nodes })));
  const shares = await gapShares(
    q,
    circuits.map(c => c.charted),
    options,
  );
  const points = circuits.map((c, i): CurvePoint => ({ nodes: c.nodes, ...shares[i]! }));
  const [ranked, byChance, active] = rankings.map((_, r) => points.slice(r * sizes.length, (r + 1) * sizes.length));
  let n80: number | undefined;
  for (const point of ranked!.toReversed()) {
    if (point.sufficiency < 0.8) break;
    n80 = point.nodes;
  }
  return { ranked: ranked!, random: byChance!, active: active!, n80 };
}
