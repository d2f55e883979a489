import fc from "fast-check";
import { expect, test } from "vitest";
import { golden, goldenGraph, graphOf, numbers, type PlainRow, randomGraph } from "../../test/golden-graph.ts";
import type { Graph } from "./graph.ts";
import { type Node, nodeId } from "./node.ts";
import { describe, supernodes } from "./supernodes.ts";

const tokens = ["The", " capital", " of", " the", " state", " with", " Dal", "las", " is", ":"].map(text => ({ text }));

/**
 * A model of 16 layers and 10 tokens with three planted groups among hundreds of weak units: readers of " Dal" in layers
 * 0-3; at the last token, layers 8-11, units that they feed and that speak for the answer; and, in the same layers, units
 * that " capital" feeds and that speak against it, `against` times as strongly.
 */
function planted(against = 0.7) {
  const random = numbers(11);
  const nodes: Node[] = [{ kind: "target", index: 0 }];
  const groups: Record<"readers" | "pro" | "contra" | "noise", number[]> = {
    readers: [],
    pro: [],
    contra: [],
    noise: [],
  };
  const put = (group: keyof typeof groups, layer: number, position: number, index: number) =>
    groups[group].push(nodes.push({ kind: "unit", layer, position, index }) - 1);
  for (let i = 0; i < 12; i++) put("readers", i % 4, 6, i);
  for (let i = 0; i < 12; i++) put("pro", 8 + (i % 4), 9, i);
  for (let i = 0; i < 12; i++) put("contra", 8 + (i % 4), 9, 100 + i);
  for (let i = 0; i < 700; i++) put("noise", Math.floor(random() * 16), Math.floor(random() * 10), 1000 + i);
  const token = tokens.map((_, position) => nodes.push({ kind: "embedding", position }) - 1);
  const weak = () => (random() - 0.5) * 0.02;
  const rows = nodes.flatMap((node, i): PlainRow[] => {
    if (node.kind === "target") {
      const of = (group: number[], weight: number) => group.map(unit => [unit, weight] as const);
      return [{ node: i, edges: [...of(groups.pro, 1), ...of(groups.contra, -against), ...of(groups.noise, weak())] }];
    }
    if (node.kind !== "unit") return [];
    const below = groups.noise.filter(unit => {
      const at = nodes[unit]!;
      return at.kind === "unit" && at.layer < node.layer && at.position <= node.position;
    });
    const noise = below.flatMap(unit => (random() < 0.1 ? [[unit, weak()] as const] : []));
    const own = [token[node.position]!, 0.3] as const;
    if (groups.readers.includes(i)) return [{ node: i, edges: [[token[6]!, 1], ...noise] }];
    if (groups.pro.includes(i)) return [{ node: i, edges: [...groups.readers.map(r => [r, 0.2] as const), ...noise] }];
    if (groups.contra.includes(i)) return [{ node: i, edges: [[token[1]!, 1], ...noise] }];
    return [{ node: i, edges: [own, ...noise] }];
  });
  return { graph: graphOf(nodes, [{ node: 0, weight: 1 }], rows), groups };
}

test("planted groups are found among hundreds of weak units, and what speaks against the answer stays apart", () => {
  const { graph, groups } = planted();
  const { supernodes: boxes, boxOf } = supernodes(graph, { tokens });
  const home = (group: number[]) => {
    const counts = new Map<number, number>();
    for (const unit of group) counts.set(boxOf[unit]!, (counts.get(boxOf[unit]!) ?? 0) + 1);
    const [box, count] = [...counts].sort((a, b) => b[1] - a[1])[0]!;
    expect(count).toBeGreaterThanOrEqual(0.8 * group.length);
    return boxes[box]!;
  };
  const [readers, pro, contra] = [home(groups.readers), home(groups.pro), home(groups.contra)];
  expect(new Set([readers.id, pro.id, contra.id]).size).toBe(3);
  expect(pro.effect).toBeGreaterThan(0);
  expect(contra.effect).toBeLessThan(0);
  expect(pro.reads[0]!.id).toBe(readers.id);
  expect(contra.reads[0]!.label).toBe("‘capital’");
  expect(readers.reads[0]!.label).toBe("‘Dallas’"); // two tokens, one word
});

test("what speaks against the answer has a box of its own, though it would go under beside the rest", () => {
  const { graph, groups } = planted(0.1);
  const ids = new Set(groups.contra.map(i => nodeId(graph.nodes[i]!)));
  for (const boxes of [5, 10]) {
    const made = supernodes(graph, { tokens, boxes });
    const against = made.supernodes.filter(box => box.kind === "units" && box.effect < 0);
    expect(against).not.toHaveLength(0);
    expect(against[0]!.members.filter(id => ids.has(id)).length).toBeGreaterThanOrEqual(10);
    const named = made.supernodes.filter(box => box.kind === "tokens" || box.kind === "units");
    expect(named.length).toBeLessThanOrEqual(boxes);
  }
});

test("the dial sets how many boxes there are at most, and everything that is drawn is in some box", () => {
  const { graph } = planted();
  for (const boxes of [5, 8, 12]) {
    const made = supernodes(graph, { tokens, boxes });
    const named = made.supernodes.filter(box => box.kind === "tokens" || box.kind === "units");
    expect(named.length).toBeLessThanOrEqual(boxes);
    expect(named.length).toBeGreaterThanOrEqual(4);
    expect([...made.boxOf].every(box => box >= 0)).toBe(true);
    expect(new Set(made.supernodes.flatMap(box => box.members)).size).toBe(graph.nodes.length);
  }
});

test("the same graph with its nodes in another order gives the same boxes", () => {
  const graph = goldenGraph(golden("gpt2-clt"));
  const eight = graph.nodes.slice(0, 8).map((_, i) => ({ text: ` t${i}` }));
  const random = numbers(5);
  const order = [...graph.nodes.keys()].map(i => [random(), i] as const).sort((a, b) => a[0] - b[0]);
  const place = new Map(order.map(([, old], now) => [old, now]));
  const rows = [...graph.rowNode.keys()].map(row => ({
    node: place.get(graph.rowNode[row]!)!,
    edges: [...graph.source.subarray(graph.rowStart[row]!, graph.rowStart[row + 1]!)].map(
      (source, e) => [place.get(source)!, graph.weight[graph.rowStart[row]! + e]!] as const,
    ),
  }));
  const other = graphOf(
    order.map(([, old]) => graph.nodes[old]!),
    graph.targets.map(t => ({ ...t, node: place.get(t.node)! })),
    rows,
    Float32Array.from(order, ([, old]) => graph.activation[old]!),
  );
  const members = (g: Graph) =>
    supernodes(g, { tokens: eight }).supernodes.map(box => [...box.members].sort().join(" "));
  expect(members(other).sort()).toEqual(members(graph).sort());
});

test("boxes can be drawn as a flow: no edge leads backwards, and what leaves a box has entered it", () => {
  fc.assert(
    fc.property(fc.nat(), seed => {
      const graph = randomGraph(numbers(seed), { layers: 6, positions: 3, units: 10 });
      const made = supernodes(graph, { tokens: tokens.slice(0, 3), boxes: 6 });
      const at = new Map(made.supernodes.map((box, i) => [box.id, i]));
      const units = made.supernodes.filter(box => box.kind === "units");
      for (const edge of made.superedges) {
        const [source, target] = [made.supernodes[at.get(edge.source)!]!, made.supernodes[at.get(edge.target)!]!];
        expect(target.kind === "units" || target.kind === "target").toBe(true);
        if (source.kind === "units") expect(at.get(edge.source)!).toBeLessThan(at.get(edge.target)!);
      }
      for (const box of units) {
        const sum = (side: "source" | "target") =>
          made.superedges.reduce((s, edge) => s + (edge[side] === box.id ? edge.share : 0), 0);
        expect(sum("target")).toBeLessThanOrEqual(sum("source") + 1e-12);
        expect(sum("source")).toBeLessThanOrEqual(box.share + 1e-12);
      }
    }),
    { numRuns: 60 },
  );
});

test("given groups are taken as they are, and a node that two of them claim stays in the first", () => {
  const graph = goldenGraph(golden("gpt2-relu"));
  const made = describe(
    graph,
    [
      { kind: "units", members: [100, 101, 102], name: "mine" },
      { kind: "units", members: [102, 103] },
    ],
    { tokens },
  );
  const mine = made.supernodes.find(box => box.label.text === "mine")!;
  expect(mine.label.source).toBe("user");
  expect(mine.members).toEqual([100, 101, 102].map(i => nodeId(graph.nodes[i]!)));
  expect(
    made.supernodes
      .filter(box => box.kind === "units")
      .map(box => box.members.length)
      .sort(),
  ).toEqual([1, 3]);
});

test("a graph without units, or without any row, still has boxes and an answer", () => {
  const nodes: Node[] = [
    { kind: "embedding", position: 0 },
    { kind: "target", index: 0 },
  ];
  const bare = graphOf(nodes, [{ node: 1, weight: 1 }], []);
  expect(supernodes(bare, { tokens }).supernodes.map(box => box.kind)).toEqual(["target"]);
  const direct = graphOf(nodes, [{ node: 1, weight: 1 }], [{ node: 1, edges: [[0, 2]] }]);
  expect(supernodes(direct, { tokens }).superedges).toEqual([
    { source: "box.1", target: "target.0", weight: 2, share: 1 },
  ]);
});

test("a word in which the contrast differs has a box even where it weighs nothing, and takes no more boxes than tokens may", () => {
  const { graph } = planted();
  const effect = Float64Array.from(graph.nodes, (node, i) => (node.kind === "embedding" ? (i % 3) + 1 : 1));
  const tokenBoxes = (differ?: ReadonlySet<number>) =>
    supernodes(graph, { tokens, effect, ...(differ ? { differ } : {}) }).supernodes.filter(
      box => box.kind === "tokens",
    );
  const light = graph.nodes.findIndex(node => node.kind === "embedding" && node.position === 8);
  effect[light] = 0;
  expect(tokenBoxes().some(box => box.members.includes("embedding.8"))).toBe(false);
  expect(tokenBoxes(new Set([8])).some(box => box.members.includes("embedding.8"))).toBe(true);
  const all = new Set(tokens.keys());
  expect(tokenBoxes(all).length).toBeLessThanOrEqual(4);
});
