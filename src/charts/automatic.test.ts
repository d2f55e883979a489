/** Charts of boxes that the attribution code itself made, from the peer's graphs: nothing here was drawn by hand. */
import { expect, test } from "vitest";
import { cases, golden, goldenGraph } from "../../test/golden-graph.ts";
import { coverage } from "../attribution/coverage.ts";
import type { TraceDocument } from "../attribution/document.ts";
import { nodeId } from "../attribution/node.ts";
import { story } from "../attribution/story.ts";
import { supernodes } from "../attribution/supernodes.ts";
import { chart } from "./chart.ts";
import { examples } from "./examples/index.ts";
import { storySvg } from "./svg.ts";
import { storyText } from "./terminal.ts";

function traced(name: (typeof cases)[number]): TraceDocument {
  const given = golden(name);
  const graph = goldenGraph(given);
  const tokens = given.token_ids.map(id => ({ id, text: ` t${id}` }));
  const made = supernodes(graph, { tokens });
  const shares = coverage(graph, { nodes: new Uint8Array(graph.nodes.length).fill(1) });
  const node = nodeId(graph.nodes[graph.targets[0]!.node]!);
  const target = { ...examples.dallas!.target, node, position: tokens.length - 1 };
  const edges: { source: string; target: string; weight: number }[] = [];
  graph.rowNode.forEach((to, row) => {
    for (let e = graph.rowStart[row]!; e < graph.rowStart[row + 1]!; e++)
      edges.push({
        source: nodeId(graph.nodes[graph.source[e]!]!),
        target: nodeId(graph.nodes[to]!),
        weight: graph.weight[e]!,
      });
  });
  const nodes = graph.nodes.map((n, i) => ({
    id: nodeId(n),
    kind: n.kind,
    activation: graph.activation[i]!,
    influence: 0,
    expanded: true,
  }));
  const { supernodes: boxes, superedges } = made;
  return {
    ...examples.dallas!,
    model: { ...examples.dallas!.model, layers: given.n_layers },
    basis: "a dictionary",
    tokens,
    target,
    nodes,
    edges,
    supernodes: boxes,
    superedges,
    coverage: shares,
    story: story({ supernodes: boxes, superedges, coverage: shares, target }),
  };
}

test.each(cases)("%s: every edge between boxes is in the chart with its own share, and none runs backward", name => {
  const document = traced(name);
  const it = chart(document);
  const share = new Map(document.superedges.map(e => [`${e.source}>${e.target}`, e.share]));
  expect(it.links.length).toBe(document.superedges.length);
  for (const link of it.links) {
    expect(link.share).toBe(share.get(`${link.source}>${link.target}`));
    expect(link.back).toBe(false);
  }
  for (const box of it.boxes) {
    const input = it.links.filter(l => l.target === box.id).reduce((sum, l) => sum + l.input, 0);
    expect(input).toBeLessThanOrEqual(1 + 1e-6);
    expect(box.error).toBeGreaterThanOrEqual(0);
    expect(box.error).toBeLessThan(1);
  }
  expect(it.boxes.some(b => b.error > 0.01)).toBe(true);
});

test.each(cases)("%s can be drawn and printed", name => {
  const document = traced(name);
  expect(storySvg(document)).not.toMatch(/NaN|undefined/);
  expect(storyText(document)).not.toMatch(/NaN|undefined/);
});
