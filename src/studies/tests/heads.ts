/**
 * Which attention heads bring the difference to the answer? Each head's mix at the last token is made what it is in the
 * contrast's run; the few that matter most on training prompts are then exchanged together on held-out ones.
 * The measure is the share of the gap between the two prompts that goes.
 */

import type { Intervention } from "../../interventions/intervention.ts";
import { sentence } from "../../interventions/sentence.ts";
import { type Arm, type Finding, inNumbers, judged, notTested, type Row } from "../finding.ts";
import { type Item, ofSplit } from "../item.ts";
import { type Ask, nameOfIds } from "../lab.ts";
import { drawFor, type Scene, shuffled, some } from "../scene.ts";
import { average, mean, percent } from "../stats.ts";
import type { TestOf } from "../study.ts";

const CHOOSE = 10;
const RANDOM = 5;

interface Head {
  readonly layer: number;
  readonly head: number;
}

interface Case {
  readonly item: Item;
  readonly ask: Ask;
  readonly position: number;
  readonly from: string;
  /** gap on the prompt minus gap on the contrast. */
  readonly total: number;
  readonly gap: number;
}

export async function headsTest(test: TestOf<"heads">, scene: Scene): Promise<Finding[]> {
  const { lab } = scene;
  const { heads: width } = lab.model.config;
  const all: Head[] = Array.from({ length: lab.model.layers * width }, (_, i) => ({
    layer: Math.floor(i / width),
    head: i % width,
  }));
  const training = await casesOf(scene, "train", test, CHOOSE);
  const held = await casesOf(scene, "held-out", test, test.count);
  if (training.length < 4 || held.length < 4)
    return [
      notTested(
        test,
        `${training.length} training and ${held.length} held-out pairs of prompts can be asked; 4 are needed of each`,
      ),
    ];
  const swap = (c: Case, chosen: readonly Head[]): Intervention[] =>
    chosen.map(({ layer, head }) => ({
      site: { at: "head", layer, head },
      positions: [c.position],
      do: "swap",
      from: c.from,
    }));
  const lost = async (c: Case, sets: readonly (readonly Head[])[], attention: "live" | "frozen" = "live") =>
    (
      await lab.under(
        c.ask,
        sets.map(set => swap(c, set)),
        attention,
      )
    ).map(r => (c.gap - r.gap) / c.total);
  let step = 0;
  const tick = () => scene.progress(++step, training.length + held.length);

  const effects = all.map(() => [] as number[]);
  for (const c of training) {
    (
      await lost(
        c,
        all.map(h => [h]),
      )
    ).forEach((share, i) => void effects[i]!.push(share));
    tick();
  }
  const order = [...all.keys()].sort((a, b) => average(effects[b]!) - average(effects[a]!) || a - b);
  const draw = drawFor(scene, "heads");
  const chosen = order.slice(0, test.most).map(i => all[i]!);
  const rest = scene.null === "random directions" ? all : all.filter(h => !chosen.includes(h));

  const live: number[] = [];
  const frozen: number[] = [];
  const random: number[] = [];
  const rows: Row[] = [];
  for (const c of held) {
    // The null: other heads for each prompt, since one draw of few can be a lucky one.
    const own = scene.null === "random directions" ? shuffled(all, draw).slice(0, chosen.length) : chosen;
    const sets = [own, ...Array.from({ length: RANDOM }, () => shuffled(rest, draw).slice(0, chosen.length))];
    const [taken, ...others] = await lost(c, sets);
    live.push(taken!);
    random.push(...others);
    if (!scene.null) frozen.push((await lost(c, [chosen], "frozen"))[0]!);
    rows.push({
      prompt: c.item.prompt,
      change: swap(c, own.slice(0, 1)).map(i => sentence({ ...i, do: "swap", from: c.item.versus!.prompt }))[0]!,
      before: c.item.answer.trim(),
      after: `${Math.round(100 * taken!)} % of the gap goes`,
      ok: taken! >= test.need,
    });
    tick();
  }
  const main: Arm = { name: `with ${chosen.length} heads of the contrast`, share: mean(live), attention: "live" };
  const controls: Arm[] = [{ name: "with as many random heads", share: mean(random), attention: "live" }];
  return [
    {
      ...judged(test, main, controls),
      why: `Share of the difference that goes. ${inNumbers(main, controls, test.need)}. Frozen attention: ${percent(average(frozen))}.`,
      selection: `Heads ${chosen.map(h => `${h.layer}.${h.head}`).join(", ")}: of ${all.length}, those that matter most on ${training.length} training pairs.`,
      charts: [
        {
          kind: "bars",
          title: "share of the difference that goes",
          bars: [main, { name: "the same, attention frozen", share: mean(frozen), attention: "frozen" }, ...controls],
          need: test.need,
        },
        {
          kind: "heat",
          title: "each head alone (training pairs)",
          rows: Array.from({ length: lab.model.layers }, (_, l) => `layer ${l}`),
          columns: Array.from({ length: width }, (_, h) => `${h}`),
          values: Array.from({ length: lab.model.layers }, (_, l) =>
            Array.from({ length: width }, (_, h) => Math.max(0, Math.min(1, average(effects[l * width + h]!)))),
          ),
        },
      ],
      rows,
    },
  ];
}

async function casesOf(scene: Scene, split: Item["split"], test: TestOf<"heads">, count: number): Promise<Case[]> {
  const usable = some(
    ofSplit(scene.items, split, split === "train" ? (test.learnOn ?? test.applyTo) : test.applyTo).filter(
      item => item.versus && item.versus.ids.length === item.ids.length && scene.right(item),
    ),
    count,
  );
  const cases: Case[] = [];
  for (const item of usable) {
    const versus = item.versus!;
    const wanted = item.answerIds;
    let fork = 0;
    while (fork < wanted.length - 1 && wanted[fork] === versus.answerIds[fork]) fork++;
    const ask: Ask = { ids: item.ids, wanted, own: versus.answerIds };
    const [clean, contrast] = await scene.lab.plain([ask, { ...ask, ids: versus.ids }]);
    const total = clean!.gap - contrast!.gap;
    if (total <= 0.5) continue;
    cases.push({
      item,
      ask,
      position: item.ids.length - 1 + fork,
      from: nameOfIds([...versus.ids, ...wanted.slice(0, -1)]),
      total,
      gap: clean!.gap,
    });
  }
  return cases;
}
