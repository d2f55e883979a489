/**
 * Can something be read from the stream at one token? Nearest class mean, each dimension scaled by its spread, learnt on
 * training prompts; the layer is chosen there too. That something can be read does not say that it is used.
 */
import { type Arm, type Finding, inNumbers, judged, notTested, type Row } from "../finding.ts";
import { type Item, ofSplit, positionOf } from "../item.ts";
import { dealtEvenly, drawFor, type Scene, some } from "../scene.ts";
import { average, share, shareOf } from "../stats.ts";
import type { TestOf } from "../study.ts";
import { meanOf, type Vector } from "../vectors.ts";

const LEARN = 1200;
const SHUFFLES = 8;

interface Reader {
  read(state: ArrayLike<number>): string;
}

export async function probeTest(test: TestOf<"probe">, scene: Scene): Promise<Finding[]> {
  const usable = (split: Item["split"]) =>
    ofSplit(scene.items, split, split === "train" ? test.learnOn : test.applyTo).filter(
      item => item.labels[test.label] !== undefined && positionOf(item, test.at) !== undefined,
    );
  const training = some(usable("train"), LEARN);
  const held = some(usable("held-out"), Math.max(test.count, 2));
  const labelOf = (item: Item) => item.labels[test.label]!;
  const classes = [...new Set(training.map(labelOf))];
  if (classes.length < 2 || held.length < 4)
    return [notTested(test, `${classes.length} classes, ${held.length} held-out prompts`)];
  const statesAt = (items: readonly Item[], role: string) =>
    scene.lab.states(items.map(item => ({ ids: item.ids, position: positionOf(item, role)! })));
  const learnt = await statesAt(training, test.at);
  const seen = await statesAt(held, test.at);
  scene.progress(1, 2);
  const draw = drawFor(scene, "probe");
  let labels = training.map(labelOf);
  if (scene.null === "shuffled labels") labels = dealtEvenly(labels, draw);

  const half = training.map((_, i) => i % 2 === 0);
  const layers = learnt[0]!.length;
  const atLayer = (states: readonly Float32Array[][], layer: number) => states.map(s => s[layer]!);
  const score = (reader: Reader, states: readonly ArrayLike<number>[], wanted: readonly string[]) =>
    states.map((s, i) => reader.read(s) === wanted[i]);
  const chosenBy = Array.from({ length: layers }, (_, layer) => {
    const states = atLayer(learnt, layer);
    const pick = <T>(values: readonly T[], first: boolean) => values.filter((_, i) => half[i] === first);
    const reader = readerOf(pick(states, true), pick(labels, true));
    return average(score(reader, pick(states, false), pick(labels, false)).map(Number));
  });
  const layer = chosenBy.indexOf(Math.max(...chosenBy));
  const truth = held.map(labelOf);
  const byLayer = Array.from({ length: layers }, (_, l) =>
    average(score(readerOf(atLayer(learnt, l), labels), atLayer(seen, l), truth).map(Number)),
  );
  const reader = readerOf(atLayer(learnt, layer), labels);
  const marks = score(reader, atLayer(seen, layer), truth);
  const nullMarks = Array.from({ length: SHUFFLES }, () =>
    score(readerOf(atLayer(learnt, layer), dealtEvenly(labels, draw)), atLayer(seen, layer), truth),
  ).flat();
  const commonest = Math.max(...classes.map(c => truth.filter(t => t === c).length));

  const along: { name: string; marks: boolean[] }[] = [];
  for (const role of test.alongside) {
    const there = held.filter(item => positionOf(item, role) !== undefined);
    if (there.length === 0) continue;
    const states = atLayer(await statesAt(there, role), layer);
    along.push({ name: role, marks: score(reader, states, there.map(labelOf)) });
  }
  scene.progress(2, 2);
  const rows: Row[] = held.map((item, i) => ({
    prompt: item.prompt,
    before: truth[i]!,
    after: reader.read(seen[i]![layer]!),
    ok: marks[i]!,
  }));
  const main: Arm = { name: "read right", share: shareOf(marks) };
  const controls: Arm[] = [
    { name: "with shuffled labels", share: shareOf(nullMarks) },
    { name: "always the commonest", share: share(commonest, truth.length) },
  ];
  return [
    {
      ...judged(test, main, controls),
      why:
        inNumbers(main, controls, test.need) +
        (along.length > 0
          ? `. ${along.map(a => `At ${a.name}: ${Math.round(100 * average(a.marks.map(Number)))} %`).join(", ")}`
          : ""),
      selection: `Layer ${layer} at ${test.at === "last" ? "the last token" : test.at}, the best on training prompts (learnt on one half, judged on the other); ${classes.length} classes, ${training.length} training prompts.`,
      charts: [
        {
          kind: "bars",
          title: `reading “${test.label}”`,
          bars: [main, ...controls, ...along.map(a => ({ name: `at ${a.name}`, share: shareOf(a.marks) }))],
          need: test.need,
        },
        {
          kind: "lines",
          title: "by layer (held-out prompts)",
          x: byLayer.map((_, l) => l),
          xName: "layer",
          lines: [{ name: "read right", y: byLayer }],
          mark: layer,
        },
      ],
      rows,
    },
  ];
}

/** Nearest mean, every dimension divided by its spread within the classes. */
function readerOf(states: readonly ArrayLike<number>[], labels: readonly string[]): Reader {
  const groups = new Map<string, ArrayLike<number>[]>();
  states.forEach((s, i) => {
    const had = groups.get(labels[i]!);
    if (had) had.push(s);
    else groups.set(labels[i]!, [s]);
  });
  const means = new Map<string, Vector>([...groups].map(([label, members]) => [label, meanOf(members)]));
  const width = states[0]!.length;
  const spread = new Float64Array(width).fill(1e-6);
  states.forEach((s, i) => {
    const m = means.get(labels[i]!)!;
    for (let d = 0; d < width; d++) spread[d]! += (s[d]! - m[d]!) ** 2 / states.length;
  });
  return {
    read(state) {
      let best = "";
      let least = Number.POSITIVE_INFINITY;
      for (const [label, m] of means) {
        let distance = 0;
        for (let d = 0; d < width; d++) distance += (state[d]! - m[d]!) ** 2 / spread[d]!;
        if (distance < least) [best, least] = [label, distance];
      }
      return best;
    },
  };
}
