import { expect, test } from "vitest";
import { numbers, randomGraph } from "../../test/golden-graph.ts";
import { coverage } from "./coverage.ts";
import type { NodeInfo, TargetInfo } from "./document.ts";
import { fromDocument, massOf } from "./from-document.ts";
import { nodeId } from "./node.ts";

function saved(seed: number, keep: number) {
  const random = numbers(seed);
  const graph = randomGraph(random, { layers: 4, positions: 1, units: 6 });
  const mass = massOf(graph);
  const nodes = graph.nodes.map((node, i): NodeInfo => {
    const row = graph.rowNode.indexOf(i);
    const known = mass[i] === undefined ? {} : { mass: mass[i] };
    const activation = row < 0 ? 1 : graph.rowValue[row]!;
    return { id: nodeId(node), kind: node.kind, activation, influence: 0, expanded: row >= 0, ...known };
  });
  const shown = Uint8Array.from(graph.source, () => (random() < keep ? 1 : 0));
  const edges = [...graph.rowNode].flatMap((target, row) => {
    const place = [...graph.source.keys()].slice(graph.rowStart[row]!, graph.rowStart[row + 1]!);
    return place.flatMap(e => {
      if (!shown[e]) return [];
      return [{ source: nodes[graph.source[e]!]!.id, target: nodes[target]!.id, weight: graph.weight[e]! }];
    });
  });
  const targets = graph.targets.map(({ node, weight }): TargetInfo => {
    return { node: nodes[node]!.id, id: 0, text: "x", value: 1, probability: weight, position: 0, what: "" };
  });
  return { graph, shown, document: { nodes, edges, targets } };
}

test("a saved trace covers what the trace covered, also where edges were pruned", () => {
  for (let seed = 0; seed < 10; seed++) {
    const { graph, shown, document } = saved(seed, 0.6);
    const all = new Uint8Array(graph.nodes.length).fill(1);
    const drawn = coverage(graph, { nodes: all, edges: shown }, "all");
    const again = coverage(fromDocument(document), { nodes: all }, "all");
    expect(again.explained).toBeCloseTo(drawn.explained, 6);
    // errors and biases count whether drawn or not, so those whose edges were not saved turn into hidden mass
    expect(again.explained + again.error + again.bias + again.hidden).toBeCloseTo(1, 9);
    expect(again.hidden).toBeGreaterThanOrEqual(drawn.hidden - 1e-6);
  }
});

test("with every edge saved, the graph comes back", () => {
  const { graph, document } = saved(3, 2);
  const back = fromDocument(document);
  expect(back.nodes).toEqual(graph.nodes);
  expect([...back.weight]).toEqual([...graph.weight]);
  back.rowDropped.forEach((dropped, row) => {
    expect(dropped).toBeCloseTo(graph.rowDropped[row]!, 5);
    expect(back.rowDroppedAbsolute[row]!).toBeCloseTo(graph.rowDroppedAbsolute[row]!, 5);
  });
});

test("an edge to a node that is not there is named", () => {
  const { document } = saved(1, 1);
  const edges = [{ source: "unit.9.9.9", target: document.nodes[0]!.id, weight: 1 }];
  expect(() => fromDocument({ ...document, edges })).toThrow("edge 0 names the node unit.9.9.9");
});
