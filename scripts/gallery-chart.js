/**
 * A traced chart made ready for the gallery that comes with the page: `node scripts/gallery-chart.js trace.json
 * src/web/examples/1-small.json "gemma-3-270m"`. Weak edges are left out (each node's `mass` says how much that is) and
 * numbers are rounded, so that a chart is some hundred kilobytes; nothing else is changed but the model's name.
 */
import { readFileSync, writeFileSync } from "node:fs";

/** Edges that are kept: the strongest of all by their share of what their target takes in. */
const most = 4000;

const [from, to, name] = process.argv.slice(2);
if (!from || !to) {
  console.error("node scripts/gallery-chart.js TRACE.json OUT.json [model name]");
  process.exit(2);
}
const trace = JSON.parse(readFileSync(from, "utf8"));
const mass = new Map(trace.nodes.map(node => [node.id, node.mass]));
const sum = new Map();
for (const edge of trace.edges) sum.set(edge.target, (sum.get(edge.target) ?? 0) + Math.abs(edge.weight));
const share = edge => Math.abs(edge.weight) / Math.max(mass.get(edge.target) ?? 0, sum.get(edge.target));
const edges = [...trace.edges].sort((a, b) => share(b) - share(a)).slice(0, most);
const text = JSON.stringify(
  {
    ...trace,
    model: { ...trace.model, ...(name ? { name } : {}) },
    nodes: trace.nodes.map(node => ({
      ...node,
      ...(sum.has(node.id) ? { mass: mass.get(node.id) ?? sum.get(node.id) } : {}),
    })),
    edges,
  },
  (_, value) => (typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value),
);
writeFileSync(to, `${text}\n`);
console.log(`${to}: ${(text.length / 1e3).toFixed(0)} kB, ${edges.length} of ${trace.edges.length} edges`);
