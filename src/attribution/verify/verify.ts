/**
 * A chart held against the real model (design §6).
 *
 * 1. Each box: its units switched off, sign-flipped, and at the contrast's values, attention live and frozen; beside
 *    what the chart predicts, and what random units of the same layers, positions and mass do.
 * 2. The strongest paths A → B: what A's box does, less what it does while B is held as it was; beside it, the same with
 *    random sets that match B held in its place: what passes through any such set.
 * 3. The same units dealt into boxes at random: how well would any grouping have done? Printed beside, since ranks of
 *    groups agree easily; what the boxes must beat are the matched random sets.
 * 4. Against a contrast: does the chart alone bring the answer about (sufficiency), and does it go with the chart
 *    (necessity)?
 *
 * All runs are variants of one prompt, in one batch. The same seed draws the same controls.
 */
import { random } from "../../core/random.ts";
import type { PromptBasis } from "../../features/basis.ts";
import type { LiveFeatures } from "../../interventions/live-features.ts";
import { sentence } from "../../interventions/sentence.ts";
import { unitsHeld } from "../../interventions/units-held.ts";
import { runVariants, type Variant } from "../../interventions/variants.ts";
import { finalStream, type Recording } from "../../models/record.ts";
import type { Verdict, Verification } from "../document.ts";
import { contrastValues } from "./contrast-values.ts";
import { dealt, Matched } from "./controls.ts";
import type { GapShares } from "./gap.ts";
import type { Predict, UnitChange } from "./predict.ts";
import { controlRange, spearman, verdictWord } from "./verdict.ts";
import { judge } from "./works.ts";

export interface VerifyBox {
  readonly id: string;
  /** The basis's numbers. */
  readonly units: readonly number[];
}

export interface VerifyInput {
  readonly recording: Recording;
  readonly basis: PromptBasis;
  readonly features?: LiveFeatures | undefined;
  /** [dModel] what is explained, as a direction of the normed final stream, at `position` (the last when left out). */
  readonly direction: Float32Array;
  readonly position?: number | undefined;
  readonly boxes: readonly VerifyBox[];
  /** Pairs of box ids, strongest first. */
  readonly paths?: readonly (readonly [from: string, to: string])[] | undefined;
  readonly predict: Predict;
  readonly contrast?: { readonly recording: Recording; readonly prompt: string } | undefined;
  /** Sufficiency and necessity of what is charted: see `gap.ts`. */
  readonly gap?: GapShares | undefined;
  /** Units and coarse nodes of the chart, and how many it may have: 500 neurons, 100 features. */
  readonly nodes: number;
  readonly mostNodes?: number | undefined;
  readonly seed?: number | undefined;
  /** Random sets a box, at least 20. */
  readonly controls?: number | undefined;
  /** Random groupings of all the boxes' units. */
  readonly partitions?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, of: number) => void) | undefined;
}

export interface Verified {
  readonly verification: Verification;
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly paths: readonly { readonly from: string; readonly to: string; readonly verdict: Verdict }[];
}

type Treatment = "off" | "flipped" | "contrast";

export async function verify(input: VerifyInput): Promise<Verified> {
  const { basis, boxes } = input;
  const seed = input.seed ?? 1;
  const next = random(seed);
  const count = Math.max(20, input.controls ?? 20);
  const values = await valuesOf(input);
  const main: Treatment = input.contrast ? "contrast" : "off";
  const treatments: Treatment[] = input.contrast ? ["contrast", "off", "flipped"] : ["off", "flipped"];
  const changes = (units: readonly number[], t: Treatment): UnitChange[] =>
    units.map(unit => ({ unit, value: values.of(unit, t) }));

  const runs = new Runs(input);
  const inBoxes = new Set(boxes.flatMap(box => box.units));
  const matched = new Matched(basis, unit => Math.abs(values.of(unit, main) - basis.activation(unit)), inBoxes, next);
  const planned = [];
  for (const box of boxes) {
    const tests = [];
    for (const t of treatments) {
      tests.push({
        treatment: t,
        live: await runs.add(changes(box.units, t), "live"),
        frozen: await runs.add(changes(box.units, t), "frozen"),
      });
    }
    const controls = [];
    for (let i = 0; i < count; i++) controls.push(await runs.add(changes(matched.draw(box.units), main), "live"));
    planned.push({ box, tests, controls });
  }
  const pathsPlanned = [];
  const boxOf = new Map(boxes.map(box => [box.id, box]));
  for (const [from, to] of input.paths ?? []) {
    const [a, b] = [boxOf.get(from), boxOf.get(to)];
    if (!a || !b) continue;
    const kept = b.units.map(unit => ({ unit, value: basis.activation(unit) }));
    const held = [...changes(a.units, main), ...kept];
    pathsPlanned.push({
      a,
      b,
      controls: await heldControls(runs, matched, changes(a.units, main), b.units, basis, count),
      whole: [await runs.add(changes(a.units, main), "live"), await runs.add(changes(a.units, main), "frozen")],
      held: [await runs.add(held, "live"), await runs.add(held, "frozen")],
    });
  }
  const partitions = [];
  for (let i = 0; i < (input.partitions ?? 3); i++) {
    const sets = dealt(
      boxes.map(box => box.units),
      next,
    );
    const live = [];
    for (const set of sets) live.push(await runs.add(changes(set, main), "live"));
    partitions.push({ sets, live });
  }

  const predicted = await input.predict([
    ...boxes.flatMap(box => treatments.map(t => ({ changes: changes(box.units, t) }))),
    ...pathsPlanned.flatMap(({ a, b }) => [
      { changes: changes(a.units, main) },
      { changes: changes(a.units, main), held: b.units },
    ]),
    ...partitions.flatMap(({ sets }) => sets.map(set => ({ changes: changes(set, main) }))),
  ]);
  const measured = await runs.measure();

  let at = 0;
  const verdicts = new Map<string, Verdict>();
  const pairs: { predicted: number; live: number }[] = [];
  for (const { box, tests, controls } of planned) {
    const byChance = controls.map(i => measured[i]!);
    const results = tests.map(({ treatment, live, frozen }) => ({
      what: describe(box.id, treatment, input.contrast?.prompt),
      predicted: predicted[at++]!,
      live: measured[live]!,
      frozen: measured[frozen]!,
      controls: treatment === main ? byChance : [],
    }));
    const first = results[0]!;
    pairs.push({ predicted: first.predicted, live: first.live });
    verdicts.set(box.id, { word: verdictWord(first.predicted, first.live, byChance), tests: results });
  }
  const paths = pathsPlanned.map(({ a, b, whole, held, controls }) => {
    const through = predicted[at]! - predicted[at + 1]!;
    at += 2;
    const effect = (i: number) => measured[whole[i]!]! - measured[held[i]!]!;
    // What passes through A's box alone is the same in all: only what is held differs.
    const byChance = controls.map(i => measured[whole[0]!]! - measured[i]!);
    const what = `${describe(a.id, main, input.contrast?.prompt)}, through supernode ${JSON.stringify(b.id)}`;
    const test = { what, predicted: through, live: effect(0), frozen: effect(1), controls: byChance };
    return { from: a.id, to: b.id, verdict: { word: verdictWord(through, test.live, byChance), tests: [test] } };
  });
  const drawn = planned.map(({ controls }) => controls);
  const chance = Array.from({ length: count }, (_, i) =>
    spearman(
      pairs.map(p => p.predicted),
      drawn.map(controls => measured[controls[i]!]!),
    ),
  ).filter(rho => rho !== undefined);
  const off = (live: readonly number[]) =>
    Math.sqrt(pairs.reduce((sum, p, i) => sum + (live[i]! - p.predicted) ** 2, 0) / pairs.length);
  const offByChance = Array.from({ length: count }, (_, i) => off(drawn.map(controls => measured[controls[i]!]!)));
  const byPartition: number[] = [];
  for (const { live } of partitions) {
    const rho = spearman(
      live.map(() => predicted[at++]!),
      live.map(i => measured[i]!),
    );
    if (rho !== undefined) byPartition.push(rho);
  }
  const verification = judge({
    ...(input.gap ? { gap: input.gap } : {}),
    nodes: input.nodes,
    mostNodes: input.mostNodes ?? (input.features ? 100 : 500),
    pairs,
    spearman: spearman(
      pairs.map(p => p.predicted),
      pairs.map(p => p.live),
    ),
    spearmanControls: chance.length > 0 ? controlRange(chance)[1] : undefined,
    ...(pairs.length > 0 ? { error: off(pairs.map(p => p.live)), errorControls: controlRange(offByChance)[0] } : {}),
    spearmanPartition: byPartition.length > 0 ? byPartition.reduce((a, b) => a + b, 0) / byPartition.length : undefined,
    seed,
    controls: count,
  });
  return { verification, verdicts, paths };
}

/** Runs of A's change with random sets that match B held as they were: a path's own controls. */
async function heldControls(
  runs: Runs,
  matched: Matched,
  changed: readonly UnitChange[],
  held: readonly number[],
  basis: PromptBasis,
  count: number,
): Promise<number[]> {
  const made: number[] = [];
  for (let i = 0; i < count; i++) {
    const kept = matched.draw(held).map(unit => ({ unit, value: basis.activation(unit) }));
    made.push(await runs.add([...changed, ...kept], "live"));
  }
  return made;
}

function describe(id: string, treatment: Treatment, prompt: string | undefined): string {
  const base = { site: { at: "supernode", id }, positions: "all" } as const;
  if (treatment === "contrast") return sentence({ ...base, do: "swap", from: prompt ?? "" });
  return sentence({ ...base, do: "scale", by: treatment === "off" ? 0 : -1 });
}

/** What each unit's value becomes under a treatment. */
async function valuesOf({ basis, contrast, features }: VerifyInput) {
  const every = Array.from({ length: features ? basis.count : 0 }, (_, unit) => unit);
  const other = contrast && (await contrastValues(every, basis, contrast.recording, features));
  return {
    of(unit: number, treatment: Treatment): number {
      switch (treatment) {
        case "off":
          return 0;
        case "flipped":
          return -basis.activation(unit);
        case "contrast":
          return other!(unit);
      }
    },
  };
}

/** Variants that are run together at the end, and the change of the answer's value in each. */
class Runs {
  private readonly input: VerifyInput;
  private readonly variants: Variant[] = [];

  constructor(input: VerifyInput) {
    this.input = input;
  }

  async add(changes: readonly UnitChange[], attention: "live" | "frozen"): Promise<number> {
    this.variants.push(await unitsHeld(this.input, changes, { attention }));
    return this.variants.length - 1;
  }

  async measure(): Promise<number[]> {
    const { recording, direction, signal, progress } = this.input;
    const { model } = recording;
    const { dModel } = model.config;
    const position = this.input.position ?? recording.tokens - 1;
    const before = finalStream(recording, position);
    const streams = await runVariants(recording, this.variants, { positions: [position], signal, progress });
    const all = new Float32Array((streams.length + 1) * dModel);
    [before, ...streams].forEach((stream, i) => {
      all.set(stream, i * dModel);
    });
    const { normed } = await model.finalNorm(all);
    const value = (row: number) => {
      let sum = 0;
      for (let i = 0; i < dModel; i++) sum += direction[i]! * normed[row * dModel + i]!;
      return sum;
    };
    const start = value(0);
    return streams.map((_, i) => value(i + 1) - start);
  }
}
