/**
 * A graph as the JSON that circuit-tracer writes and Neuronpedia opens: kept nodes and edges, cumulative influence,
 * labels as "clerps", boxes as supernodes. Ids never collide. Biases and coarse nodes go along under types of their
 * own, which other viewers list or ignore.
 */
import { featureCode } from "../formats/graph-json/feature-code.ts";
import { ids, types } from "../formats/graph-json/ids.ts";
import type { GraphJson, GraphJsonNode } from "../formats/graph-json/schema.ts";
import type { SupernodeInfo, TargetInfo, TokenInfo } from "./document.ts";
import type { Graph } from "./graph.ts";
import { type Node, nodeId } from "./node.ts";
import type { Pruning } from "./prune.ts";

export interface GraphJsonOptions {
  /** The file's name without ".json". */
  readonly slug: string;
  /** Model and basis, as `scan` of the format. */
  readonly scan: string;
  readonly prompt: string;
  readonly tokens: readonly TokenInfo[];
  /** One for each target of the graph, in order. */
  readonly targets: readonly Pick<TargetInfo, "id" | "text" | "foil" | "probability" | "position">[];
  readonly layers: number;
  readonly vocabulary: number;
  readonly pruning: Pruning;
  /** Thresholds of the pruning, to be written down. */
  readonly thresholds?: { readonly nodes: number; readonly edges: number } | undefined;
  /** A label in words, or undefined for none. */
  readonly label?: ((node: number) => string | undefined) | undefined;
  readonly supernodes?: readonly SupernodeInfo[] | undefined;
  readonly dictionaries?: readonly string[] | undefined;
  readonly generator?: { readonly name: string; readonly version: string; readonly url?: string } | undefined;
}

export function toGraphJson(graph: Graph, options: GraphJsonOptions): GraphJson {
  const { pruning } = options;
  const name = graph.nodes.map(node => peerId(node, options));
  const nodes = graph.nodes.flatMap((node, i) => {
    return pruning.nodes[i] ? [jsonNode(graph, node, i, name[i]!, options)] : [];
  });
  const links: { source: string; target: string; weight: number }[] = [];
  graph.rowNode.forEach((target, row) => {
    if (!pruning.nodes[target]) return;
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
      const source = graph.source[edge]!;
      if (!pruning.edges[edge] || !pruning.nodes[source]) continue;
      links.push({ source: name[source]!, target: name[target]!, weight: graph.weight[edge]! });
    }
  });
  const supernodes = groups(graph, name, options);
  const answer = graph.targets.map(target => name[target.node]!);
  return {
    metadata: {
      slug: options.slug,
      scan: options.scan,
      transcoder_list: options.dictionaries ?? [],
      prompt_tokens: options.tokens.map(token => token.text),
      prompt: options.prompt,
      schema_version: 1,
      ...(options.thresholds && {
        node_threshold: options.thresholds.nodes,
        pruning_settings: { node_threshold: options.thresholds.nodes, edge_threshold: options.thresholds.edges },
      }),
      ...(options.generator && { info: { generator: options.generator } }),
    },
    qParams: {
      linkType: "both",
      pinnedIds: [...new Set([...supernodes.flatMap(group => group.slice(1)), ...answer])],
      supernodes,
      clickedId: "",
      sg_pos: "",
    },
    nodes,
    links,
  };
}

/** Boxes of tokens and units as [label, id, …]; members that are not drawn are left out. */
function groups(graph: Graph, name: readonly string[], { supernodes = [], pruning }: GraphJsonOptions): string[][] {
  const byId = new Map(graph.nodes.map((node, i) => [nodeId(node), i]));
  return supernodes.flatMap(box => {
    if (box.kind !== "units" && box.kind !== "tokens") return [];
    const members = box.members.flatMap(member => {
      const i = byId.get(member);
      return i !== undefined && pruning.nodes[i] ? [name[i]!] : [];
    });
    return members.length > 0 ? [[box.label.text, ...members]] : [];
  });
}

function peerId(node: Node, options: GraphJsonOptions): string {
  switch (node.kind) {
    case "unit":
      return ids.feature(node.layer, node.index, node.position);
    case "error":
      return ids.error(node.layer, node.position);
    case "embedding":
      return ids.token(options.tokens[node.position]?.id ?? 0, node.position);
    case "mlp":
      return ids.mlp(node.layer, node.position);
    case "bias":
      return ids.bias(node.layer);
    case "target":
      return ids.logit(options.layers + 1, targetCode(node.index, options), targetPosition(node.index, options));
  }
}

/** A token's id; for a difference of two, or a token that is a target twice, an id above the vocabulary as the peer's. */
function targetCode(index: number, { targets, vocabulary }: GraphJsonOptions): number {
  const target = targets[index];
  const again = targets.findIndex(t => t.id === target?.id && t.position === target.position && !t.foil) !== index;
  return target && !target.foil && !again ? target.id : vocabulary + index;
}

function targetPosition(index: number, { targets, tokens }: GraphJsonOptions): number {
  return targets[index]?.position ?? Math.max(0, tokens.length - 1);
}

function jsonNode(graph: Graph, node: Node, i: number, id: string, options: GraphJsonOptions): GraphJsonNode {
  const base = {
    node_id: id,
    jsNodeId: `${id.replace(/_[^_]*$/, "")}-0`,
    clerp: options.label?.(i) ?? "",
    token_prob: 0,
    is_target_logit: false,
    run_idx: 0,
    reverse_ctx_idx: 0,
    influence: options.pruning.cumulative[i]!,
    activation: null,
  };
  switch (node.kind) {
    case "unit": {
      const feature = featureCode(node.layer, node.index);
      const place = { feature, layer: String(node.layer), ctx_idx: node.position, feature_type: types.feature };
      return { ...base, ...place, activation: graph.activation[i]! };
    }
    case "error":
      return { ...base, feature: -1, layer: String(node.layer), ctx_idx: node.position, feature_type: types.error };
    case "mlp":
      return { ...base, feature: -1, layer: String(node.layer), ctx_idx: node.position, feature_type: types.mlp };
    case "bias": {
      const layer = node.layer === "positions" ? "E" : String(node.layer);
      return { ...base, feature: -1, layer, ctx_idx: 0, feature_type: types.bias };
    }
    case "embedding": {
      const clerp = base.clerp || `Emb: "${options.tokens[node.position]?.text ?? ""}"`;
      return { ...base, clerp, feature: node.position, layer: "E", ctx_idx: node.position, feature_type: types.token };
    }
    case "target": {
      const target = options.targets[node.index];
      const foil = target?.foil ? ` minus "${target.foil.text}"` : "";
      return {
        ...base,
        feature: targetCode(node.index, options),
        layer: String(options.layers + 1),
        ctx_idx: targetPosition(node.index, options),
        feature_type: types.logit,
        token_prob: target?.probability ?? 0,
        is_target_logit: node.index === 0,
        influence: null,
        // Viewers take token and probability out of these very words.
        clerp: `Output "${target?.text ?? ""}"${foil} (p=${(target?.probability ?? 0).toFixed(3)})`,
      };
    }
  }
}
