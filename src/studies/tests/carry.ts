/**
 * Where is the difference between two prompts carried? The stream at one token and layer is made what it is in the
 * contrast's run; if the answer becomes the contrast's, what matters stood there. Place and layer are chosen on training
 * prompts.
 */

import type { Intervention } from "../../interventions/intervention.ts";
import { sentence } from "../../interventions/sentence.ts";
import { type Arm, type Finding, inNumbers, judged, notTested, type Row } from "../finding.ts";
import { guard } from "../guard.ts";
import { type Item, ofSplit, positionOf, type Versus } from "../item.ts";
import type { Ask, Reading } from "../lab.ts";
import { drawFor, layersTried, type Scene, some } from "../scene.ts";
import { average, percent, shareOf } from "../stats.ts";
import type { TestOf } from "../study.ts";
import { addition, minus, norm, randomLike, scaledTo, type Vector } from "../vectors.ts";

const CHOOSE = 12;

interface Case {
  readonly item: Item;
  readonly versus: Versus;
  readonly ask: Ask;
  /** [role][layer][dModel] contrast − own. */
  readonly moves: ReadonlyMap<string, { position: number; layers: readonly Vector[] }>;
  /** [role][layer][dModel] own. */
  readonly states: ReadonlyMap<string, readonly Float32Array[]>;
}

interface Site {
  readonly role: string;
  readonly layer: number;
}

export async function carryTest(test: TestOf<"carry">, scene: Scene): Promise<Finding[]> {
  const { lab } = scene;
  const training = await casesOf(test, scene, "train", CHOOSE);
  const held = await casesOf(test, scene, "held-out", test.count);
  if (training.length < 4 || held.length < 4)
    return [
      notTested(
        test,
        `${training.length} training and ${held.length} held-out pairs of prompts can be asked; 4 are needed of each`,
      ),
    ];
  const done = (r: Reading): boolean => (test.measure === "exact" ? r.exact : r.gap > 0);
  const layers = layersTried(lab.model.layers);
  // The last token's last layers are the answer itself.
  const sites: Site[] = test.at.flatMap(role =>
    layers.filter(layer => role !== "last" || layer < (2 / 3) * lab.model.layers).map(layer => ({ role, layer })),
  );
  const move = (c: Case, { role, layer }: Site): Vector | undefined => {
    const v = c.moves.get(role)?.layers[layer];
    return v && scene.null === "random directions" ? randomLike(v, drawFor(scene, `null/${c.item.id}`)) : v;
  };
  const put = (c: Case, site: Site, v: Vector | undefined): Intervention[] =>
    v ? addition("the contrast's", v, site.layer, c.moves.get(site.role)!.position) : [];
  let step = 0;
  const tick = () => scene.progress(++step, training.length + held.length);

  const marks = sites.map(() => [] as boolean[]);
  const gaps = sites.map(() => [] as number[]);
  for (const c of training) {
    const readings = await lab.under(
      c.ask,
      sites.map(site => put(c, site, move(c, site))),
    );
    readings.forEach((r, i) => {
      if (!c.moves.has(sites[i]!.role)) return;
      marks[i]!.push(done(r));
      gaps[i]!.push(r.gap);
    });
    tick();
  }
  const rate = (i: number) => (marks[i]!.length === 0 ? -1 : average(marks[i]!.map(Number)));
  const order = [...sites.keys()].sort((a, b) => rate(b) - rate(a) || average(gaps[b]!) - average(gaps[a]!) || a - b);
  const claimed = order.find(i => test.claimed === undefined || sites[i]!.role === test.claimed)!;
  const other =
    test.claimed === undefined
      ? undefined
      : order.find(i => sites[i]!.role !== test.claimed && sites[i]!.role !== "last");
  const site = sites[claimed]!;

  const arms = {
    live: [] as boolean[],
    frozen: [] as boolean[],
    random: [] as boolean[],
    third: [] as boolean[],
    other: [] as boolean[],
    alike: [] as boolean[],
  };
  const rows: Row[] = [];
  for (const [n, c] of held.entries()) {
    const v = move(c, site);
    if (!v || norm(v) === 0) continue;
    const draw = drawFor(scene, `controls/${c.item.id}`);
    const third = scaled(thirdParty(held, n, site, test.varies), v);
    const alike = test.varies === undefined || scene.null ? undefined : sameChange(held, n, site, test.varies);
    const sets: { arm: boolean[]; set: Intervention[] }[] = [
      { arm: arms.live, set: put(c, site, v) },
      ...[0, 1, 2].map(() => ({ arm: arms.random, set: put(c, site, randomLike(v, draw)) })),
      ...(third ? [{ arm: arms.third, set: put(c, site, third) }] : []),
      ...(other !== undefined && c.moves.has(sites[other]!.role)
        ? [{ arm: arms.other, set: put(c, sites[other]!, move(c, sites[other]!)) }]
        : []),
      ...(alike ? [{ arm: arms.alike, set: put(c, site, alike) }] : []),
    ];
    const readings = await lab.under(
      c.ask,
      sets.map(s => s.set),
    );
    for (const [i, r] of readings.entries()) sets[i]!.arm.push(done(r));
    if (!scene.null) arms.frozen.push(done((await lab.under(c.ask, [put(c, site, v)], "frozen"))[0]!));
    rows.push({
      prompt: c.item.prompt,
      change: `${sentence(put(c, site, v)[0]!)} (of “${c.versus.prompt}”)`,
      before: c.item.answer.trim(),
      after: lab.text(readings[0]!.said).trim(),
      ok: done(readings[0]!),
    });
    tick();
  }
  const main: Arm = { name: "with the contrast's state", share: shareOf(arms.live), attention: "live" };
  const frozen: Arm = { name: "the same, attention frozen", share: shareOf(arms.frozen), attention: "frozen" };
  const controls: Arm[] = [
    { name: "with random directions as long", share: shareOf(arms.random), attention: "live" },
    {
      name:
        test.varies === undefined
          ? "with the difference of another pair"
          : `with the difference of two prompts of one ${test.varies}`,
      share: shareOf(arms.third),
      attention: "live",
    },
  ];
  const aside: Arm[] = [
    ...(other === undefined
      ? []
      : [
          {
            name: `the contrast's state at ${sites[other]!.role}, layer ${sites[other]!.layer}`,
            share: shareOf(arms.other),
            attention: "live" as const,
          },
        ]),
    ...(arms.alike.length === 0
      ? []
      : [
          {
            name: `another pair's change of ${test.varies} (one code for all of them?)`,
            share: shareOf(arms.alike),
            attention: "live" as const,
          },
        ]),
  ];
  const guarded = scene.null
    ? undefined
    : await guard(scene, (position, i) => {
        const v = move(held[i % held.length]!, site);
        if (!v || norm(v) === 0) return { real: [], random: [] };
        return {
          real: addition("change", v, site.layer, position),
          random: addition("random", randomLike(v, drawFor(scene, `guard/${i}`)), site.layer, position),
        };
      });
  return [
    {
      ...judged(test, main, controls),
      why: `${inNumbers(main, controls, test.need)}. Frozen attention: ${percent(frozen.share.value)}.`,
      selection: `Layer ${site.layer} at ${site.role}: the best of ${sites.length} places on ${training.length} training pairs.`,
      ...(guarded ? { guard: guarded } : {}),
      charts: [
        {
          kind: "bars",
          title: "answers that become the contrast's",
          bars: [main, frozen, ...controls, ...aside],
          need: test.need,
        },
        {
          kind: "heat",
          title: "by place and layer (training pairs)",
          rows: test.at,
          columns: layers.map(String),
          values: test.at.map(role =>
            layers.map(layer => {
              const i = sites.findIndex(s => s.role === role && s.layer === layer);
              return i < 0 || marks[i]!.length === 0 ? Number.NaN : average(marks[i]!.map(Number));
            }),
          ),
        },
      ],
      rows,
    },
  ];
}

/** Another pair's difference that changes the same from the same: not a control but a question, whether there is one code. */
function sameChange(cases: readonly Case[], n: number, { role, layer }: Site, varies: string): Vector | undefined {
  const { item, versus } = cases[n]!;
  const like = others(cases, n).filter(o => o.item.labels[varies] === item.labels[varies] && o.moves.has(role));
  // Rather of another word than is said here.
  const found = like.find(o => o.versus.answer !== versus.answer) ?? like[0];
  return found?.moves.get(role)?.layers[layer];
}

/** As long as the real change, so that it is no weaker. */
const scaled = (v: Vector | undefined, like: Vector): Vector | undefined => v && scaledTo(v, norm(like));

/** The others, beginning with the next. */
const others = (cases: readonly Case[], n: number): Case[] => [...cases.slice(n + 1), ...cases.slice(0, n)];

/**
 * A real difference at the same place that is not the one that is claimed: another pair's with other answers; where what
 * varies is one for many pairs, that of two other prompts which agree in it.
 */
function thirdParty(
  cases: readonly Case[],
  n: number,
  { role, layer }: Site,
  varies: string | undefined,
): Vector | undefined {
  if (varies !== undefined) {
    const value = cases[n]!.item.labels[varies];
    const stateOf = (c: Case) => c.states.get(role)?.[layer];
    const [first, ...rest] = others(cases, n).filter(c => c.item.labels[varies] === value && stateOf(c));
    for (const second of rest) {
      const v = minus(stateOf(second)!, stateOf(first!)!);
      // One noun in two sentences: up to there they are one prompt.
      if (norm(v) > 1e-3 * norm(stateOf(first!)!)) return v;
    }
    return undefined;
  }
  for (const other of others(cases, n)) {
    if (other.versus.answer === cases[n]!.versus.answer || other.versus.answer === cases[n]!.item.answer) continue;
    const v = other.moves.get(role)?.layers[layer];
    if (v) return v;
  }
  return undefined;
}

async function casesOf(test: TestOf<"carry">, scene: Scene, split: Item["split"], count: number): Promise<Case[]> {
  const { lab } = scene;
  const usable = some(
    ofSplit(scene.items, split, split === "train" ? (test.learnOn ?? test.applyTo) : test.applyTo).filter(
      item => item.versus && item.versus.ids.length === item.ids.length && scene.right(item),
    ),
    count,
  );
  const cases: Case[] = [];
  for (const item of usable) {
    const versus = item.versus!;
    const moves = new Map<string, { position: number; layers: Vector[] }>();
    const states = new Map<string, Float32Array[]>();
    for (const role of test.at) {
      const position = positionOf(item, role);
      if (position === undefined) continue;
      const [own, other] = await lab.states([
        { ids: item.ids, position },
        { ids: versus.ids, position },
      ]);
      states.set(role, own!);
      moves.set(role, { position, layers: own!.map((v, l) => minus(other![l]!, v)) });
    }
    cases.push({ item, versus, ask: { ids: item.ids, wanted: versus.answerIds, own: item.answerIds }, moves, states });
  }
  return cases;
}
