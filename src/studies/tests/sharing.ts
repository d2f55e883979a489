/**
 * Is one code used for the same thing in several languages? The units most active on a word in one language are compared
 * with those on the same word in another (overlap of the top tenth), less the overlap of different words. By layer;
 * the layer is chosen on half of the concepts and judged on the other half.
 */

import { hash } from "../../training/corpus/random.ts";
import { type Arm, type Finding, inNumbers, judge, notTested } from "../finding.ts";
import { fits, positionOf } from "../item.ts";
import { drawFor, type Scene, shuffled, some } from "../scene.ts";
import { average, mean } from "../stats.ts";
import type { TestOf } from "../study.ts";

const TOP = 0.1;

export async function sharingTest(test: TestOf<"sharing">, scene: Scene): Promise<Finding[]> {
  const { lab } = scene;
  const items = scene.items.filter(
    item =>
      fits(item, test.applyTo) &&
      item.labels[test.concept] !== undefined &&
      item.labels[test.language] !== undefined &&
      positionOf(item, test.at) !== undefined,
  );
  const byKey = new Map<string, typeof items>();
  for (const item of items) {
    const key = `${item.labels[test.concept]}\u0000${item.labels[test.language]}`;
    byKey.set(key, [...(byKey.get(key) ?? []), item]);
  }
  const chosen = [...byKey].flatMap(([key, members]) => some(members, 4).map(item => ({ key, item })));
  const units = await lab.units(
    chosen.map(({ item }) => ({ ids: item.ids, position: positionOf(item, test.at)! })),
    done => scene.progress(done, chosen.length),
  );
  // The most active units of each (concept, language), averaged over its prompts.
  const tops = new Map<string, Set<number>[]>();
  for (const key of byKey.keys()) {
    const mine = units.filter((_, i) => chosen[i]!.key === key);
    tops.set(
      key,
      Array.from({ length: lab.model.layers }, (_, layer) => topUnits(mine.map(u => u[layer]!))),
    );
  }
  const languages = [...new Set(items.map(i => i.labels[test.language]!))].sort();
  const concepts = [...new Set(items.map(i => i.labels[test.concept]!))].sort();
  const draw = drawFor(scene, "sharing");
  const renamed =
    scene.null === "shuffled labels" ? new Map(shuffled(concepts, draw).map((c, i) => [concepts[i]!, c])) : undefined;
  const pairs = languages.flatMap((a, i) => languages.slice(i + 1).map(b => [a, b] as const));
  /** Of each concept: [layer] overlap with itself in the other language, less that with others. */
  const excess: { concept: string; pair: string; own: number[]; other: number[] }[] = [];
  for (const [a, b] of pairs) {
    const both = concepts.filter(c => tops.has(`${c}\u0000${a}`) && tops.has(`${renamed?.get(c) ?? c}\u0000${b}`));
    for (const c of both) {
      const here = tops.get(`${c}\u0000${a}`)!;
      const there = tops.get(`${renamed?.get(c) ?? c}\u0000${b}`)!;
      const rivals = shuffled(
        both.filter(o => o !== c),
        draw,
      ).slice(0, 8);
      if (rivals.length === 0) continue;
      excess.push({
        concept: c,
        pair: `${a}–${b}`,
        own: here.map((top, l) => overlap(top, there[l]!)),
        other: here.map((top, l) =>
          average(rivals.map(r => overlap(top, tops.get(`${renamed?.get(r) ?? r}\u0000${b}`)![l]!))),
        ),
      });
    }
  }
  const learn = excess.filter(e => hash(e.concept) % 2 === 0);
  const judged = excess.filter(e => hash(e.concept) % 2 === 1);
  if (learn.length < 4 || judged.length < 4)
    return [notTested(test, `${excess.length} concepts in two languages; 8 are needed`)];
  const layers = Array.from({ length: lab.model.layers }, (_, l) => l);
  const above = (of: typeof excess, l: number) => average(of.map(e => e.own[l]! - e.other[l]!));
  const layer = layers.reduce((best, l) => (above(learn, l) > above(learn, best) ? l : best), 0);
  const main: Arm = { name: "overlap of the same thing", share: mean(judged.map(e => e.own[layer]!)) };
  const controls: Arm[] = [{ name: "overlap of different things", share: mean(judged.map(e => e.other[layer]!)) }];
  const difference = mean(judged.map(e => e.own[layer]! - e.other[layer]!));
  const profile = layers.map(l => above(judged, l));
  const peak = profile.indexOf(Math.max(...profile));
  const inverted = peak > 0 && peak < layers.length - 1;
  return [
    {
      test: test.test,
      title: test.title,
      claim: test.claim,
      core: test.core,
      outcome: judge(difference, [{ ...controls[0]!.share, value: 0, low: 0, high: 0 }], test.need),
      why: `${inNumbers({ name: "more overlap than different things have", share: difference }, controls, test.need)}. The peak lies at layer ${peak} of ${layers.length}${inverted ? ", between first and last" : ", at an end"}.`,
      selection: `Layer ${layer}, the best on half of the concepts; the most active ${Math.round(100 * TOP)} % of units at ${test.at === "last" ? "the last token" : test.at}.`,
      main,
      controls,
      need: test.need,
      charts: [
        {
          kind: "lines",
          title: "overlap above that of different things, by layer",
          x: layers,
          xName: "layer",
          lines: pairs.map(([a, b]) => ({
            name: `${a}–${b}`,
            y: layers.map(l =>
              above(
                excess.filter(e => e.pair === `${a}–${b}`),
                l,
              ),
            ),
          })),
          mark: layer,
        },
      ],
      rows: judged.map(e => ({
        prompt: `${e.concept}, ${e.pair}`,
        before: `different things ${e.other[layer]!.toFixed(2)}`,
        after: `the same ${e.own[layer]!.toFixed(2)}`,
        ok: e.own[layer]! > e.other[layer]!,
      })),
    },
  ];
}

function topUnits(runs: readonly Float32Array[]): Set<number> {
  const width = runs[0]!.length;
  const strength = Float64Array.from({ length: width }, (_, i) => average(runs.map(r => Math.abs(r[i]!))));
  const order = [...strength.keys()].sort((a, b) => strength[b]! - strength[a]! || a - b);
  return new Set(order.slice(0, Math.max(1, Math.round(TOP * width))));
}

function overlap(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let both = 0;
  for (const x of a) if (b.has(x)) both++;
  return both / (a.size + b.size - both);
}
