/**
 * How much of the answer comes from each part of the prompt? Each part's tokens are replaced by the same part of another
 * prompt (as many tokens, everything else as it was), and the answer's log-probability falls by so much. No reading of
 * the inside is needed, so this is what a chart's shares must agree with.
 */
import { type Arm, type Finding, inNumbers, judged, notTested, type Row } from "../finding.ts";
import { type Item, ofSplit, type Place } from "../item.ts";
import type { Ask } from "../lab.ts";
import { drawFor, type Scene, shuffled, some } from "../scene.ts";
import { mean } from "../stats.ts";
import type { TestOf, Where } from "../study.ts";

const DONORS = 4;

export async function sourceTest(test: TestOf<"source">, scene: Scene): Promise<Finding[]> {
  const own = await sharesOf(test, scene, test.applyTo, test.count);
  const other = test.against ? await sharesOf(test, scene, test.against, test.count) : undefined;
  if (own.length < 4 || (other && other.length < 4))
    return [
      notTested(
        test,
        `${own.length} prompts with every part can be asked${other ? `, ${other.length} to compare with` : ""}`,
      ),
    ];
  const claimed = (all: typeof own) => mean(all.map(o => o.shares[test.claimed]!));
  const main: Arm = { name: `from ${test.claimed}`, share: claimed(own) };
  const controls: Arm[] = other
    ? [{ name: `from ${test.claimed}, where it should not matter`, share: claimed(other) }]
    : [];
  const even = 1 / test.roles.length;
  const common = judged(test, main, controls);
  const { outcome } = common;
  const above = main.share.low > even;
  return [
    {
      ...common,
      outcome: outcome === "void" ? "fails" : above ? outcome : "fails",
      why: `Share of the answer. ${inNumbers(main, controls, test.need)}. If all parts mattered alike it would be ${Math.round(100 * even)} %.`,
      selection: `Parts: ${test.roles.join(", ")}. Each was replaced by that of up to ${DONORS} other prompts, chosen by a hash.`,
      charts: [
        {
          kind: "bars",
          title: "share of the answer, by part of the prompt",
          bars: test.roles.map(role => ({ name: role, share: mean(own.map(o => o.shares[role]!)) })),
        },
        ...(other
          ? [
              {
                kind: "bars" as const,
                title: "the same, where it should not matter",
                bars: test.roles.map(role => ({ name: role, share: mean(other.map(o => o.shares[role]!)) })),
              },
            ]
          : []),
      ],
      rows: own.map(o => o.row),
    },
  ];
}

async function sharesOf(test: TestOf<"source">, scene: Scene, where: Where | undefined, count: number) {
  const all = ofSplit(scene.items, "held-out", where).filter(item => test.roles.every(role => item.roles[role]));
  const usable = some(
    all.filter(item => scene.right(item)),
    count,
  );
  const out: { shares: Record<string, number>; row: Row }[] = [];
  for (const [n, item] of usable.entries()) {
    const asks: { role: string; ask: Ask }[] = [];
    for (const role of test.roles) {
      const donors = shuffled(all, drawFor(scene, `source/${role}/${item.id}`));
      let found = 0;
      for (const donor of donors) {
        const ids = withPartOf(item, donor, role);
        if (!ids) continue;
        asks.push({ role, ask: { ids, wanted: item.answerIds, own: [] } });
        if (++found === DONORS) break;
      }
    }
    const readings = await scene.lab.plain([
      { ids: item.ids, wanted: item.answerIds, own: [] },
      ...asks.map(a => a.ask),
    ]);
    const clean = readings[0]!.logProbability;
    const drops = Object.fromEntries(test.roles.map(role => [role, 0]));
    for (const role of test.roles) {
      const mine = asks.map((a, i) => (a.role === role ? clean - readings[i + 1]!.logProbability : undefined));
      const values = mine.filter(v => v !== undefined);
      drops[role] = values.length === 0 ? 0 : Math.max(0, values.reduce((a, b) => a + b, 0) / values.length);
    }
    const total = Object.values(drops).reduce((a, b) => a + b, 0);
    if (total < 0.1) continue;
    const found = test.roles.map(role => drops[role]! / total);
    // The null: which part each share belongs to is dealt anew for every prompt.
    const dealt = scene.null === "shuffled labels" ? shuffled(found, drawFor(scene, `null/${item.id}`)) : found;
    const shares = Object.fromEntries(test.roles.map((role, i) => [role, dealt[i]!]));
    out.push({
      shares,
      row: {
        prompt: item.prompt,
        before: item.answer.trim(),
        after: test.roles.map(role => `${role} ${Math.round(100 * shares[role]!)} %`).join(", "),
        ok: shares[test.claimed]! >= test.need,
      },
    });
    scene.progress(n + 1, usable.length);
  }
  return out;
}

/**
 * The item with another's tokens in one part, wherever the part stands: what is written twice may be read at either place.
 * Undefined where they are as they were, or not as many.
 */
export function withPartOf(item: Item, donor: Item, role: string): number[] | undefined {
  const [here, there] = [item, donor].map(({ roles: { [role]: at } }) => [at!, ...(at!.also ?? [])]) as [
    Place[],
    Place[],
  ];
  const ids = [...item.ids];
  for (const [n, { first, last }] of here.entries()) {
    const from = there[n] ?? there[0]!;
    if (last - first !== from.last - from.first) return undefined;
    for (let i = first; i <= last; i++) ids[i] = donor.ids[from.first + i - first]!;
  }
  return ids.some((id, i) => id !== item.ids[i]) ? ids : undefined;
}
