/**
 * What a chart leaves out should cancel. A few hundred units chosen by size, for and against alike, leave out hundreds of
 * thousands of weak ones whose small support adds up to a third of the answer, in every ranking that was tried. So those
 * against the answer may have to be up to twice as strong as those for it to be charted (or half as strong, where the
 * chart would bring about too much): the smallest such factor with which the chart alone brings the answer about.
 *
 * The bound keeps it honest: nothing against the answer is hidden that is twice as strong as the weakest that is shown
 * for it, the factor and both counts are printed, and so is what the chart would do with factor 1. See decision 11.
 */
import type { VariantOptions } from "../../interventions/variants.ts";
import type { Balance } from "../document.ts";
import { type Circuit, type CircuitOptions, chooseCircuit } from "./circuit.ts";
import { type GapShares, gapShares, type Question, sufficiencies } from "./gap.ts";

/** Factors that are tried where 1 does not do, nearest to 1 first. */
const FACTORS = [1.19, 1.41, 1.68, 2] as const;
/** Sufficiency that ends the search. */
const ENOUGH = [0.9, 1.1] as const;

export interface BalancedCircuit extends Circuit {
  readonly balance: Balance;
  readonly sufficiency: number;
}

type Options = Omit<CircuitOptions, "against"> & Omit<VariantOptions, "positions">;

/** The circuit of the factor nearest to 1 that suffices to 0.9-1.1; where none does, of the one that comes nearest. */
export async function balancedCircuit(
  q: Question,
  effects: readonly Float32Array[],
  options: Options,
): Promise<BalancedCircuit> {
  // "For" is what brings the contrast's d to the prompt's.
  const sign = Math.sign(q.onPrompt - q.onContrast) || 1;
  const towards = sign > 0 ? effects : effects.map(values => values.map(v => -v));
  const choose = (against: number) => chooseCircuit(q.prompt, towards, { ...options, against });
  const alone = async (circuits: readonly Circuit[]) => {
    const charted = circuits.map(c => c.charted);
    return sufficiencies(q, charted, { signal: options.signal });
  };
  const alike = choose(1);
  const [sufficiencyAlike] = await alone([alike]);
  const tried = [{ factor: 1, circuit: alike, sufficiency: sufficiencyAlike! }];
  const enough = (s: number) => s >= ENOUGH[0] && s <= ENOUGH[1];
  if (!enough(sufficiencyAlike!)) {
    const factors = FACTORS.map(f => (sufficiencyAlike! < 1 ? f : 1 / f));
    const circuits = factors.map(choose);
    const measured = await alone(circuits);
    factors.forEach((factor, i) => {
      tried.push({ factor, circuit: circuits[i]!, sufficiency: measured[i]! });
    });
  }
  const miss = (t: { sufficiency: number }) => Math.abs(t.sufficiency - 1);
  const best = tried.find(t => enough(t.sufficiency)) ?? tried.reduce((a, b) => (miss(b) < miss(a) ? b : a));
  const { circuit, factor, sufficiency } = best;
  const { dMlp } = q.prompt.model.config;
  const supporting = circuit.units.filter(u => towards[u.layer]![u.position * dMlp + u.index]! > 0).length;
  return {
    ...circuit,
    sufficiency,
    balance: {
      factor,
      for: supporting,
      against: circuit.units.length - supporting,
      sufficiencyAlike: sufficiencyAlike!,
    },
  };
}

/** Balanced circuits of several sizes, with both shares. */
export async function balancedShares(
  q: Question,
  effects: readonly Float32Array[],
  sizes: readonly number[],
  options: Omit<Options, "nodes">,
): Promise<(GapShares & { readonly nodes: number; readonly factor: number })[]> {
  const circuits: BalancedCircuit[] = [];
  for (const nodes of sizes) circuits.push(await balancedCircuit(q, effects, { ...options, nodes }));
  const shares = await gapShares(
    q,
    circuits.map(c => c.charted),
    options,
  );
  return circuits.map((c, i) => ({ nodes: c.nodes, factor: c.balance.factor, ...shares[i]! }));
}
