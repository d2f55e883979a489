import { describe, expect, test } from "vitest";
import { sendForward, type Written } from "../../test/golden/frozen-forward.ts";
import { tinyFamilies, tinyGolden, tinyModel } from "../../test/golden/tiny.ts";
import { neurons } from "../features/neurons.ts";
import { compile, variantOf } from "../interventions/apply.ts";
import { logitsUnder } from "../interventions/read-out.ts";
import { runVariants } from "../interventions/variants.ts";
import { recordRun } from "../models/record.ts";
import { attribute } from "./attribute.ts";
import { logitTargets, unitTargets } from "./target.ts";

const show = (id: number) => `#${id}`;

async function traced(family: string, tokens: number, expand: number) {
  const model = await tinyModel(family);
  const recording = await recordRun(model, tinyGolden(family).ids.slice(0, tokens));
  const basis = await neurons(model).on(recording);
  const targets = await logitTargets(recording, [{ id: 7 }, { id: 11, foil: 30 }], show);
  return { model, recording, basis, targets, result: await attribute(recording, basis, targets, { expand }) };
}

describe.each(tinyFamilies)("%s, neurons", family => {
  test("every row adds up to its target: logits, differences of logits and units", async () => {
    const { result, model } = await traced(family, 12, 300);
    expect(result.expanded).toBe(300);
    expect(result.rowSum).toBeLessThan(2e-6);
    expect(result.frozenTargets).toBeLessThan(1e-5);
    await model.release();
  });

  test("the frozen model gives every logit of the vocabulary as the model does", async () => {
    const model = await tinyModel(family);
    const recording = await recordRun(model, tinyGolden(family).ids);
    const basis = await neurons(model).on(recording);
    const all = Array.from({ length: model.config.vocabulary }, (_, id) => ({ id }));
    const targets = await logitTargets(recording, all, show);
    const { graph, frozenTargets } = await attribute(recording, basis, targets, { expand: 0 });
    expect(graph.rowNode.length).toBe(model.config.vocabulary);
    expect(frozenTargets).toBeLessThan(1e-5);
    await model.release();
  });

  test("the whole adjacency is what each source, sent forward alone through the frozen model in float64, gives", async () => {
    const { result, model, recording, basis, targets } = await traced(family, 5, Number.POSITIVE_INFINITY);
    const { graph } = result;
    const { dModel, dMlp } = model.config;
    const sources: Written[] = [];
    const column = new Map<number, number>();
    for (const [i, node] of graph.nodes.entries()) {
      if (node.kind === "embedding") {
        column.set(i, sources.length);
        sources.push({
          layer: -1,
          position: node.position,
          vector: recording.embedding.slice(node.position * dModel, (node.position + 1) * dModel),
        });
      }
      // A sixth of the units, spread over layers and positions: the plain reading is slow.
      if (node.kind === "unit" && (node.index * 7 + node.layer + node.position) % 6 === 0) {
        column.set(i, sources.length);
        sources.push({ layer: node.layer, position: node.position, vector: await basis.decoder(basis.number(node)!) });
      }
    }
    const arrived = await sendForward(recording, sources);
    let worst = 0;
    let compared = 0;
    for (let row = 0; row < graph.rowNode.length; row++) {
      const node = graph.nodes[graph.rowNode[row]!]!;
      let absolute = 0;
      for (let e = graph.rowStart[row]!; e < graph.rowStart[row + 1]!; e++)
        absolute = Math.max(absolute, Math.abs(graph.weight[e]!));
      const found = new Map<number, number>();
      for (let e = graph.rowStart[row]!; e < graph.rowStart[row + 1]!; e++)
        found.set(graph.source[e]!, graph.weight[e]!);
      for (const [source, c] of column) {
        const from = graph.nodes[source]!;
        let expected = 0;
        if (node.kind === "target") {
          const t = targets[node.index]!;
          for (let i = 0; i < dModel; i++) expected += t.vector[i]! * arrived.final[c]![t.position * dModel + i]!;
        } else if (
          node.kind === "unit" &&
          (from.kind === "embedding" || (from.kind === "unit" && from.layer < node.layer))
        ) {
          expected = arrived.units[c]![node.layer]![node.position * dMlp + node.index]!;
        }
        worst = Math.max(worst, Math.abs((found.get(source) ?? 0) - expected) / absolute);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(10_000);
    // float32 against float64; the largest difference lies in rows that nearly cancel.
    expect(worst).toBeLessThan(1e-4);
    await model.release();
  });

  test("an edge is what silencing its source takes from the answer, all else held, in a real run", async () => {
    const { model, recording, basis, result } = await traced(family, 7, 0);
    const { graph } = result;
    const before = await model.logits(recording.residual[model.layers]!.slice(-model.config.dModel));
    const answer = (logits: Float32Array) => logits[7]! - logits.reduce((sum, v) => sum + v / logits.length, 0);
    const context = { recording, basis, texts: recording.ids.map(String) };
    const units = Array.from({ length: graph.rowStart[1]! }, (_, e) => e)
      .filter(e => graph.nodes[graph.source[e]!]!.kind === "unit")
      .sort((a, b) => Math.abs(graph.weight[b]!) - Math.abs(graph.weight[a]!));
    // A soft-cap bends logits: there the uncapped ones would have to be compared.
    if (model.config.logitCap === undefined) {
      for (const e of [units[0]!, units[5]!, units[40]!]) {
        const node = graph.nodes[graph.source[e]!]!;
        if (node.kind !== "unit") continue;
        const mode = { attention: "frozen", constrained: [0, model.layers - 1] } as const;
        const off = {
          site: { at: "unit", layer: node.layer, index: node.index },
          positions: [node.position],
          do: "scale",
          by: 0,
        } as const;
        const variant = variantOf(await compile({ interventions: [off], ...mode }, context), context);
        const [after] = await logitsUnder(recording, await runVariants(recording, [variant]), mode);
        expect(answer(before) - answer(after!)).toBeCloseTo(graph.weight[e]!, 4);
      }
    }
    await model.release();
  });

  test("a unit is a target like a logit, at any position", async () => {
    const { recording, basis, model } = await traced(family, 8, 0);
    const targets = await unitTargets(basis, [{ layer: 2, position: 3, index: 5 }]);
    const { graph, rowSum } = await attribute(recording, basis, targets, { expand: 20 });
    expect(rowSum).toBeLessThan(2e-6);
    for (const node of graph.nodes) if ("position" in node) expect(node.position).toBeLessThanOrEqual(3);
    await model.release();
  });

  test("batches do not change rows, whatever their make-up", async () => {
    const { recording, basis, model, targets, result } = await traced(family, 6, 40);
    const single = await attribute(recording, basis, targets, { expand: 40, round: 1 });
    const edges = (graph: typeof result.graph, row: number) => {
      const ids = new Map<string, number>();
      for (let e = graph.rowStart[row]!; e < graph.rowStart[row + 1]!; e++)
        ids.set(JSON.stringify(graph.nodes[graph.source[e]!]), graph.weight[e]!);
      return ids;
    };
    const a = edges(result.graph, 0);
    const b = edges(single.graph, 0);
    for (const [id, weight] of a) expect(b.get(id)).toBeCloseTo(weight, 5);
    await model.release();
  });
});

test("a row with small edges dropped still adds up, and says what it dropped", async () => {
  const model = await tinyModel("llama");
  const recording = await recordRun(model, tinyGolden("llama").ids);
  const basis = await neurons(model).on(recording);
  const targets = await logitTargets(recording, [{ id: 7 }], show);
  const whole = await attribute(recording, basis, targets, { expand: 30 });
  const sparse = await attribute(recording, basis, targets, { expand: 30, floor: 1 / 500 });
  expect(sparse.graph.source.length).toBeLessThan(whole.graph.source.length / 2);
  expect(sparse.rowSum).toBeLessThan(2e-6);
  for (let row = 0; row < sparse.graph.rowNode.length; row++) {
    let kept = 0;
    for (let e = sparse.graph.rowStart[row]!; e < sparse.graph.rowStart[row + 1]!; e++) kept += sparse.graph.weight[e]!;
    expect(kept + sparse.graph.rowDropped[row]!).toBeCloseTo(sparse.graph.rowValue[row]!, 4);
  }
  expect(sparse.graph.rowDroppedAbsolute[0]!).toBeGreaterThan(0);
  await model.release();
});
