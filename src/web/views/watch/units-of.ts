/** Units of a chart that are worth watching, most influential first, each with a name. Pure. */
import type { TraceDocument } from "../../../attribution/document.ts";
import { withoutPlace } from "../../../charts/box.ts";
import { tokenText } from "../../../charts/text.ts";

export interface Watch {
  readonly layer: number;
  readonly index: number;
  readonly name: string;
}

export function unitsOf(document: TraceDocument): Watch[] {
  const seen = new Set<string>();
  return [...document.nodes]
    .filter(node => node.kind === "unit")
    .sort((a, b) => b.influence - a.influence)
    .flatMap(node => {
      const key = `${node.layer}.${node.index}`;
      if (seen.has(key)) return [];
      seen.add(key);
      const layer = node.layer as number;
      return [{ layer, index: node.index!, name: nameOf(document, layer, node.index!) }];
    });
}

export function nameOf(document: TraceDocument, layer: number, index: number): string {
  const nodes = document.nodes.filter(n => n.kind === "unit" && n.layer === layer && n.index === index);
  const label = nodes.find(n => n.label?.text)?.label?.text;
  if (label) return tokenText(label);
  const box = document.supernodes.find(s => s.id === nodes[0]?.supernode)?.label.text;
  return box ? `in the box “${withoutPlace(tokenText(box))}”` : `unit ${layer}.${index}`;
}

/** What the chart itself holds of a unit, where the model cannot be asked. */
export function charted(document: TraceDocument, unit: Watch): number[] {
  const nodes = document.nodes.filter(n => n.kind === "unit" && n.layer === unit.layer && n.index === unit.index);
  return document.tokens.map((_, position) => nodes.find(n => n.position === position)?.activation ?? 0);
}
