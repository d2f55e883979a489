/** A node in a few words. */
import type { NodeInfo, TraceDocument } from "../../../attribution/document.ts";
import { tokenText } from "../../../charts/text.ts";

export function nodeName(document: TraceDocument, node: NodeInfo): string {
  switch (node.kind) {
    case "embedding":
      return `token ${tokenText(document.tokens[node.position!]?.text ?? "")}`;
    case "target": {
      const target = document.targets.find(t => t.node === node.id) ?? document.target;
      return `answer ${tokenText(target.text)}`;
    }
    case "unit":
      return node.label?.text ? tokenText(node.label.text) : `unit ${node.layer}.${node.index}`;
    case "mlp":
      return `whole block of layer ${node.layer}`;
    case "error":
      return `error of layer ${node.layer}`;
    case "bias":
      return node.layer === "positions" ? "position embedding" : `bias of layer ${node.layer}`;
  }
}

export function nodePlace(document: TraceDocument, node: NodeInfo): string {
  const at = node.position === undefined ? "" : `at ${tokenText(document.tokens[node.position]?.text ?? "")}`;
  const layer = typeof node.layer === "number" ? `layer ${node.layer}` : "";
  return [at, layer].filter(Boolean).join(", ");
}
