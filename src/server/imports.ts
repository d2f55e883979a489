/**
 * A file that somebody dropped on the page, as a trace: our own JSON or `.lucida`, an exported page, or a graph of
 * circuit-tracer or Neuronpedia. Whatever is wrong with it is said with its place; nothing in it is executed.
 */

import { coverage } from "../attribution/coverage.ts";
import type { TraceDocument } from "../attribution/document.ts";
import { effects } from "../attribution/effect.ts";
import { fromDocument, massOf } from "../attribution/from-document.ts";
import { fromGraphJson } from "../attribution/from-graph-json.ts";
import { influence } from "../attribution/influence.ts";
import { nodeId } from "../attribution/node.ts";
import { allScores } from "../attribution/scores.ts";
import { story } from "../attribution/story.ts";
import { describe, supernodes } from "../attribution/supernodes.ts";
import { chart } from "../charts/chart.ts";
import { Problem } from "../core/problem.ts";
import { checkGraphJson } from "../formats/graph-json/read.ts";
import { isRecord, parseJson } from "../formats/json.ts";

export interface Imported {
  readonly document: TraceDocument;
  /** What a reader should know: what was left out, what was ambiguous. */
  readonly notes: readonly string[];
}

/** A zip's one file may not unfold to more than this. */
const mostUnzipped = 400 * 2 ** 20;

export async function imported(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<Imported> {
  if (bytes.length === 0) throw new Problem("the file is empty", { where: `in ${name}` });
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return fromText(await unzipped(bytes, name), name);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    throw new Problem("the file is compressed with gzip", { where: `in ${name}`, advice: "gunzip first" });
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Problem("the file is neither text nor a .lucida file", {
      where: `in ${name}`,
      advice: /\.pt$/.test(name)
        ? "circuit-tracer's create_graph_files, which writes such a .pt graph as JSON"
        : "a trace (.json, .lucida, .html) or a graph JSON of circuit-tracer or Neuronpedia",
    });
  }
  return fromText(text, name);
}

async function unzipped(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<string> {
  const { unzipSync, strFromU8 } = await import("fflate");
  try {
    const files = unzipSync(bytes, {
      filter: file => file.name === "trace.json" && file.originalSize <= mostUnzipped,
    });
    const trace = files["trace.json"];
    if (trace) return strFromU8(trace);
  } catch (cause) {
    throw new Problem("the zip is damaged", { where: `in ${name}`, cause });
  }
  throw new Problem("this zip holds no trace.json", { where: `in ${name}`, advice: "a .lucida file" });
}

function fromText(text: string, name: string): Imported {
  const page = /<script type="application\/json" id="trace">([\s\S]*?)<\/script>/.exec(text)?.[1];
  const value = parseJson(page ?? text, name);
  if (isRecord(value) && value.format === "lucida-trace") return { document: checkedTrace(value, name), notes: [] };
  if (isRecord(value) && Array.isArray(value.nodes) && !("metadata" in value)) {
    throw new Problem('this has nodes, and neither "format": "lucida-trace" nor the "metadata" of a graph JSON', {
      where: `in ${name}`,
    });
  }
  return fromGraph(checkGraphJson(value, name), name);
}

/** Enough is checked that drawing, exporting and regrouping cannot fail later. */
function checkedTrace(value: Record<string, unknown>, name: string): TraceDocument {
  const where = `in ${name}`;
  if (value.version !== 1) {
    throw new Problem(`this trace is of version ${String(value.version)}, this Lucida reads version 1`, {
      where,
      advice: "a newer Lucida",
    });
  }
  const lists = ["tokens", "targets", "top", "nodes", "edges", "supernodes", "superedges", "notes"];
  for (const key of lists) {
    if (!Array.isArray(value[key])) throw new Problem(`"${key}" should be a list`, { where });
  }
  for (const key of ["model", "target", "story", "coverage", "scores", "checks", "sweep", "timings"]) {
    if (!isRecord(value[key])) throw new Problem(`"${key}" should be an object`, { where });
  }
  if (typeof value.prompt !== "string") throw new Problem('"prompt" should be a text', { where });
  const document = value as unknown as TraceDocument;
  try {
    fromDocument(document);
    chart(document);
  } catch (cause) {
    if (cause instanceof Problem) throw new Problem(cause.message, { where, advice: cause.advice, cause });
    throw new Problem("a part of this trace is missing or has another form", { where, cause });
  }
  return document;
}

function fromGraph(json: Parameters<typeof fromGraphJson>[0], name: string): Imported {
  const it = fromGraphJson(json, name);
  const { graph, tokens } = it;
  const all = new Uint8Array(graph.nodes.length).fill(1);
  const effect = effects(graph);
  const options = { tokens, effect };
  const boxes = it.groups.length > 0 ? describe(graph, it.groups, options) : supernodes(graph, options);
  const share = influence(graph);
  const mass = massOf(graph);
  const expanded = new Set(graph.rowNode);
  const covered = coverage(graph, { nodes: all });
  const target = it.targets[0]!;
  const document: TraceDocument = {
    format: "lucida-trace",
    version: 1,
    model: {
      name: it.scan || "unknown model",
      family: "imported",
      layers: it.layers,
      dModel: 0,
      dMlp: 0,
      vocabulary: 0,
      weights: "unknown",
    },
    basis: "imported graph",
    prompt: it.prompt,
    tokens,
    target,
    targets: it.targets,
    top: it.targets.map(t => ({ id: t.id, text: t.text, logit: t.value, probability: t.probability })),
    nodes: graph.nodes.map((node, i) => {
      const box = boxes.supernodes[boxes.boxOf[i]!];
      const label = it.labels.get(i);
      return {
        id: nodeId(node),
        kind: node.kind,
        ...("layer" in node ? { layer: node.layer } : {}),
        ...("position" in node ? { position: node.position } : {}),
        ...("index" in node ? { index: node.index } : {}),
        activation: graph.activation[i]!,
        influence: share[i]!,
        effect: effect[i]!,
        ...(label ? { label } : {}),
        ...(box ? { supernode: box.id } : {}),
        expanded: expanded.has(i),
        ...(mass[i] === undefined ? {} : { mass: mass[i] }),
      };
    }),
    edges: [...graph.rowNode].flatMap((node, row) => {
      const edges = [];
      for (let e = graph.rowStart[row]!; e < graph.rowStart[row + 1]!; e++) {
        edges.push({
          source: nodeId(graph.nodes[graph.source[e]!]!),
          target: nodeId(graph.nodes[node]!),
          weight: graph.weight[e]!,
        });
      }
      return edges;
    }),
    supernodes: boxes.supernodes,
    superedges: boxes.superedges,
    story: story({ supernodes: boxes.supernodes, superedges: boxes.superedges, coverage: covered, target }),
    coverage: covered,
    scores: allScores(graph, all),
    checks: { rowSum: 0, frozenLogits: 0 },
    sweep: { expanded: expanded.size, sources: graph.nodes.length, unexpanded: 0 },
    notes: [`imported from ${name}; what its maker pruned away is not in it`, ...it.notes],
    timings: {},
  };
  return { document, notes: it.notes };
}
