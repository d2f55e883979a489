/**
 * Rows a second, and which share of the machine's peak in matrix products that is. Peak and sweep are measured in turns
 * in one process, so that a busy machine slows both.
 *
 * Counted are the products that a row cannot do without: for each token and each layer below the target, the pull
 * through the attention output, the values and the units' writes.
 */
import { batches, Sweep } from "../../attribution/sweep.ts";
import { neurons } from "../../features/neurons.ts";
import { recordRun } from "../../models/record.ts";
import { median } from "./median.ts";
import { matmulPeak } from "./peak.ts";
import { type Figure, peakMemory, type Question, seconds, someIds } from "./question.ts";

export const sweep: Question = {
  name: "sweep",
  what: "How many rows a second does the adjoint sweep give, and at which share of the machine's peak?",
  async run({ open, signal, quick, progress }) {
    const { model, close } = await open();
    const { dModel, dMlp, heads, kvHeads, dHead, vocabulary } = model.config;
    const figures: Figure[] = [];
    const sizes = quick ? [16] : [16, 64];
    for (const [i, tokens] of sizes.entries()) {
      const recording = await recordRun(model, someIds(tokens, vocabulary), { signal });
      const basis = await neurons(model).on(recording);
      const walk = await Sweep.on(recording, basis);
      // Targets as a trace has them: units of all layers, most of them late in the prompt.
      const count = quick ? 96 : 384;
      const units = Array.from({ length: count }, (_, k) => {
        const position = tokens - 1 - Math.floor((tokens / 2) * (k / count) ** 2);
        return basis.number({ layer: (k * 7) % model.layers, position, index: (k * 31) % dMlp })!;
      });
      const encoders = await basis.encoders(units);
      const targets = units.map((unit, k) => ({ ...basis.place(unit), vector: encoders[k]!.vector }));
      const each = 2 * (dMlp * dModel + heads * dHead * dModel + kvHeads * dHead * dModel);
      let flops = 0;
      for (const { layer, position } of targets) {
        const tokens = position + 1;
        // The units of the layers below, and the attention of those and of the target's own.
        flops += tokens * (layer * each + 2 * dModel * dHead * (heads + kvHeads));
      }
      const once = async () => {
        for (const batch of batches(targets)) {
          const rows = batch.map(k => targets[k]!);
          await walk.rows(rows, { floor: 1 / 20_000, most: 20_000, signal });
        }
      };
      await once();
      const times: number[] = [];
      const peaks: number[] = [];
      for (let k = 0; k < 3; k++) {
        peaks.push(await matmulPeak(model.device, 0.5));
        times.push(await seconds(once));
      }
      const time = median(times)!;
      const share = flops / time / 1e9 / median(peaks)!;
      figures.push(
        { name: `sweep, ${tokens} tokens`, value: count / time, unit: "rows/s" },
        {
          name: `sweep, ${tokens} tokens, of the peak`,
          value: share,
          unit: "share",
          ...(tokens === 64 ? { goal: { least: 0.4 } } : {}),
        },
      );
      progress(i + 1, sizes.length);
    }
    await close();
    return [...figures, { name: "sweep, peak memory", value: peakMemory(), unit: "MB" }];
  },
};
