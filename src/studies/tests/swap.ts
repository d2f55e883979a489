/**
 * Is a thought a place in the stream that can be exchanged? The mean of all training prompts about Texas, at one token
 * and layer, is taken out and that of California put in; the held-out prompt's own words stay. If the answer becomes
 * California's, what stood there was the thought and not the word.
 *
 * Layer and strength are chosen on training prompts; the figures are of held-out ones.
 */

import type { Intervention } from "../../interventions/intervention.ts";
import { sentence } from "../../interventions/sentence.ts";
import { type Arm, type Finding, inNumbers, judged, notTested, type Row } from "../finding.ts";
import { guard } from "../guard.ts";
import { fits, type Item, ofSplit, positionOf } from "../item.ts";
import type { Ask, Reading } from "../lab.ts";
import { drawFor, layersTried, type Scene, shuffled, some } from "../scene.ts";
import { average, mean, percent, shareOf } from "../stats.ts";
import type { TestOf } from "../study.ts";
import { addition, meanOf, minus, randomLike, scaledTo, type Vector } from "../vectors.ts";

const STRENGTHS = [1, 2] as const;
const LADDER = [0, 0.5, 1, 1.5, 2, 3] as const;
/** Most training prompts from which means are taken, and most on which the layer is chosen. */
const [LEARN, CHOOSE] = [1500, 12];

interface Case {
  readonly item: Item;
  readonly from: string;
  readonly to: string;
  readonly position: number;
  readonly ask: Ask;
}

export async function swapTest(test: TestOf<"swap">, scene: Scene): Promise<Finding[]> {
  const { lab } = scene;
  const learnt = await classMeans(test, scene);
  const known = `${learnt.means.size} value${learnt.means.size === 1 ? "" : "s"} of “${test.label}” ${learnt.means.size === 1 ? "has" : "have"} ${test.least} training prompts or more`;
  if (learnt.means.size < 2)
    return [notTested(test, `${known}, and 2 are needed: more rows of each, or another holdBy than ${test.label}`)];
  const answers = answersBy(test, scene.items);
  const training = casesOf(test, scene, "train", learnt.means, answers, CHOOSE);
  const held = casesOf(test, scene, "held-out", learnt.means, answers, test.count);
  if (training.length < 4 || held.length < 4) {
    return [
      notTested(
        test,
        `${training.length} training and ${held.length} held-out prompts can be asked; 4 are needed of each (${known}; of what is held out the model must say the right answer, and its ${test.label} must be among them)`,
      ),
    ];
  }
  // Near the end of the prompt's last token, a mean is simply the answer: only earlier layers speak of a thought.
  const layers = layersTried(lab.model.layers, test.at === "last" ? 2 / 3 : 1);
  const done = (reading: Reading): boolean => success(test, scene, reading);
  const vector = (c: Case, layer: number): Vector => {
    if (scene.null === "random directions")
      return randomLike(difference(learnt.means, c, layer), drawFor(scene, `null/${c.item.id}`));
    return difference(learnt.means, c, layer);
  };
  const change = (c: Case, layer: number, by: number, v = vector(c, layer), position = c.position): Intervention[] =>
    addition(`${c.from} → ${c.to}`, v, layer, position, by);
  const steps = training.length + held.length;
  let step = 0;
  const tick = () => scene.progress(++step, steps);

  // Choose.
  const choices = layers.flatMap(layer => STRENGTHS.map(by => ({ layer, by })));
  const scores = choices.map(() => [] as { ok: boolean; gap: number }[]);
  for (const c of training) {
    const readings = await lab.under(
      c.ask,
      choices.map(({ layer, by }) => change(c, layer, by)),
    );
    for (const [i, r] of readings.entries()) scores[i]!.push({ ok: done(r), gap: r.gap });
    tick();
  }
  const rate = (i: number) => average(scores[i]!.map(s => Number(s.ok)));
  const gap = (i: number) => average(scores[i]!.map(s => s.gap));
  const best = [...choices.keys()].sort((a, b) => rate(b) - rate(a) || (rate(b) === 0 ? gap(b) - gap(a) : a - b))[0]!;
  const { layer, by } = choices[best]!;

  // Test.
  const arms = {
    live: [] as boolean[],
    frozen: [] as boolean[],
    random: [] as boolean[],
    wrong: [] as boolean[],
    elsewhere: new Map<string, boolean[]>(),
  };
  const ladder = LADDER.map(() => [] as boolean[]);
  const byLayer = layers.map(() => [] as boolean[]);
  const shifts: number[] = [];
  const randomShifts: number[] = [];
  const rows: Row[] = [];
  const names = [...learnt.means.keys()];
  for (const c of held) {
    const draw = drawFor(scene, `controls/${c.item.id}`);
    const v = vector(c, layer);
    const others = names.filter(n => n !== c.to && n !== c.from);
    const [wrongFrom, wrongTo] = shuffled(others, draw);
    const wrong =
      wrongFrom === undefined || wrongTo === undefined
        ? undefined
        : scaledTo(minus(learnt.means.get(wrongTo)![layer]!, learnt.means.get(wrongFrom)![layer]!), length(v));
    const places = elsewhere(c);
    const random = [0, 1, 2].map(() => randomLike(v, draw));
    const sets: { put: (r: Reading) => void; set: Intervention[] }[] = [
      { put: r => arms.live.push(done(r)), set: change(c, layer, by, v) },
      { put: r => shifts.push(r.gap), set: change(c, layer, by, v) },
      { put: r => shifts.push(shifts.pop()! - r.gap), set: [] },
      ...random.map(u => ({ put: (r: Reading) => arms.random.push(done(r)), set: change(c, layer, by, u) })),
      ...(wrong ? [{ put: (r: Reading) => arms.wrong.push(done(r)), set: change(c, layer, by, wrong) }] : []),
      // What is only shown is not asked of a null.
      ...(scene.null ? [] : places).map(({ name, position }) => ({
        put: (r: Reading) => into(arms.elsewhere, name).push(done(r)),
        set: change(c, layer, by, v, position),
      })),
      ...(scene.null ? [] : LADDER).map((strength, i) => ({
        put: (r: Reading) => ladder[i]!.push(done(r)),
        set: change(c, layer, strength, v),
      })),
      ...(scene.null ? [] : layers).map((l, i) => ({
        put: (r: Reading) => byLayer[i]!.push(done(r)),
        set: change(c, l, by),
      })),
    ];
    const readings = await lab.under(
      c.ask,
      sets.map(s => s.set),
    );
    for (const [i, r] of readings.entries()) sets[i]!.put(r);
    const clean = readings[2]!;
    randomShifts.push(readings[3]!.gap - clean.gap);
    if (!scene.null) arms.frozen.push(done((await lab.under(c.ask, [change(c, layer, by, v)], "frozen"))[0]!));
    rows.push({
      prompt: c.item.prompt,
      change: change(c, layer, by, v).map(sentence)[0] ?? "the two classes are one here",
      before: c.item.answer.trim(),
      after: lab.text(readings[0]!.said).trim(),
      ok: done(readings[0]!),
    });
    tick();
  }

  const place = test.at === "last" ? "the last token" : `the last token of ${test.at}`;
  const main: Arm = { name: "with the other class's mean", share: shareOf(arms.live), attention: "live" };
  const frozenArm: Arm = { name: "the same, attention frozen", share: shareOf(arms.frozen), attention: "frozen" };
  const controls: Arm[] = [
    { name: "with random directions as long", share: shareOf(arms.random), attention: "live" },
    ...(arms.wrong.length > 0
      ? [{ name: "with the difference of two other classes", share: shareOf(arms.wrong), attention: "live" as const }]
      : []),
  ];
  const aside: Arm[] = [...arms.elsewhere].map(([name, marks]) => ({
    name: `the same vector at ${name}`,
    share: shareOf(marks),
    attention: "live",
  }));
  const guarded = scene.null
    ? undefined
    : await guard(scene, (position, i) => {
        const c = held[i % held.length]!;
        const v = vector(c, layer);
        return {
          real: addition("change", v, layer, position, by),
          random: addition("random", randomLike(v, drawFor(scene, `guard/${i}`)), layer, position, by),
        };
      });
  return [
    {
      ...judged(test, main, controls),
      why: `${inNumbers(main, controls, test.need)}. Frozen attention: ${percent(frozenArm.share.value)}. The other answer gains ${mean(shifts).value.toFixed(1)} logits on the own one; with a random direction ${mean(randomShifts).value.toFixed(1)}.`,
      selection: `Layer ${layer} at ${place}, ${by} times the difference of class means: the best of ${choices.length} choices on ${training.length} training prompts. ${learnt.means.size} classes, means of ${learnt.count} training prompts.`,
      ...(guarded ? { guard: guarded } : {}),
      charts: [
        {
          kind: "bars",
          title: "answers that become the other class's",
          bars: [main, frozenArm, ...controls, ...aside],
          need: test.need,
        },
        {
          kind: "lines",
          title: "by layer (held-out prompts)",
          x: layers,
          xName: "layer",
          lines: [{ name: "swapped", y: byLayer.map(marks => shareOf(marks).value) }],
          mark: layer,
        },
        {
          kind: "lines",
          title: "by strength",
          x: [...LADDER],
          xName: "times the difference",
          lines: [{ name: "swapped", y: ladder.map(marks => shareOf(marks).value) }],
          mark: by,
        },
      ],
      rows,
    },
  ];
}

/** Means by class and layer [layer][dModel], from training prompts alone. */
async function classMeans(test: TestOf<"swap">, scene: Scene) {
  const usable = some(
    ofSplit(scene.items, "train", test.learnOn).filter(
      item => item.labels[test.label] !== undefined && positionOf(item, test.at) !== undefined,
    ),
    LEARN,
  );
  const states = await scene.lab.states(usable.map(item => ({ ids: item.ids, position: positionOf(item, test.at)! })));
  let labels = usable.map(item => item.labels[test.label]!);
  if (scene.null === "shuffled labels") labels = shuffled(labels, drawFor(scene, "shuffled labels"));
  const groups = new Map<string, Float32Array[][]>();
  for (const i of usable.keys()) into(groups, labels[i]!).push(states[i]!);
  const means = new Map<string, Vector[]>();
  for (const [label, members] of groups) {
    if (members.length < test.least) continue;
    means.set(
      label,
      members[0]!.map((_, layer) => meanOf(members.map(m => m[layer]!))),
    );
  }
  return { means, count: usable.length };
}

/** What is said of another class: the answer of an item of it, the same of what is kept. From facts, not from runs. */
function answersBy(test: TestOf<"swap">, items: readonly Item[]): Map<string, Item> {
  const found = new Map<string, Item>();
  for (const item of items) {
    if (!fits(item, test.applyTo) && !fits(item, test.learnOn)) continue;
    const key = keyOf(test, item, item.labels[test.label]);
    if (key !== undefined && !found.has(key)) found.set(key, item);
  }
  return found;
}

function keyOf(test: TestOf<"swap">, item: Item, label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  const kept = test.keeping.map(name => item.labels[name]);
  return kept.includes(undefined) ? undefined : [label, ...kept].join("\u0000");
}

function casesOf(
  test: TestOf<"swap">,
  scene: Scene,
  split: Item["split"],
  means: ReadonlyMap<string, readonly Vector[]>,
  answers: ReadonlyMap<string, Item>,
  count: number,
): Case[] {
  const usable = ofSplit(scene.items, split, test.applyTo).filter(
    item => scene.right(item) && positionOf(item, test.at) !== undefined && means.has(item.labels[test.label] ?? ""),
  );
  const cases: Case[] = [];
  for (const item of some(usable, usable.length)) {
    if (cases.length >= count) break;
    const from = item.labels[test.label]!;
    const position = positionOf(item, test.at)!;
    const targets = shuffled(test.targets ?? [...means.keys()], drawFor(scene, `target/${item.id}`));
    for (const to of targets) {
      if (to === from || !means.has(to)) continue;
      if (test.anyBut !== undefined) {
        cases.push({ item, from, to, position, ask: { ids: item.ids, wanted: item.answerIds.slice(0, 1), own: [] } });
        break;
      }
      const other = answers.get(keyOf(test, item, to) ?? "");
      if (!other || other.answer === item.answer) continue;
      cases.push({ item, from, to, position, ask: { ids: item.ids, wanted: other.answerIds, own: item.answerIds } });
      break;
    }
  }
  return cases;
}

function success(test: TestOf<"swap">, scene: Scene, reading: Reading): boolean {
  if (test.anyBut !== undefined) return scene.lab.text([reading.said[0]!]).trim() !== test.anyBut.trim();
  return test.measure === "exact" ? reading.exact : reading.gap > 0;
}

const difference = (means: ReadonlyMap<string, readonly Vector[]>, c: Case, layer: number): Vector =>
  minus(means.get(c.to)![layer]!, means.get(c.from)![layer]!);

const length = (v: Vector): number => Math.hypot(...v);

/** Up to four other tokens of the prompt, for the same vector in another place. */
function elsewhere(c: Case): { name: string; position: number }[] {
  const last = c.item.ids.length - 1;
  const places = [
    { name: "the last token", position: last },
    { name: "the token before it", position: c.position - 1 },
    { name: "a third of the way", position: Math.max(1, Math.floor(last / 3)) },
  ];
  return places.filter(({ position }) => position > 0 && position !== c.position);
}

export function into<K, V>(map: Map<K, V[]>, key: K): V[] {
  let had = map.get(key);
  if (!had) {
    had = [];
    map.set(key, had);
  }
  return had;
}
