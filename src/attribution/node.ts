/**
 * The things in an attribution graph, as values with a kind. A node is never a row number: rows are made from nodes
 * and turned back into nodes in `graph.ts` and nowhere else, so "the error of layer 3 at position 7" cannot be taken
 * for a unit of layer 0.
 */
export type Node =
  | { readonly kind: "embedding"; readonly position: number }
  | { readonly kind: "unit"; readonly layer: number; readonly position: number; readonly index: number }
  /** A whole MLP block at one position: coarse, drawn as such. */
  | { readonly kind: "mlp"; readonly layer: number; readonly position: number }
  /** What a dictionary failed to rebuild of one MLP output. */
  | { readonly kind: "error"; readonly layer: number; readonly position: number }
  /** Everything a layer adds whatever it reads; "positions" is the learned position embedding. */
  | { readonly kind: "bias"; readonly layer: number | "positions" }
  /** What is explained: the n-th target of this trace. */
  | { readonly kind: "target"; readonly index: number };

/** An id that is unique across kinds and stable across runs: `unit.12.3.345` is layer 12, position 3, index 345. */
export function nodeId(node: Node): string {
  switch (node.kind) {
    case "embedding":
      return `embedding.${node.position}`;
    case "unit":
      return `unit.${node.layer}.${node.position}.${node.index}`;
    case "mlp":
      return `mlp.${node.layer}.${node.position}`;
    case "error":
      return `error.${node.layer}.${node.position}`;
    case "bias":
      return `bias.${node.layer}`;
    case "target":
      return `target.${node.index}`;
  }
}

/** The node with this id, or undefined when the text is no id. */
export function parseNodeId(id: string): Node | undefined {
  const [kind, ...rest] = id.split(".");
  const n = rest.map(Number);
  const whole = (count: number) => rest.length === count && n.every(v => Number.isInteger(v) && v >= 0);
  switch (kind) {
    case "embedding":
      return whole(1) ? { kind, position: n[0]! } : undefined;
    case "unit":
      return whole(3) ? { kind, layer: n[0]!, position: n[1]!, index: n[2]! } : undefined;
    case "mlp":
    case "error":
      return whole(2) ? { kind, layer: n[0]!, position: n[1]! } : undefined;
    case "bias":
      if (rest.length === 1 && rest[0] === "positions") return { kind, layer: "positions" };
      return whole(1) ? { kind, layer: n[0]! } : undefined;
    case "target":
      return whole(1) ? { kind, index: n[0]! } : undefined;
    default:
      return undefined;
  }
}
