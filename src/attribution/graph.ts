/**
 * An attribution graph: nodes, and one sparse row of edges for each expanded target.
 *
 * An edge's weight is what the source contributes to the target, signed, in the target's own units. A row may have
 * dropped its smallest edges; what they add up to is kept as one number, so a row still sums exactly to its value.
 */
import type { Node } from "./node.ts";

export interface Graph {
  readonly nodes: readonly Node[];
  /** [node] a unit's activation, a target's value, 1 for anything else. */
  readonly activation: Float32Array;
  /** What the trace explains, with the weight each has in influence (its probability, for logits). */
  readonly targets: readonly { readonly node: number; readonly weight: number }[];

  /** [row] the node whose incoming edges this row holds. */
  readonly rowNode: Uint32Array;
  /** [row + 1] where each row's edges start in `source` and `weight`. */
  readonly rowStart: Uint32Array;
  /** [edge] source node. */
  readonly source: Uint32Array;
  /** [edge] signed contribution. */
  readonly weight: Float32Array;

  /** [row] the target's value: pre-activation of a unit, (demeaned or differenced) logit. */
  readonly rowValue: Float64Array;
  /** [row] signed sum of the edges that were too small to keep. */
  readonly rowDropped: Float64Array;
  /** [row] sum of their absolute values. */
  readonly rowDroppedAbsolute: Float64Array;
}
