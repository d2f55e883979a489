/** Interventions on features against circuit-tracer's own: 73 runs on six models and dictionaries. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderModel, goldenFolder } from "../../test/golden/tiny.ts";
import { cases, golden } from "../../test/golden-graph.ts";
import { dictionaryBasis } from "../features/dictionary/basis.ts";
import { recordRun } from "../models/record.ts";
import { openDictionary } from "../store/dictionaries.ts";
import { compile, variantOf } from "./apply.ts";
import { dictionaryFeatures } from "./dictionary-features.ts";
import type { Intervention } from "./intervention.ts";
import { logitsUnder } from "./read-out.ts";
import { runVariants } from "./variants.ts";

interface Peer {
  readonly name: string;
  readonly interventions: {
    readonly layer: number;
    readonly pos: number | { readonly start: number; readonly stop: number | null };
    readonly feature: number;
    readonly value: number;
  }[];
  readonly constrained_layers: number[] | null;
  readonly freeze_attention: boolean;
  readonly output_softcap_applied: boolean;
  readonly logits_last: number[];
}

describe.each(cases)("%s", name => {
  test("every intervention gives circuit-tracer's logits to 1e-4", async () => {
    const folder = join(goldenFolder, "circuit-tracer", name);
    const model = await folderModel(join(folder, "model"), name);
    const { dictionary, close } = await openDictionary(join(folder, "dict"));
    const basis = dictionaryBasis(dictionary, model);
    const g = golden(name) as ReturnType<typeof golden> & {
      readonly interventions: Peer[];
      readonly baseline_logits_last: number[];
    };
    const recording = await recordRun(model, g.token_ids, { readTaps: basis.readTaps });
    const prompt = await basis.on(recording);
    const features = dictionaryFeatures(basis, model, prompt.silentPositions);
    const context = { recording, texts: g.token_ids.map(String), basis: prompt, features };
    const variants = [];
    for (const peer of g.interventions) {
      const interventions = peer.interventions.map(({ layer, pos, feature, value }): Intervention => {
        const all = g.token_ids.keys();
        const positions =
          typeof pos === "number" ? [pos] : [...all].filter(p => p >= pos.start && p < (pos.stop ?? Infinity));
        return { site: { at: "unit", layer, index: feature }, positions, do: "set", to: value };
      });
      const held = peer.constrained_layers;
      const compiled = await compile(
        {
          interventions,
          attention: peer.freeze_attention ? "frozen" : "live",
          ...(held ? { constrained: [held[0]!, held.at(-1)!] as const } : {}),
        },
        context,
      );
      variants.push({ mode: compiled.mode, variant: variantOf(compiled, context) });
    }
    const streams = await runVariants(
      recording,
      variants.map(v => v.variant),
    );
    let moved = 0;
    for (const [i, peer] of g.interventions.entries()) {
      const ours = (await logitsUnder(recording, [streams[i]!], variants[i]!.mode))[0]!;
      const cap = peer.output_softcap_applied ? undefined : model.config.logitCap;
      const values = cap === undefined ? ours : ours.map(v => cap * Math.atanh(v / cap));
      const worst = Math.max(...peer.logits_last.map((v, k) => Math.abs(v - values[k]!)));
      expect(worst, peer.name).toBeLessThan(1e-4);
      moved = Math.max(moved, ...peer.logits_last.map((v, k) => Math.abs(v - g.baseline_logits_last[k]!)));
    }
    expect(moved).toBeGreaterThan(0.1);
    await model.release();
    await close();
  });
});
