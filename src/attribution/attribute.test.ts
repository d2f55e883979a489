import { describe, expect, test } from "vitest";
import { sendForward, type Written } from "../../test/golden/frozen-forward.ts";
import { tinyFamilies, tinyGolden, tinyModel } from "../../test/golden/tiny.ts";
import { neurons } from "../features/neurons.ts";
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
