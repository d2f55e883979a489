import { describe, expect, test } from "vitest";
import { tinyFamilies, tinyGolden, tinyModel } from "../../test/golden/tiny.ts";
import { neurons } from "../features/neurons.ts";
import { recordRun } from "../models/record.ts";
import { attribute } from "./attribute.ts";
import { splitEdge } from "./heads.ts";
import { logitTargets, unitTargets } from "./target.ts";

describe.each(tinyFamilies)("%s", family => {
  test("the parts of an edge, head by head and direct, add up to the edge", async () => {
    const model = await tinyModel(family);
    const recording = await recordRun(model, tinyGolden(family).ids.slice(0, 7));
    const basis = await neurons(model).on(recording);
    const { dModel } = model.config;
    const [logit] = await logitTargets(recording, [{ id: 7 }], String);
    const [unit] = await unitTargets(basis, [{ layer: 2, position: 5, index: 3 }]);
    for (const target of [logit!, unit!]) {
      const { graph } = await attribute(recording, basis, [target], { expand: 0 });
      let compared = 0;
      for (let e = 0; e < graph.source.length; e++) {
        const node = graph.nodes[graph.source[e]!]!;
        const wanted = node.kind === "embedding" || (node.kind === "unit" && node.index % 23 === 0);
        if (!wanted) continue;
        const at = "position" in node ? node.position : 0;
        const source =
          node.kind === "unit"
            ? { layer: node.layer, position: at, vector: await basis.decoder(basis.number(node)!) }
            : { layer: -1, position: at, vector: recording.embedding.slice(at * dModel, (at + 1) * dModel) };
        const split = await splitEdge(recording, basis, source, target);
        expect(split.weight).toBeCloseTo(graph.weight[e]!, 4);
        for (const share of split.heads) expect(share.pattern).toBeLessThanOrEqual(1.00001);
        compared++;
        if (compared > 12) break;
      }
      expect(compared).toBeGreaterThan(5);
    }
    await model.release();
  });
});
