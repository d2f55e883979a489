import { afterAll, beforeAll, expect, test } from "vitest";
import { trace } from "../src/attribution/trace.ts";
import { steer } from "../src/cli/steer-run.ts";
import { parseIntervention } from "../src/interventions/sentence.ts";
import { promptOf } from "../src/models/prompt.ts";
import { type OpenModel, openModel } from "../src/store/open-model.ts";
import { embedded } from "./embedded.ts";

/** The embedded model, as it is shipped: it knows its facts for a reason that can be moved. */
let open: OpenModel;
beforeAll(async () => {
  open = await openModel(embedded);
});
afterAll(() => open.close());

const fact = (city: string) => `Fact: the capital of the state containing ${city} is`;
const options = { tokens: 0, top: 3, signal: new AbortController().signal };

const swapped = (intervention: string) =>
  steer(open, promptOf({ text: fact("Dallas") }, open), {
    ...options,
    interventions: [parseIntervention(intervention)],
  });

test("the thought “Texas”, swapped for Fresno's at the city's last piece, makes Dallas's capital Sacramento", async () => {
  const { before, live, frozen } = await swapped(`swap residual 2 at "as" from "${fact("Fresno")}"`);
  expect(before[0]!.text).toBe(" Austin");
  expect(live[0]!.text).toBe(" Sacramento");
  expect(frozen[0]!.text).toBe(" Sacramento");
});

test("the same swap at another place changes nothing: the thought is at the city", async () => {
  for (const place of [" containing", " state", "Fact"]) {
    const { live } = await swapped(`swap residual 2 at "${place}" from "${fact("Fresno")}"`);
    expect(live[0]!.text, place).toBe(" Austin");
    expect(live[0]!.probability).toBeGreaterThan(0.9);
  }
});

test("the default trace finds, unasked, units at the city that speak for Texas", async () => {
  const { document } = await trace(open, { text: fact("Dallas") }, { precision: open.precision });
  expect(document.target.text).toBe(" Austin");
  expect(document.checks.rowSum).toBeLessThan(1e-4);
  const atCity = document.supernodes.filter(box => box.kind === "units" && box.positions[1] <= 11);
  expect(atCity.some(box => box.does?.raises.some(r => r.text === " Texas"))).toBe(true);
});
