/**
 * A trace as one plain JSON document: what `lucida trace --json` prints, what the page draws, what a `.lucida` file
 * keeps (design §8). Everything that is drawn comes from here, so a saved document can be drawn again anywhere.
 */
import type { Node } from "./node.ts";

export interface TraceDocument {
  readonly format: "lucida-trace";
  readonly version: 1;
  /** Absent while nobody has tested the chart. First, since a chart that does not work should say so first. */
  readonly verify?: Verification;
  readonly model: ModelInfo;
  /** "neurons", or the dictionary's name. */
  readonly basis: string;
  readonly prompt: string;
  /** The other prompt of a contrast, where the question was "why this rather than that". */
  readonly versus?: {
    readonly prompt: string;
    readonly tokens: readonly TokenInfo[];
    readonly answer: TokenInfo;
    readonly found: boolean;
  };
  /** The model was changed while it ran, in these ways: sentences that `lucida steer --set` reads, or that say it. */
  readonly changed?: readonly string[];
  readonly tokens: readonly TokenInfo[];
  /** The answer that is explained. */
  readonly target: TargetInfo;
  /** Every target of the trace, the answer first. */
  readonly targets: readonly TargetInfo[];
  /** The model's most probable next tokens. */
  readonly top: readonly (TokenInfo & { readonly logit: number; readonly probability: number })[];

  readonly nodes: readonly NodeInfo[];
  readonly edges: readonly EdgeInfo[];
  readonly supernodes: readonly SupernodeInfo[];
  /** Between supernodes (by id) and from them to targets (node id): sums over member paths. */
  readonly superedges: readonly SuperedgeInfo[];
  readonly story: Story;

  readonly coverage: Coverage;
  readonly scores: {
    readonly replacement: number;
    readonly completeness: number;
    readonly replacementPruned: number;
    readonly completenessPruned: number;
  };
  /** Under a contrast, in the neuron basis: how the chart's units were chosen. */
  readonly balance?: Balance;
  /** Under a contrast, in a dictionary: charted features that are silent here and speak there. */
  readonly silent?: readonly SilentUnit[];
  readonly checks: {
    /** Largest |row sum − value| as a share of the row's absolute mass. */
    readonly rowSum: number;
    /** Largest |frozen logit − logit| over the vocabulary, relative to the largest |logit|. */
    readonly frozenLogits: number;
  };
  readonly sweep: {
    readonly expanded: number;
    readonly sources: number;
    /** Influence that the nodes never expanded could still carry: the certified bound. */
    readonly unexpanded: number;
  };
  readonly notes: readonly string[];
  /** Seconds by stage. */
  readonly timings: Readonly<Record<string, number>>;
}

export interface ModelInfo {
  readonly name: string;
  readonly family: string;
  readonly layers: number;
  readonly dModel: number;
  /** Units of one MLP. */
  readonly dMlp: number;
  readonly vocabulary: number;
  /** "float32", "Q4_K (dequantised)" ... */
  readonly weights: string;
}

export interface TokenInfo {
  readonly id: number;
  readonly text: string;
}

export interface TargetInfo extends TokenInfo {
  readonly node: string;
  readonly foil?: TokenInfo;
  /** What is explained, in logits. */
  readonly value: number;
  readonly probability: number;
  readonly position: number;
  /** In words: `logit of " Austin" minus the mean logit`. */
  readonly what: string;
}

export interface Label {
  readonly text: string;
  /** Where the words come from. */
  readonly source: "says" | "reads" | "examples" | "role" | "user" | "model" | "contrast";
  /** 0 to 1: how much of the evidence agrees. */
  readonly confidence: number;
}

export interface NodeInfo {
  readonly id: string;
  readonly kind: Node["kind"];
  readonly layer?: number | "positions";
  readonly position?: number;
  readonly index?: number;
  readonly activation: number;
  /** Share of the target over all paths, 0 to 1. */
  readonly influence: number;
  /** Signed: what the node contributes to the answer over all paths through the frozen model, in logits. */
  readonly effect?: number;
  readonly label?: Label;
  readonly supernode?: string;
  /** Was this node's own row computed? */
  readonly expanded: boolean;
  /** Of an expanded node: absolute sum of all that comes in, also of what is not among the document's edges. */
  readonly mass?: number;
  /** Of its incoming absolute mass, the shares that are not units or embeddings. */
  readonly promotes?: readonly string[];
  readonly suppresses?: readonly string[];
  readonly reads?: readonly string[];
}

export interface EdgeInfo {
  readonly source: string;
  readonly target: string;
  readonly weight: number;
}

/** An edge between boxes. Its weight is in the answer's logits: what the source contributes to it through this edge. */
export interface SuperedgeInfo extends EdgeInfo {
  /** Share of the answer's influence that runs through this edge, inside the chart, 0 to 1. */
  readonly share?: number;
}

export interface SupernodeInfo {
  readonly id: string;
  readonly label: Label;
  /** "tokens": prompt tokens; "units": a group of units; "other": what is in no box, a position; "target": the answer. */
  readonly kind: "tokens" | "units" | "other" | "target";
  readonly members: readonly string[];
  readonly positions: readonly [first: number, last: number];
  /** −1 for tokens, which lie below layer 0. */
  readonly layers: readonly [first: number, last: number];
  /** Share of the answer's influence that its members carry, 0 to 1. */
  readonly share: number;
  /**
   * What the frozen model says that its members add to the answer together, in logits: by being active, or, against a
   * contrast, by being as they are and not as there.
   */
  readonly effect: number;
  /** Share of the answer's influence that begins in its coarse `mlp` nodes, whose input is not taken apart. */
  readonly begins?: number;
  /** What feeds it: boxes and tokens by share of attribution, signed. */
  readonly reads: readonly { readonly id: string; readonly label: string; readonly share: number }[];
  /** What it does, measured in the real model: switched off or, against a contrast, put as it is there. */
  readonly does?: {
    readonly raises: readonly { readonly text: string; readonly change: number }[];
    readonly lowers: readonly { readonly text: string; readonly change: number }[];
    /** Change of the target's value without the box, attention live, in logits. */
    readonly measured: number;
    /** The same as the frozen model foretells it: minus the box's effect. */
    readonly predicted: number;
  };
  readonly verdict?: Verdict;
}

export type VerdictWord = "confirmed" | "opposite" | "too weak to tell" | "not confirmed";

export interface Verdict {
  readonly word: VerdictWord;
  readonly tests: readonly {
    /** The intervention as a sentence. */
    readonly what: string;
    readonly predicted: number;
    readonly live: number;
    readonly frozen: number;
    /** Effects of matched random sets, attention live. */
    readonly controls: readonly number[];
  }[];
}

/** A unit that speaks on the contrast alone. */
export interface SilentUnit {
  readonly id: string;
  /** On the contrast. */
  readonly activation: number;
  /** What its silence adds to the answer here, in logits. */
  readonly effect: number;
}

/** How a chart weighs units for the answer and against it (`verify/balance.ts`). */
export interface Balance {
  /** How many times stronger than a unit for the answer one against it must be to be charted. */
  readonly factor: number;
  /** Charted units for and against the answer; coarse nodes are not counted. */
  readonly for: number;
  readonly against: number;
  /** Share of the difference that as many nodes bring about alone when both are chosen alike. */
  readonly sufficiencyAlike: number;
}

export interface Verification {
  readonly works: boolean;
  readonly reasons: readonly string[];
  readonly sufficiency?: number;
  readonly necessity?: number;
  readonly nodes: number;
  readonly spearman?: number;
  /** The same with matched random sets in place of the boxes: the top of their 95 %. */
  readonly spearmanControls?: number;
  /** Of the boxes: root mean square of measured minus predicted effects, in logits; and the least of matched random sets'. */
  readonly error?: number;
  readonly errorControls?: number;
  /** The same with the boxes' units dealt at random into boxes of the same sizes: mean. */
  readonly spearmanPartition?: number;
  readonly paths?: readonly { readonly from: string; readonly to: string; readonly verdict: Verdict }[];
  readonly seed: number;
  readonly controls: number;
}

export interface Story {
  /** Every clause names the boxes it speaks of. */
  readonly sentences: readonly { readonly text: string; readonly boxes: readonly string[] }[];
  readonly paths: readonly { readonly boxes: readonly string[]; readonly share: number; readonly effect: number }[];
}

/** Shares of the answer's influence; they add up to 1. */
export interface Coverage {
  readonly explained: number;
  readonly error: number;
  readonly bias: number;
  readonly hidden: number;
}
