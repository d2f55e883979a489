import { expect, test } from "vitest";
import { modularAddition, twoHop } from "../../../test/hand-built/models.ts";
import { trace } from "../trace.ts";
import { grafted, shuffled } from "./null-charts.ts";
import { verifyTrace } from "./verify-trace.ts";

const own = { precision: "float32" };

test("a shuffled chart has the form of the real one and other units in it, and verification turns it down", async () => {
  const known = twoHop();
  const asked = { model: known.model, tokenizer: undefined };
  const traced = await trace(asked, { ids: known.ids, versus: known.contrast, units: 10 }, own);
  expect((await verifyTrace(traced)).verify!.sufficiency).toBeGreaterThan(0.8);
  const units = (of: typeof traced.document) => of.nodes.filter(n => n.kind === "unit").map(n => n.id);
  const real = new Set(units(traced.document));
  for (let seed = 1; seed <= 10; seed++) {
    const wrong = shuffled(traced, seed);
    expect(units(wrong)).toHaveLength(real.size);
    expect(units(wrong).filter(id => real.has(id))).toEqual([]);
    expect(new Set(units(wrong)).size).toBe(real.size);
    const places = (of: typeof wrong) => of.nodes.map(n => `${n.kind} ${n.layer} ${n.position}`);
    expect(places(wrong)).toEqual(places(traced.document));
    expect(wrong.supernodes.map(b => b.members.length)).toEqual(traced.document.supernodes.map(b => b.members.length));
    const { verify } = await verifyTrace({ ...traced, document: wrong }, { seed });
    expect(verify!.works).toBe(false);
    expect(verify!.sufficiency).toBeLessThan(0.8);
  }
  expect(units(shuffled(traced, 1))).toEqual(units(shuffled(traced, 1)));
  await known.model.release();
});

test("another prompt's chart, held against this one's runs, is turned down", async () => {
  const known = modularAddition();
  const asked = { model: known.model, tokenizer: undefined };
  // 3 + 4 against 1 + 4; and 2 + 2 against 0 + 2, which runs through other units.
  const mine = await trace(asked, { ids: known.ids, versus: known.contrast, units: 8 }, own);
  const theirs = await trace(asked, { ids: [2, 2, 5], versus: [0, 2, 5], units: 8 }, own);
  const { verify } = await verifyTrace({ ...mine, document: grafted(mine.document, theirs.document) });
  expect(verify!.works).toBe(false);
  await known.model.release();
});
