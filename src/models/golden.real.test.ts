import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goldenFolder } from "../../test/golden/tiny.ts";
import { realModel } from "../../test/real.ts";
import { type OpenModel, openModel } from "../store/open-model.ts";
import { forward } from "./forward.ts";
import { generate, likely } from "./generate.ts";

interface Golden {
  readonly prompts: readonly {
    readonly prompt: string;
    readonly ids: number[];
    readonly top: readonly { id: number; logit: number; probability: number }[];
    readonly logit_mean: number;
    readonly residual_norms_last_position: number[];
    readonly greedy_ids: number[];
    readonly greedy_text: string;
  }[];
  readonly chat?: { readonly ids: number[]; readonly greedy_ids: number[] };
}

describe.each([
  ["smollm2", "smollm2-135m-instruct-q4_1.json"],
  ["gemma3", "gemma3-270m-q4_k_m.json"],
] as const)("%s against the original implementation", (name, file) => {
  const golden: Golden = JSON.parse(readFileSync(join(goldenFolder, "real", file), "utf8"));
  let open: OpenModel;
  beforeAll(async () => {
    open = await openModel({ kind: "gguf", path: realModel(name), name, source: "disk" });
  });
  afterAll(() => open.close());

  test.each(golden.prompts)("$prompt", async one => {
    const { model, tokenizer } = open;
    expect(tokenizer!.encode(one.prompt)).toEqual(one.ids);
    const norms: number[] = [];
    const { dModel } = model.config;
    const norm = (x: Float32Array) => Math.sqrt(x.slice(-dModel).reduce((sum, v) => sum + v * v, 0));
    const last = await forward(model, [one.ids], { stages: { residual: (_layer, x) => void norms.push(norm(x)) } });
    norms.push(norm((await model.finalNorm(last)).normed));
    one.residual_norms_last_position.forEach((n, i) => {
      expect(norms[i]! / n, `norm entering layer ${i}`).toBeCloseTo(1, 4);
    });
    const logits = await model.logits(last.slice(-dModel));
    for (const { id, logit } of one.top) expect(Math.abs(logits[id]! - logit), `logit of ${id}`).toBeLessThan(2e-3);
    const mine = likely(logits, one.top.length);
    one.top.forEach((theirs, i) => {
      if (i > 0 && one.top[i - 1]!.logit - theirs.logit < 2e-3) return;
      if (i + 1 < one.top.length && theirs.logit - one.top[i + 1]!.logit < 2e-3) return;
      expect(mine[i]!.id).toBe(theirs.id);
      expect(mine[i]!.probability).toBeCloseTo(theirs.probability, 3);
    });
    const made = await generate(model, one.ids, { tokens: one.greedy_ids.length });
    expect(tokenizer!.decode(made)).toBe(one.greedy_text);
  });

  if (golden.chat) {
    test("a chat's answer is the same, token for token", async () => {
      const { ids, greedy_ids } = golden.chat!;
      expect(await generate(open.model, ids, { tokens: greedy_ids.length })).toEqual(greedy_ids);
    });
  }
});
