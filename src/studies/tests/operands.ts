/**
 * How a model adds, in three findings from one grid of sums.
 *
 * 1. Units that carry the ones: at the token where the ones digit is said, which units depend on the ones of both numbers
 *    (a look-up: this pair of digits) or on the ones of the sum, and not on the rest? Chosen on training sums.
 * 2. Donor: with those units as they are in another sum, is that sum's ones digit said? Against as many random units.
 * 3. Again: are they the same units in another coat (the year of a journal's volume)? Taken from sums, put into years.
 */

import type { Intervention } from "../../interventions/intervention.ts";
import { sentence } from "../../interventions/sentence.ts";
import { hash } from "../../training/corpus/random.ts";
import { heldOutPair } from "../../training/corpus/split.ts";
import { type Arm, type Chart, type Finding, inNumbers, judged, notTested, type Row } from "../finding.ts";
import type { Ask } from "../lab.ts";
import { type Kind, kindsOf, type UnitOnes } from "../operand-units.ts";
import { answerIdsOf } from "../prompts/spans.ts";
import { drawFor, type Scene, shuffled } from "../scene.ts";
import { average, percent, shareOf } from "../stats.ts";
import type { TestOf } from "../study.ts";

/** Shares of all units that are exchanged together: the least that does it on training sums is taken. */
const SIZES = [0.02, 0.05, 0.1, 0.2, 0.4] as const;
/** Training sums on which the size is chosen, and in how many of them it must do it: on few, half is soon reached by chance. */
const [CHOOSE, ENOUGH] = [24, 0.8];
/** Sums for which units are recorded to choose by. */
const GRID = 1200;

interface Sum {
  readonly a: number;
  readonly b: number;
  readonly ask: Ask;
  /** The token before the one that is said last: where the ones digit is worked out. */
  readonly position: number;
}

export async function operandsTest(test: TestOf<"operands">, scene: Scene): Promise<Finding[]> {
  const { lab } = scene;
  const pairs: { a: number; b: number }[] = [];
  for (let a = test.from; a <= test.to; a++)
    for (let b = test.from; b <= test.to; b++) if (a + b <= test.most) pairs.push({ a, b });
  const isHeld = ({ a, b }: { a: number; b: number }) => heldOutPair("sum", a, b);
  const order = [...pairs].sort((p, q) => hash(`${p.a}+${p.b}`) - hash(`${q.a}+${q.b}`));
  const learn = order
    .filter(p => !isHeld(p))
    .slice(0, GRID)
    .map(p => sumOf(scene, test.template, p));
  const units = await lab.units(
    learn.map(s => ({ ids: [...s.ask.ids, ...s.ask.wanted.slice(0, -1)], position: s.position })),
    done => scene.progress(done, learn.length),
  );
  const labels = scene.null === "shuffled labels" ? shuffled(learn, drawFor(scene, "operands")) : learn;
  const kinds = kindsOf(labels, units);
  const weight = await writing(scene, kinds);
  const ordered = kinds
    .filter(k => k.kind === "look-up" || k.kind === "sum, ones")
    .sort((x, y) => weight(y) - weight(x));
  let chosen: UnitOnes[] = [];
  for (const size of SIZES) {
    chosen = ordered.slice(0, Math.floor(size * kinds.length));
    const tried = await exchange(
      test,
      scene,
      chosen,
      [],
      order.filter(p => !isHeld(p)).slice(-200),
      test.template,
      CHOOSE,
    );
    if (average(tried.live.map(Number)) >= ENOUGH || chosen.length === ordered.length) break;
  }
  const draw = drawFor(scene, "random units");
  if (scene.null === "random directions") chosen = asMany(chosen, kinds, new Set(), draw);
  if (chosen.length < 4) return [notTested(test, `${chosen.length} units depend on the ones of both numbers`)];
  const taken = new Set(chosen.map(keyOf));
  const held = order.filter(isHeld);
  const findings = [
    await donors(test, scene, chosen, kinds, taken, held, test.template, {
      title: test.title,
      claim: test.claim,
      charts: scene.null ? [] : [countChart(kinds, lab.model.layers), ...(await plots(test, scene, kinds))],
    }),
  ];
  if (test.again !== undefined)
    findings.push(
      await donors(test, scene, chosen, kinds, taken, held, test.again, {
        title: `${test.title}, in another coat`,
        claim: "The same units, as they are in a plain sum, put their ones digit into another kind of text.",
        charts: [],
      }),
    );
  return findings;
}

function sumOf(scene: Scene, template: string, { a, b }: { a: number; b: number }): Sum {
  const { tokenizer } = scene.lab;
  const prompt = template.replace("{a}", `${a}`).replace("{b}", `${b}`);
  const ids = tokenizer.encode(prompt);
  const wanted = answerIdsOf(tokenizer, ids, prompt, `${a + b}`);
  return { a, b, ask: { ids, wanted, own: [] }, position: ids.length + wanted.length - 2 };
}

/** How much a unit can write: what it depends on the ones, times how much it varies, times its decoder's length. */
async function writing({ lab }: Scene, kinds: readonly UnitOnes[]): Promise<(unit: UnitOnes) => number> {
  const { dMlp, dModel } = lab.model.config;
  const lengths: Float64Array[] = [];
  for (let layer = 0; layer < lab.model.layers; layer++) {
    const { data } = await lab.model.reader.read("down", layer);
    const squares = new Float64Array(dMlp);
    for (let i = 0; i < dModel; i++) for (let j = 0; j < dMlp; j++) squares[j]! += data[i * dMlp + j]! ** 2;
    lengths.push(squares.map(Math.sqrt));
  }
  const weights = new Map(kinds.map(u => [u, u.share * u.spread * lengths[u.layer]![u.index]!]));
  return unit => weights.get(unit) ?? 0;
}

interface Exchanged {
  readonly live: boolean[];
  readonly frozen: boolean[];
  readonly random: boolean[];
  readonly rows: Row[];
}

/** The units of a sum put into another sum (or year): is the donor's ones digit said? */
async function exchange(
  test: TestOf<"operands">,
  scene: Scene,
  chosen: readonly UnitOnes[],
  controls: readonly (readonly UnitOnes[])[],
  pairs: readonly { a: number; b: number }[],
  template: string,
  count: number,
): Promise<Exchanged> {
  const { lab } = scene;
  const out: Exchanged = { live: [], frozen: [], random: [], rows: [] };
  for (const [n, pair] of pairs.entries()) {
    if (out.live.length >= count) break;
    const sum = sumOf(scene, template, pair);
    const [clean] = await lab.plain([sum.ask]);
    if (!clean!.exact && scene.null !== "random weights") continue;
    const other = pairs[(n * 7 + 3) % pairs.length]!;
    if ((other.a + other.b) % 10 === (pair.a + pair.b) % 10) continue;
    const donor = sumOf(scene, test.template, other);
    const ids = [...donor.ask.ids, ...donor.ask.wanted.slice(0, -1)];
    const [state] = await lab.units([{ ids, position: donor.position }]);
    const set = (units: readonly UnitOnes[]): Intervention[] =>
      units.map(({ layer, index }) => ({
        site: { at: "unit", layer, index },
        positions: [sum.position],
        do: "set",
        to: state![layer]![index]!,
      }));
    // The own tens stay; only the last digit is asked for.
    const ask: Ask = {
      ids: [...sum.ask.ids, ...sum.ask.wanted.slice(0, -1)],
      wanted: donor.ask.wanted.slice(-1),
      own: sum.ask.wanted.slice(-1),
    };
    const [own, ...others] = await lab.under(ask, [set(chosen), ...controls.map(set)]);
    out.live.push(own!.exact);
    out.random.push(...others.map(r => r.exact));
    if (controls.length > 0 && !scene.null) out.frozen.push((await lab.under(ask, [set(chosen)], "frozen"))[0]!.exact);
    out.rows.push({
      prompt: lab.text(ask.ids),
      change: `${chosen.length} units as in ${other.a}+${other.b}, the first: ${sentence(set(chosen.slice(0, 1))[0]!)}`,
      before: lab.text(ask.own),
      after: lab.text(own!.said),
      ok: own!.exact,
    });
    scene.progress(out.live.length, count);
  }
  return out;
}

async function donors(
  test: TestOf<"operands">,
  scene: Scene,
  chosen: readonly UnitOnes[],
  kinds: readonly UnitOnes[],
  taken: ReadonlySet<string>,
  held: readonly { a: number; b: number }[],
  template: string,
  about: { title: string; claim: string; charts: readonly Chart[] },
): Promise<Finding> {
  const draw = drawFor(scene, `donors/${template}`);
  const sets = [0, 1, 2].map(() => asMany(chosen, kinds, taken, draw));
  const { live, frozen, random, rows } = await exchange(test, scene, chosen, sets, held, template, test.count);
  if (live.length < 4) return notTested({ ...test, title: about.title }, `${live.length} held-out sums can be asked`);
  const main: Arm = { name: "the donor's ones digit", share: shareOf(live), attention: "live" };
  const controls: Arm[] = [
    { name: "with as many random units of the same layers", share: shareOf(random), attention: "live" },
  ];
  const count = (kind: Kind) => chosen.filter(u => u.kind === kind).length;
  return {
    ...judged({ ...test, title: about.title, claim: about.claim }, main, controls),
    why: `${inNumbers(main, controls, test.need)}. Frozen attention: ${percent(average(frozen.map(Number)))}.`,
    selection: `${chosen.length} of ${kinds.length} units (${count("look-up")} look-ups, ${count("sum, ones")} of the sum's ones), those that write most of it, as few as do it in four of five training sums; exchanged at the token before the last digit.`,
    charts: [
      {
        kind: "bars",
        title: "the last digit becomes the donor's",
        bars: [main, { name: "the same, attention frozen", share: shareOf(frozen), attention: "frozen" }, ...controls],
        need: test.need,
      },
      ...about.charts,
    ],
    rows,
  };
}

const keyOf = (u: { layer: number; index: number }): string => `${u.layer}.${u.index}`;

/** As many units in each layer, none of those taken. */
function asMany(
  chosen: readonly UnitOnes[],
  all: readonly UnitOnes[],
  taken: ReadonlySet<string>,
  draw: () => number,
): UnitOnes[] {
  const out: UnitOnes[] = [];
  for (const layer of new Set(chosen.map(u => u.layer))) {
    const wanted = chosen.filter(u => u.layer === layer).length;
    out.push(
      ...shuffled(
        all.filter(u => u.layer === layer && !taken.has(keyOf(u))),
        draw,
      ).slice(0, wanted),
    );
  }
  return out;
}

/** Of each kind, its share of a layer's units. */
function countChart(kinds: readonly UnitOnes[], layers: number): Chart {
  const x = Array.from({ length: layers }, (_, l) => l);
  const shown: Kind[] = ["look-up", "sum, ones", "one number's ones", "size"];
  return {
    kind: "lines",
    title: "what units depend on, by layer (share of the layer's units)",
    x,
    xName: "layer",
    lines: shown.map(kind => ({
      name: kind,
      y: x.map(l => average(kinds.filter(u => u.layer === l).map(u => Number(u.kind === kind)))),
    })),
  };
}

/** The clearest unit of each kind over all sums of two numbers from 0 to 99: the operand plot. */
async function plots(test: TestOf<"operands">, scene: Scene, kinds: readonly UnitOnes[]): Promise<Chart[]> {
  const step = scene.lab.model.config.dModel > 300 ? 3 : 1;
  const size = Math.floor(99 / step) + 1;
  const shown = (["look-up", "sum, ones", "one number's ones", "size"] as const).flatMap(kind => {
    const best = kinds.filter(u => u.kind === kind).sort((x, y) => y.share - x.share)[0];
    return best ? [best] : [];
  });
  const sums: Sum[] = [];
  for (let b = 0; b < size; b++)
    for (let a = 0; a < size; a++) sums.push(sumOf(scene, test.template, { a: a * step, b: b * step }));
  // One length of answer, so that all are read at the same digit: sums above 99 are read before their last digit too.
  const values = shown.map(() => new Float32Array(size * size));
  const BATCH = 1000;
  for (let from = 0; from < sums.length; from += BATCH) {
    const some = sums.slice(from, from + BATCH);
    const units = await scene.lab.units(
      some.map(s => ({ ids: [...s.ask.ids, ...s.ask.wanted.slice(0, -1)], position: s.position })),
    );
    units.forEach((u, i) => {
      for (const [k, unit] of shown.entries()) values[k]![from + i] = u[unit.layer]![unit.index]!;
    });
    scene.progress(from, sums.length);
  }
  return shown.map((unit, k) => {
    const most = values[k]!.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-9);
    return {
      kind: "grid",
      title: `unit ${unit.layer}.${unit.index}: ${unit.kind} (${Math.round(100 * unit.share)} % of its variance)`,
      size,
      values: Array.from(values[k]!, v => Math.round((100 * v) / most) / 100),
    };
  });
}
