/** A made-up trace of many nodes and edges, to see how a picture copes. */
import type { EdgeInfo, NodeInfo, TraceDocument } from "../src/attribution/document.ts";
import { examples } from "../src/charts/examples/index.ts";
import { random } from "../src/core/random.ts";

export function crowd(nodes: number, edges: number): TraceDocument {
  const draw = random(3);
  const base = examples.dallas!;
  const { layers } = base.model;
  const whole = (n: number) => Math.floor(draw() * n);
  const units = new Map<string, NodeInfo>();
  while (units.size < nodes) {
    const [layer, position, index] = [whole(layers), whole(base.tokens.length), whole(2048)];
    const id = `unit.${layer}.${position}.${index}`;
    units.set(id, {
      id,
      kind: "unit",
      layer,
      position,
      index,
      activation: draw() * 3,
      influence: draw() ** 6 * 0.02,
      effect: draw() - 0.4,
      expanded: true,
    });
  }
  const all = [...units.values()];
  const outer = base.nodes.filter(node => node.kind === "embedding" || node.kind === "target");
  const made: EdgeInfo[] = [];
  while (made.length < edges) {
    const [a, b] = [all[whole(nodes)]!, all[whole(nodes)]!];
    if ((a.layer as number) < (b.layer as number) && a.position! <= b.position!)
      made.push({ source: a.id, target: b.id, weight: draw() - 0.4 });
    else if (made.length % 7 === 0) made.push({ source: a.id, target: base.target.node, weight: draw() - 0.4 });
  }
  return {
    ...base,
    nodes: [...outer, ...all],
    edges: made,
    supernodes: base.supernodes.filter(s => s.kind !== "units"),
    superedges: [],
  };
}
