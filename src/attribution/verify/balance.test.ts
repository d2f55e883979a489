import { expect, test } from "vitest";
import { modularAddition, twoHop } from "../../../test/hand-built/models.ts";
import { random } from "../../core/random.ts";
import { recordRun } from "../../models/record.ts";
import { balancedCircuit, circuitByChance } from "./balance.ts";
import { chooseCircuit } from "./circuit.ts";
import { type Question, question } from "./gap.ts";
import { integratedEffects, rankUnits } from "./rank.ts";

type Known = ReturnType<typeof twoHop>;

async function asked(known: Known): Promise<Question> {
  const prompt = await recordRun(known.model, known.ids);
  const contrast = await recordRun(known.model, known.contrast);
  return question(prompt, contrast, known.answer, known.contrastAnswer);
}

/** The units of the known edges, as "layer.position.index". */
const known = ({ edges }: Known) => new Set(edges.flat().flatMap(id => /^unit\.(.*)/.exec(id)?.[1] ?? []));

test.each([
  ["two hops", twoHop],
  ["modular addition", modularAddition],
] as const)("ranking puts the units of %s before all noise", async (_, build) => {
  const world = build();
  const q = await asked(world);
  const units = known(world);
  const most = 2 * units.size;
  const effects = await rankUnits(q, { nodes: most });
  // As many again belong to the contrast: what spoke there and is silent here.
  const { units: chosen } = chooseCircuit(q.prompt, effects, { nodes: most });
  const names = chosen.map(u => `${u.layer}.${u.position}.${u.index}`);
  for (const unit of units) expect(names).toContain(unit);
  await world.model.release();
});

test("between the prompts' embeddings effects add up to the gap where each path has one unit", async () => {
  const world = modularAddition();
  const q = await asked(world);
  const effects = await integratedEffects(q, { points: 20 });
  const sum = effects.reduce((all, values) => all + values.reduce((a, b) => a + b, 0), 0);
  const gap = q.onPrompt - q.onContrast;
  expect(sum / gap).toBeGreaterThan(0.75);
  expect(sum / gap).toBeLessThan(1.25);
  await world.model.release();
});

test("a circuit that suffices is left as it is, for and against alike", async () => {
  const world = twoHop();
  const q = await asked(world);
  const { balance, sufficiency, nodes } = await balancedCircuit(q, await rankUnits(q, { nodes: 4 }), { nodes: 4 });
  expect(sufficiency).toBeGreaterThan(0.9);
  expect(nodes).toBe(4);
  expect(balance).toEqual({ factor: 1, for: 4, against: 0, sufficiencyAlike: sufficiency });
  await world.model.release();
});

test("where weak opposers crowd out supporters, opposers must be stronger, but never more than twice", async () => {
  const world = twoHop();
  const q = await asked(world);
  const ranked = await rankUnits(q, { nodes: 4 });
  const { dMlp } = q.prompt.model.config;
  const { units } = chooseCircuit(q.prompt, ranked, { nodes: 4 });
  const circuit = new Set(units.map(u => `${u.layer} ${u.position * dMlp + u.index}`));
  // Ten units that do nothing are said to oppose, `times` as strongly as the circuit's units support.
  const disturbed = (times: number) => {
    let left = 10;
    return ranked.map((values, layer) =>
      values.map((_, i) => {
        if (circuit.has(`${layer} ${i}`)) return 1;
        return left-- > 0 ? -times : 0;
      }),
    );
  };
  const mended = await balancedCircuit(q, disturbed(1.3), { nodes: 4 });
  expect(mended.balance.sufficiencyAlike).toBeLessThan(0.8);
  expect(mended.sufficiency).toBeGreaterThan(0.9);
  expect(mended.balance.factor).toBeLessThanOrEqual(1.5);
  const beyond = await balancedCircuit(q, disturbed(2.5), { nodes: 4 });
  expect(beyond.sufficiency).toBeLessThan(0.8);
  expect(beyond.balance).toMatchObject({ for: 0, against: 4 });
  await world.model.release();
});

test("random units balanced by the same rule, signs known, do not come to bring the answer about", async () => {
  for (const build of [twoHop, modularAddition]) {
    const world = build();
    const q = await asked(world);
    const ranked = await rankUnits(q, { nodes: 8 });
    const chosen = await balancedCircuit(q, ranked, { nodes: 8 });
    expect(chosen.sufficiency).toBeGreaterThan(0.8);
    for (let seed = 1; seed <= 10; seed++) {
      const { sufficiency, nodes } = await circuitByChance(q, ranked, { nodes: 8 }, random(seed));
      expect(nodes).toBe(8);
      expect(sufficiency).toBeLessThan(0.8);
    }
    await world.model.release();
  }
});
