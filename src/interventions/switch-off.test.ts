import { describe, expect, test } from "vitest";
import { tinyFamilies, tinyGolden, tinyModel } from "../../test/golden/tiny.ts";
import { neurons } from "../features/neurons.ts";
import { forward } from "../models/forward.ts";
import { recordRun } from "../models/record.ts";
import { switchOff } from "./switch-off.ts";

describe.each(tinyFamilies)("%s", family => {
  test("a batch of sets gives what each gives alone from the first layer on; nothing off gives the prompt's logits", async () => {
    const model = await tinyModel(family);
    const { ids, logits } = tinyGolden(family);
    const recording = await recordRun(model, ids);
    const basis = await neurons(model).on(recording);
    const unit = (layer: number, position: number, index: number) => basis.number({ layer, position, index })!;
    const last = model.layers - 1;
    const sets = [
      [unit(0, 3, 5), unit(last, 11, 2), unit(1, 7, 1)],
      [],
      [unit(last, 11, 9), unit(last, 11, 0)],
      [unit(1, 0, 4)],
    ];
    const batched = await switchOff(recording, basis, sets);
    logits[11]!.forEach((value, i) => {
      expect(batched[1]!.logits[i]!).toBeCloseTo(value, 3);
    });
    const { dModel, dMlp } = model.config;
    for (const [i, units] of sets.entries()) {
      const x = await forward(model, [ids], {
        stages: {
          hidden(layer, hidden) {
            for (const u of units) {
              const place = basis.place(u);
              if (place.layer === layer) hidden[place.position * dMlp + place.index] = 0;
            }
          },
        },
      });
      const alone = await model.logits(x.slice(11 * dModel));
      const worst = Math.max(...alone.map((v, k) => Math.abs(v - batched[i]!.logits[k]!)));
      expect(worst).toBeLessThan(1e-4);
      // The first set is large enough to show in every family.
      if (i === 0) expect(Math.max(...alone.map((v, k) => Math.abs(v - batched[1]!.logits[k]!)))).toBeGreaterThan(1e-3);
    }
    await model.release();
  });

  test("frozen attention: with nothing off nothing changes, and units of the last layer do the same live and frozen", async () => {
    const model = await tinyModel(family);
    const recording = await recordRun(model, tinyGolden(family).ids);
    const basis = await neurons(model).on(recording);
    const last = model.layers - 1;
    const sets = [
      [],
      [basis.number({ layer: last, position: 11, index: 3 })!],
      [basis.number({ layer: 0, position: 2, index: 3 })!],
    ];
    const live = await switchOff(recording, basis, sets);
    const frozen = await switchOff(recording, basis, sets, { attention: "frozen" });
    const apart = sets.map((_, s) => Math.max(...live[s]!.logits.map((v, k) => Math.abs(v - frozen[s]!.logits[k]!))));
    expect(apart[0]).toBeLessThan(1e-4);
    expect(apart[1]).toBeLessThan(1e-4);
    expect(apart[2]).toBeGreaterThan(1e-6);
    await model.release();
  });
});
