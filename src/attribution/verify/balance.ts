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
import { type Question, sufficiencies } from "./gap.ts";

/** Factors that are tried where 1 does not do, nearest to 1 first. */
const FACTORS = [1.19, 1.41, 1.68, 2] as const;
/** Sufficiency that ends the search. */
const ENOUGH = [0.9, 1.1] as const;

export interface BalancedCircuit extends Circuit {
  readonly balance: Balance;
  readonly sufficiency: number;
}

type Options = Omit<CircuitOptions, "against"> & Omit<VariantOptions, "positions">;

/** What was chosen with the factor nearest to 1 that suffices to 0.9-1.1; where none does, what comes nearest. */
export interface Balanced<T> {
  readonly chosen: T;
  readonly factor: number;
  readonly sufficiency: number;
  /** With factor 1. */
  readonly sufficiencyAlike: number;
}

/**
 * @param choose what is charted when something against the answer must be so many times as strong to be kept
 * @param measure sufficiency of each, attention live
 */
export async function balancedBy<T>(
  choose: (against: number) => T,
  measure: (some: readonly T[]) => Promise<readonly number[]>,
): Promise<Balanced<T>> {
  const alike = choose(1);
  const [sufficiencyAlike] = await measure([alike]);
  const tried = [{ factor: 1, chosen: alike, sufficiency: sufficiencyAlike! }];
  const enough = (s: number) => s >= ENOUGH[0] && s <= ENOUGH[1];
  if (!enough(sufficiencyAlike!)) {
    const factors = FACTORS.map(f => (sufficiencyAlike! < 1 ? f : 1 / f));
    const some = factors.map(choose);
    const measured = await measure(some);
    factors.forEach((factor, i) => {
      tried.push({ factor, chosen: some[i]!, sufficiency: measured[i]! });
    });
  }
  const miss = (t: { sufficiency: number }) => Math.abs(t.sufficiency - 1);
  const best = tried.find(t => enough(t.sufficiency)) ?? tried.reduce((a, b) => (miss(b) < miss(a) ? b : a));
  return { ...best, sufficiencyAlike: sufficiencyAlike! };
}

/** Of neurons. */
export async function balancedCircuit(
  q: Question,
  effects: readonly Float32Array[],
  options: Options,
): Promise<BalancedCircuit> {
  // "For" is what brings the contrast's d to the prompt's.
  const towards = forAnswer(q) > 0 ? effects : effects.map(values => values.map(v => -v));
  const { chosen, factor, sufficiency, sufficiencyAlike } = await balancedBy(
    against => chooseCircuit(q.prompt, towards, { ...options, against }),
    circuits =>
      sufficiencies(
        q,
        circuits.map(c => c.charted),
        { signal: options.signal },
      ),
  );
  const { dMlp } = q.prompt.model.config;
  const supporting = chosen.units.filter(u => towards[u.layer]![u.position * dMlp + u.index]! > 0).length;
  const against = chosen.units.length - supporting;
  return { ...chosen, sufficiency, balance: { factor, for: supporting, against, sufficiencyAlike } };
}

/** The sign of an effect that is for the answer. */
export const forAnswer = (q: Question): number => Math.sign(q.onPrompt - q.onContrast) || 1;

/**
 * The control of a balanced circuit: as many units at random, each with the sign of its effect, by the same rule, the
 * search for a factor and all. What balancing alone could bring about shows here.
 * @param next random numbers from 0 to 1
 */
export function circuitByChance(
  q: Question,
  effects: readonly Float32Array[],
  options: Options,
  next: () => number,
): Promise<BalancedCircuit> {
  const dealt = effects.map(values => values.map(v => Math.sign(v) * (next() + 1e-6)));
  return balancedCircuit(q, dealt, options);
}
