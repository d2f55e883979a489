/** The shapes that researchers know: square token and answer, circle unit, diamond error, plus bias; a block is a wide box. */
import type { NodeInfo } from "../../../attribution/document.ts";

/** Path of a node's shape around 0, 0. */
export function shapeOf(kind: NodeInfo["kind"]): string {
  switch (kind) {
    case "embedding":
    case "target":
      return "M-4.5 -4.5h9v9h-9z";
    case "unit":
      return "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0";
    case "mlp":
      return "M-6 -3.5h12v7h-12z";
    case "error":
      return "M0 -5L5 0L0 5L-5 0z";
    case "bias":
      return "M-4.5 0h9M0 -4.5v9";
  }
}
