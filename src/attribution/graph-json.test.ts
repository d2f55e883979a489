import fc from "fast-check";
import { expect, test } from "vitest";
import { cases, golden, goldenGraph, graphOf, numbers, randomGraph } from "../../test/golden-graph.ts";
import { Problem } from "../core/problem.ts";
import { parseGraphJson } from "../formats/graph-json/read.ts";
import type { GraphJson, GraphJsonNode } from "../formats/graph-json/schema.ts";
import { coverage } from "./coverage.ts";
import { fromGraphJson } from "./from-graph-json.ts";
import { influenceAsPeer } from "./influence.ts";
import { type Node, nodeId } from "./node.ts";
import { prune, pruneNothing } from "./prune.ts";
import { describe, supernodes } from "./supernodes.ts";
import { toGraphJson } from "./to-graph-json.ts";

const through = (json: GraphJson) => fromGraphJson(parseGraphJson(JSON.stringify(json)));

function exported(name: (typeof cases)[number]) {
  const g = golden(name);
  const graph = goldenGraph(g);
  const tokens = g.token_ids.map(id => ({ id, text: ` t${id}` }));
  const pruning = prune(graph);
  const boxes = supernodes(graph, { shown: pruning.nodes, tokens }).supernodes;
  const targets = g.logit_targets.map((id, i) => {
    return { id, text: ` "t${id}"`, probability: g.logit_probabilities[i]!, position: 7 };
  });
  const options = { slug: name, scan: "tiny", prompt: "p", tokens, targets, layers: 3, vocabulary: 97, pruning };
  return { g, graph, pruning, boxes, json: toGraphJson(graph, { ...options, supernodes: boxes }) };
}

test.each(cases)("%s out and in again: the same nodes, edges, tokens and boxes", name => {
  const { g, graph, pruning, boxes, json } = exported(name);
  expect(json.nodes.length).toBe(g.prune.node_mask.filter(Boolean).length);
  expect(json.links.length).toBe(g.prune.edge_mask_true_pairs_target_source.length);
  expect(new Set(json.nodes.map(node => node.node_id)).size).toBe(json.nodes.length);

  const back = through(json);
  expect(back.notes).toEqual([]);
  expect(back.layers).toBe(3 + 0);
  expect(back.tokens.map(token => token.id)).toEqual(g.token_ids);
  expect(back.targets.map(target => [target.id, target.text])).toEqual(g.logit_targets.map(id => [id, ` "t${id}"`]));
  expect(back.graph.nodes.map(nodeId)).toEqual(graph.nodes.filter((_, i) => pruning.nodes[i]).map(nodeId));
  const named = boxes.filter(box => box.kind === "units" || box.kind === "tokens");
  expect(back.groups.map(group => group.name)).toEqual(named.map(box => box.label.text));

  const again = describe(back.graph, back.groups, { tokens: back.tokens });
  expect(
    again.supernodes
      .filter(box => box.kind === "units")
      .map(box => box.members.length)
      .sort(),
  ).toEqual(
    named
      .filter(box => box.kind === "units")
      .map(box => box.members.length)
      .sort(),
  );
  const weights = (of: GraphJson) => of.links.map(link => `${link.source} ${link.target} ${link.weight}`).sort();
  const options = { slug: name, scan: back.scan, prompt: back.prompt, tokens: back.tokens, targets: back.targets };
  const kept = { ...pruneNothing(back.graph), cumulative: back.cumulative };
  const second = toGraphJson(back.graph, { ...options, layers: back.layers, vocabulary: 97, pruning: kept });
  expect(weights(second)).toEqual(weights(json));
  expect(second.nodes).toEqual(json.nodes);
});

test("every kind of node has an id of its own, whatever the graph", () => {
  fc.assert(
    fc.property(fc.nat(), seed => {
      const graph = randomGraph(numbers(seed), { layers: 4, positions: 3, units: 5 });
      const targets = [
        { id: 4, text: "x", probability: 0.5, position: 2 },
        { id: 4, text: "x", foil: { id: 5, text: "y" }, probability: 0.5, position: 2 },
      ];
      const tokens = [0, 1, 2].map(id => ({ id, text: `t${id}` }));
      const options = { slug: "s", scan: "m", prompt: "p", tokens, targets, layers: 4, vocabulary: 10 };
      const distinct = new Map(graph.nodes.map(node => [nodeId(node), node])).size;
      const json = toGraphJson(graph, { ...options, pruning: pruneNothing(graph) });
      expect(new Set(json.nodes.map(node => node.node_id)).size).toBe(distinct);
    }),
    { numRuns: 50 },
  );
});

test("our biases and coarse nodes come back as what they are", () => {
  const nodes: Node[] = [
    { kind: "target", index: 0 },
    { kind: "unit", layer: 0, position: 0, index: 3 },
    { kind: "bias", layer: "positions" },
    { kind: "bias", layer: 0 },
    { kind: "mlp", layer: 0, position: 0 },
    { kind: "embedding", position: 0 },
  ];
  const graph = graphOf(
    nodes,
    [{ node: 0, weight: 0.5 }],
    [
      {
        node: 0,
        edges: [
          [1, 1],
          [2, 1],
          [3, -1],
          [4, 2],
        ],
      },
      {
        node: 1,
        edges: [
          [5, 1],
          [2, 1],
        ],
      },
    ],
  );
  const tokens = [{ id: 0, text: "a" }];
  const targets = [{ id: 1, text: "b", probability: 0.5, position: 0 }];
  const options = { slug: "s", scan: "m", prompt: "a", tokens, targets, layers: 1, vocabulary: 2 };
  const back = through(toGraphJson(graph, { ...options, pruning: pruneNothing(graph), label: () => "word" }));
  expect(back.graph.nodes).toEqual(nodes);
  expect([...influenceAsPeer(back.graph)]).toEqual([...influenceAsPeer(graph)]);
  expect(back.labels.get(1)?.text).toBe("word");
});

const node = (
  id: string,
  layer: string,
  position: number,
  type: string,
  more: Partial<GraphJsonNode> = {},
): GraphJsonNode => {
  return { node_id: id, feature: null, layer, ctx_idx: position, feature_type: type, jsNodeId: "", clerp: "", ...more };
};
const old = (nodes: GraphJsonNode[], links: [string, string, number][]): GraphJson => ({
  metadata: { slug: "s", scan: "m", prompt: "p", prompt_tokens: ["a", "b", "c", "d"] },
  qParams: {},
  nodes: [
    ...nodes,
    node("E_1_0", "E", 0, "embedding"),
    node("4_9_3", "4", 3, "logit", { clerp: 'Output " Austin" (p=0.412)', token_prob: 0.412 }),
  ],
  links: links.map(([source, target, weight]) => ({ source, target, weight })),
});
const feature = "cross layer transcoder";
const error = "mlp reconstruction error";

test("an old error id that is also a feature's is told apart", () => {
  // feature 1 of layer 0 at position 3, and the error of layer 1 at position 3
  const nodes = [
    node("0_1_3", "0", 3, feature),
    node("1_7_3", "1", 3, feature),
    node("0_1_3", "1", 3, error, { feature: -1 }),
  ];
  const back = through(
    old(nodes, [
      ["E_1_0", "0_1_3", 1],
      ["0_1_3", "1_7_3", 2], // an error of layer 1 cannot feed layer 1: the feature's
      ["0_1_3", "4_9_3", 3],
      ["0_1_3", "4_9_3", 4],
    ]),
  );
  const { graph, notes } = back;
  const edges = [...graph.rowNode.keys()].flatMap(row =>
    [...graph.source.subarray(graph.rowStart[row]!, graph.rowStart[row + 1]!)].map((source, e) => {
      const target = nodeId(graph.nodes[graph.rowNode[row]!]!);
      return `${nodeId(graph.nodes[source]!)} ${target} ${graph.weight[graph.rowStart[row]! + e]}`;
    }),
  );
  expect(edges.sort()).toEqual([
    "embedding.0 unit.0.3.1 1",
    "error.1.3 target.0 4",
    "unit.0.3.1 target.0 3",
    "unit.0.3.1 unit.1.3.7 2",
  ]);
  expect(notes[0]).toContain("share");
  expect(back.targets[0]).toMatchObject({ id: 9, text: " Austin", probability: 0.412, position: 3 });
});

test("a feature that only has a legacy number is found; attention features are left out and show as hidden", () => {
  const nodes = [
    node("f1", "2", 1, feature, { feature: 200_345 }),
    node("2_lor_5_1", "2", 1, "lorsa"),
    node("3_8_3", "3", 3, feature, { feature: 8 }),
  ];
  const { graph, notes } = through(
    old(nodes, [
      ["E_1_0", "f1", 1],
      ["f1", "4_9_3", 1],
      ["2_lor_5_1", "4_9_3", -1],
      ["E_1_0", "2_lor_5_1", 1],
    ]),
  );
  expect(nodeId(graph.nodes[0]!)).toBe("unit.2.1.345");
  expect(notes).toEqual(["1 nodes of type “lorsa” have no counterpart here; their edges count as hidden"]);
  const all = new Uint8Array(graph.nodes.length).fill(1);
  expect(coverage(graph, { nodes: all })).toEqual({ explained: 0.5, error: 0, bias: 0, hidden: 0.5 });
});

test("supernodes, labels and pins of a saved view are taken over", () => {
  const json = old([node("0_1_3", "0", 3, feature, { clerp: "their words" })], [["0_1_3", "4_9_3", 1]]);
  const back = through({
    ...json,
    qParams: {
      pinnedIds: ["0_1_3", "gone"],
      supernodes: [["state", "0_1_3", "gone"]],
      clerps: [["0_1_3", "my words"]],
    },
  });
  expect(back.pinned).toEqual([0]);
  expect(back.groups).toEqual([{ kind: "units", members: [0], name: "state" }]);
  expect(back.labels.get(0)).toEqual({ text: "my words", source: "user", confidence: 1 });
  expect(back.notes).toEqual(["1 members of supernodes are not in the graph"]);
});

test("wrong graphs are refused with the node or link", () => {
  const one = node("0_1_3", "0", 3, feature);
  const say = (nodes: GraphJsonNode[], links: [string, string, number][]) => {
    try {
      through(old(nodes, links));
    } catch (problem) {
      expect(problem).toBeInstanceOf(Problem);
      return (problem as Problem).message;
    }
    return "fine";
  };
  expect(say([one, one], [])).toBe("node 1 (0_1_3) appears twice");
  expect(say([one], [["0_1_3", "E_1_0", 1]])).toBe("link 0 leads into E_1_0, which is no feature and no logit");
  expect(say([one, node("2_5_3", "2", 3, feature)], [["2_5_3", "0_1_3", 1]])).toContain("leads upwards");
  expect(
    say(
      [one],
      [
        ["0_1_3", "4_9_3", 1],
        ["0_1_3", "4_9_3", 2],
      ],
    ),
  ).toBe("link 1 (0_1_3 → 4_9_3) appears twice");
  // a dictionary's error in layer 1 is written after the features of layer 1 have read
  const late = [node("1_-1_3", "1", 3, error), node("1_7_3", "1", 3, feature)];
  expect(say(late, [["1_-1_3", "1_7_3", 1]])).toContain("leads upwards");
  const pair = [one, node("0_2_3", "0", 3, feature)];
  expect(
    say(pair, [
      ["0_1_3", "0_2_3", 1],
      ["0_2_3", "0_1_3", 1],
    ]),
  ).toContain("circle");
  const headless = { ...old([one], []), nodes: [one] };
  expect(() => through(headless)).toThrow("no logit node");
});
