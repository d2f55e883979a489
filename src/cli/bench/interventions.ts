/**
 * Interventions a second: one unit switched off, anywhere in a short prompt. Batched, everything below the first changed
 * layer and before the first changed position taken from the recorded run; against each one run alone, from the start.
 */
import { neurons } from "../../features/neurons.ts";
import { unitVariant } from "../../interventions/unit-variant.ts";
import { runVariants } from "../../interventions/variants.ts";
import { forward } from "../../models/forward.ts";
import { recordRun } from "../../models/record.ts";
import { type Question, seconds, someIds } from "./question.ts";

export const interventions: Question = {
  name: "interventions",
  what: "How many interventions a second, batched with all that they share, and each run alone?",
  async run({ open, signal, quick, progress }) {
    const { model, close } = await open();
    const tokens = 16;
    const ids = someIds(tokens, model.config.vocabulary);
    const recording = await recordRun(model, ids, { signal });
    const basis = await neurons(model).on(recording);
    const { dMlp } = model.config;
    const variants = Array.from({ length: quick ? 64 : 512 }, (_, k) => {
      const place = { layer: (k * 7) % model.layers, position: (k * 5) % tokens, index: (k * 31) % dMlp };
      const unit = basis.number(place)!;
      return { ...place, variant: unitVariant(recording, basis, [{ unit, value: 0 }], { attention: "live" }) };
    });
    const few = variants.slice(0, quick ? 8 : 48);
    const alone = async () => {
      for (const { layer, position, index } of few) {
        const stages = {
          hidden: (at: number, hidden: Float32Array) => {
            if (at === layer) hidden[position * dMlp + index] = 0;
          },
        };
        await forward(model, [ids], { stages, signal });
      }
    };
    // The first runs make the programs.
    await runVariants(recording, [variants[0]!.variant], { signal });
    await forward(model, [ids], { signal });
    progress(1, 3);
    const batched = await seconds(() =>
      runVariants(
        recording,
        variants.map(v => v.variant),
        { signal },
      ),
    );
    progress(2, 3);
    const single = await seconds(alone);
    progress(3, 3);
    await close();
    const [together, each] = [variants.length / batched, few.length / single];
    return [
      { name: "interventions, batched", value: together, unit: "runs/s" },
      { name: "interventions, each alone", value: each, unit: "runs/s" },
      { name: "interventions, batched against alone", value: together / each, unit: "times" },
    ];
  },
};
