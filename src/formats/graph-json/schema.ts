/**
 * The graph JSON that circuit-tracer writes and Neuronpedia reads (schema_version 1), as types: what `read.ts` has
 * checked, and what is written. Knows ids and fields, nothing of what they mean; attribution/ turns it into a graph.
 */

export interface GraphJson {
  readonly metadata: GraphJsonMetadata;
  readonly qParams: GraphJsonView;
  readonly nodes: readonly GraphJsonNode[];
  readonly links: readonly GraphJsonLink[];
}

export interface GraphJsonMetadata {
  readonly slug: string;
  /** The model and dictionary, in the writer's words. */
  readonly scan: string;
  readonly prompt_tokens: readonly string[];
  readonly prompt: string;
  readonly schema_version?: number;
  readonly transcoder_list?: readonly string[];
  readonly node_threshold?: number;
  readonly info?: Readonly<Record<string, unknown>>;
  readonly generation_settings?: Readonly<Record<string, unknown>>;
  readonly pruning_settings?: Readonly<Record<string, unknown>>;
}

/** What a viewer had open. */
export interface GraphJsonView {
  readonly linkType?: string;
  readonly pinnedIds?: readonly string[];
  /** [label, node id, node id, …] */
  readonly supernodes?: readonly (readonly string[])[];
  /** [node id, label] */
  readonly clerps?: readonly (readonly [id: string, label: string])[];
  readonly clickedId?: string;
  readonly sg_pos?: string;
}

export interface GraphJsonNode {
  readonly node_id: string;
  /** A code of layer and index for features (see `feature-code.ts`), −1 for errors, a vocabulary id for logits. */
  readonly feature: number | null;
  /** "E" for tokens, otherwise the layer as digits; logits are two above the last layer. */
  readonly layer: string;
  readonly ctx_idx: number;
  readonly feature_type: string;
  readonly jsNodeId: string;
  readonly clerp: string;
  readonly token_prob?: number;
  readonly is_target_logit?: boolean;
  readonly run_idx?: number;
  readonly reverse_ctx_idx?: number;
  /** Cumulative: the share held by this node and the more influential ones. */
  readonly influence?: number | null;
  readonly activation?: number | null;
}

export interface GraphJsonLink {
  readonly source: string;
  readonly target: string;
  readonly weight: number;
}
