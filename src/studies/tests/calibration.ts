/** Is the model as sure as it is right? Probability of the first token it would say, against whether the answer is right. */
import { type Arm, type Finding, inNumbers, judged, notTested } from "../finding.ts";
import { ofSplit } from "../item.ts";
import { drawFor, type Scene, shuffled, some } from "../scene.ts";
import { auroc, average, type Share } from "../stats.ts";
import type { TestOf } from "../study.ts";

const BINS = 5;

export async function calibrationTest(test: TestOf<"calibration">, scene: Scene): Promise<Finding[]> {
  const items = some(ofSplit(scene.items, "held-out", test.applyTo), test.count);
  const readings = await scene.lab.plain(items.map(item => ({ ids: item.ids, wanted: item.answerIds, own: [] })));
  const right = readings.map(r => r.exact);
  const sure = readings.map(r => r.sure);
  const wrongs = right.filter(r => !r).length;
  if (wrongs < 3 || right.length - wrongs < 3)
    return [
      notTested(test, `${right.length - wrongs} right and ${wrongs} wrong answers: too few of one kind to compare`),
    ];
  const draw = drawFor(scene, "calibration");
  const area = (marks: readonly boolean[]) =>
    auroc(
      sure.filter((_, i) => marks[i]),
      sure.filter((_, i) => !marks[i]),
    );
  const resampled = (marks: readonly boolean[]): Share => {
    const areas = Array.from({ length: 400 }, () => {
      const pick = sure.map(() => Math.floor(draw() * sure.length));
      return auroc(
        pick.filter(i => marks[i]).map(i => sure[i]!),
        pick.filter(i => !marks[i]).map(i => sure[i]!),
      );
    }).filter(Number.isFinite);
    areas.sort((a, b) => a - b);
    const n = areas.length;
    return {
      value: area(marks),
      n: sure.length,
      low: areas[Math.floor(0.025 * n)] ?? 0,
      high: areas[Math.floor(0.975 * n)] ?? 1,
    };
  };
  const truth = scene.null === "shuffled labels" ? shuffled(right, draw) : right;
  const main: Arm = { name: "a right answer is surer than a wrong one", share: resampled(truth) };
  const nulls = Array.from({ length: 100 }, () => area(shuffled(right, draw))).sort((a, b) => a - b);
  const controls: Arm[] = [
    { name: "with shuffled marks", share: { value: average(nulls), n: 100, low: nulls[2]!, high: nulls[97]! } },
  ];
  const bins = Array.from({ length: BINS }, (_, b) => {
    const inside = sure.map((_, i) => i).filter(i => Math.min(BINS - 1, Math.floor(sure[i]! * BINS)) === b);
    return {
      n: inside.length,
      sure: average(inside.map(i => sure[i]!)),
      right: average(inside.map(i => Number(right[i]))),
    };
  });
  const filled = bins.filter(b => b.n > 0);
  const error = filled.reduce((sum, b) => sum + (b.n / sure.length) * Math.abs(b.sure - b.right), 0);
  return [
    {
      ...judged(test, main, controls),
      why: `${inNumbers(main, controls, test.need)}. It is sure of ${Math.round(100 * average(sure))} % and right in ${Math.round(100 * average(right.map(Number)))} %; mean distance between the two ${error.toFixed(2)}.`,
      charts: [
        {
          kind: "lines",
          title: "how often it is right, by how sure it is",
          x: filled.map(b => b.sure),
          xName: "probability of what it says",
          lines: [
            { name: "right", y: filled.map(b => b.right) },
            { name: "if it were calibrated", y: filled.map(b => b.sure) },
          ],
        },
      ],
      rows: items.map((item, i) => ({
        prompt: item.prompt,
        before: item.answer.trim(),
        after: `${scene.lab.text(readings[i]!.said).trim()} (${Math.round(100 * sure[i]!)} % sure)`,
        ok: right[i]!,
      })),
    },
  ];
}
