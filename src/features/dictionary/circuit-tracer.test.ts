import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderModel, goldenFolder } from "../../../test/golden/tiny.ts";
import { cases, golden, goldenNodes } from "../../../test/golden-graph.ts";
import { type AttributeOptions, type Attribution, attribute } from "../../attribution/attribute.ts";
import type { Graph } from "../../attribution/graph.ts";
import { influenceAsPeer } from "../../attribution/influence.ts";
import { type Node, nodeId } from "../../attribution/node.ts";
import { prune } from "../../attribution/prune.ts";
import { scores } from "../../attribution/scores.ts";
import { type LogitChoice, logitTargets } from "../../attribution/target.ts";
import { recordRun } from "../../models/record.ts";
import { openDictionary } from "../../store/dictionaries.ts";
import { dictionaryBasis } from "./basis.ts";

const show = (id: number) => `#${id}`;
type Case = (typeof cases)[number];

async function opened(name: Case, options: Parameters<typeof dictionaryBasis>[2] = {}) {
  const folder = join(goldenFolder, "circuit-tracer", name);
  const model = await folderModel(join(folder, "model"), name);
  const { dictionary, close } = await openDictionary(join(folder, "dict"));
  const basis = dictionaryBasis(dictionary, model, options);
  const g = golden(name);
  const recording = await recordRun(model, g.token_ids, { readTaps: basis.readTaps });
  const prompt = await basis.on(recording);
  const trace = async (choices: readonly LogitChoice[], attributeOptions: AttributeOptions): Promise<Attribution> =>
    attribute(recording, prompt, await logitTargets(recording, choices, show), attributeOptions);
  const release = async () => {
    await model.release();
    await close();
  };
  return { g, model, recording, prompt, trace, release };
}

/** The graph's node number of each of the peer's nodes, in its order; -1 where ours has none. */
function inPeersOrder(graph: Graph, nodes: readonly Node[]): number[] {
  const ours = new Map(graph.nodes.map((node, i) => [nodeId(node), i]));
  return nodes.map(node => ours.get(nodeId(node)) ?? -1);
}

/** [row in the peer's order][column in the peer's order] */
function dense(graph: Graph, nodes: readonly Node[]): Map<number, Float64Array> {
  const order = inPeersOrder(graph, nodes);
  const column = new Map(order.map((ours, peer) => [ours, peer]));
  const rows = new Map<number, Float64Array>();
  graph.rowNode.forEach((node, row) => {
    const values = new Float64Array(nodes.length);
    for (let e = graph.rowStart[row]!; e < graph.rowStart[row + 1]!; e++) {
      const at = column.get(graph.source[e]!);
      if (at === undefined) continue;
      expect(values[at]).toBe(0); // a source stands once in a row, also one that writes to many layers
      values[at] = graph.weight[e]!;
    }
    rows.set(column.get(node)!, values);
  });
  return rows;
}

const close = (ours: number, theirs: number) => Math.abs(ours - theirs) - 1e-4 * Math.abs(theirs) <= 1e-5;

describe.each(cases)("%s", name => {
  test("the same features are active, as strongly", async () => {
    const { g, prompt, release } = await opened(name);
    const ours = Array.from({ length: prompt.count }, (_, unit) => prompt.place(unit));
    expect(ours.map(p => [p.layer, p.position, p.index])).toEqual(g.active_features.map(f => f.slice(0, 3)));
    g.active_features.forEach(([, , , activation], unit) => {
      expect(close(prompt.activation(unit), activation)).toBe(true);
      expect(prompt.number(prompt.place(unit))).toBe(unit);
    });
    await release();
  });

  test("the whole adjacency agrees, and rows add up", async () => {
    for (const smallProduct of [0, 1e9]) {
      const { g, trace, release } = await opened(name, { smallProduct });
      const choices = g.logit_targets.map((id, i) => ({ id, weight: g.logit_probabilities[i]! }));
      const result = await trace(choices, { expand: Number.POSITIVE_INFINITY });
      const nodes = goldenNodes(g);
      const rows = dense(result.graph, nodes);
      const first = nodes.length - g.logit_targets.length;
      let worst = 0;
      g.adjacency_rows.forEach((expected, row) => {
        const node = row < g.n_features ? row : first + row - g.n_features;
        const ours = rows.get(node) ?? new Float64Array(nodes.length);
        expected.forEach((weight, i) => {
          if (!close(ours[i]!, weight))
            throw new Error(`${nodeId(nodes[node]!)} ← ${nodeId(nodes[i]!)}: ${ours[i]}, not ${weight}`);
          worst = Math.max(worst, Math.abs(ours[i]! - weight));
        });
      });
      expect(worst).toBeLessThan(2e-5);
      expect(result.rowSum).toBeLessThan(1e-5);
      expect(result.frozenTargets).toBeLessThan(1e-5);
      await release();
    }
  });

  test("influence, masks and scores of our own graph are the peer's", async () => {
    const { g, trace, release } = await opened(name);
    const choices = g.logit_targets.map((id, i) => ({ id, weight: g.logit_probabilities[i]! }));
    const { graph } = await trace(choices, { expand: Number.POSITIVE_INFINITY });
    const nodes = goldenNodes(g);
    const order = inPeersOrder(graph, nodes);
    const influence = influenceAsPeer(graph);
    const at = (values: ArrayLike<number>) => order.map(i => (i < 0 ? 0 : values[i]!));
    for (const [i, value] of at(influence).entries()) expect(value).toBeCloseTo(g.node_influence[i]!, 5);
    const pruned = prune(graph, { nodes: 0.8, edges: 0.98 });
    expect(at(pruned.nodes)).toEqual(g.prune.node_mask.map(Number));
    const peer = new Map(order.map((ours, i) => [ours, i]));
    const kept: string[] = [];
    graph.rowNode.forEach((target, row) => {
      for (let e = graph.rowStart[row]!; e < graph.rowStart[row + 1]!; e++) {
        if (pruned.edges[e] && peer.has(graph.source[e]!))
          kept.push(`${peer.get(target)} ${peer.get(graph.source[e]!)}`);
      }
    });
    expect(kept.sort()).toEqual(g.prune.edge_mask_true_pairs_target_source.map(pair => pair.join(" ")).sort());
    nodes.forEach((node, i) => {
      // Nodes without influence all come last; the peer's order among them is chance, and targets have none.
      if (g.node_influence[i]! > 1e-9 && node.kind !== "target")
        expect(pruned.cumulative[order[i]!]).toBeCloseTo(g.prune.cumulative_scores[i]!, 4);
    });
    const ours = scores(graph);
    expect(Math.abs(ours.replacement - g.graph_scores.replacement)).toBeLessThan(1e-4);
    expect(Math.abs(ours.completeness - g.graph_scores.completeness)).toBeLessThan(1e-4);
    await release();
  });

  test("a run limited to some features chooses the same ones", async () => {
    const { g, trace, release } = await opened(name);
    const { max_feature_nodes, batch_size, update_interval } = g.limited.args;
    const choices = g.logit_targets.map((id, i) => ({ id, weight: g.logit_probabilities[i]! }));
    const { graph } = await trace(choices, { expand: max_feature_nodes, round: batch_size * update_interval });
    const order = inPeersOrder(graph, goldenNodes(g));
    const expanded = new Set(graph.rowNode);
    const chosen = g.active_features.flatMap((_, i) => (expanded.has(order[i]!) ? [i] : []));
    expect(chosen).toEqual(g.limited.selected_features);
    const ours = scores(graph);
    expect(Math.abs(ours.replacement - g.limited.graph_scores.replacement)).toBeLessThan(1e-4);
    expect(Math.abs(ours.completeness - g.limited.graph_scores.completeness)).toBeLessThan(1e-4);
    await release();
  });

  test("explicit targets and a difference of two logits agree", async () => {
    const { g, trace, release } = await opened(name);
    const { explicit_ids, difference } = g.custom_targets;
    const nodes = goldenNodes(g).filter(node => node.kind !== "target");
    for (const { custom, choices } of [
      {
        custom: explicit_ids,
        choices: explicit_ids.targets.map((id, i) => ({ id, weight: explicit_ids.probabilities[i]! })),
      },
      { custom: difference, choices: [{ id: difference.targets[0]!, foil: difference.targets[1]!, weight: 1 }] },
    ]) {
      const { graph } = await trace(choices, { expand: Number.POSITIVE_INFINITY });
      const all = [...nodes, ...choices.map((_, index): Node => ({ kind: "target", index }))];
      const rows = dense(graph, all);
      custom.logit_rows.forEach((expected, i) => {
        const ours = rows.get(nodes.length + i)!;
        for (const [j, weight] of expected.entries()) expect(close(ours[j]!, weight)).toBe(true);
      });
      const ours = scores(graph);
      expect(Math.abs(ours.replacement - custom.graph_scores[0]!)).toBeLessThan(1e-4);
      expect(Math.abs(ours.completeness - custom.graph_scores[1]!)).toBeLessThan(1e-4);
    }
    await release();
  });

  test("memory too small for the decoder changes nothing", async () => {
    const { g, trace, release } = await opened(name, { memory: 0 });
    const { trace: traceWhole, release: releaseWhole } = await opened(name);
    const choices = [{ id: g.logit_targets[0]! }];
    const a = await trace(choices, { expand: 30 });
    const b = await traceWhole(choices, { expand: 30 });
    expect([...a.graph.weight]).toEqual([...b.graph.weight]);
    await release();
    await releaseWhole();
  });
});
