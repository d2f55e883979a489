/** A box in a list of choices: its label, and its place where the label does not say it. */
import type { SupernodeInfo, TraceDocument } from "../../../attribution/document.ts";
import { tokenText } from "../../../charts/text.ts";

export function boxName(document: TraceDocument, box: SupernodeInfo): string {
  const [first, last] = box.positions;
  const place = document.tokens
    .slice(first, last + 1)
    .map(t => tokenText(t.text))
    .join(" ");
  const label = tokenText(box.label.text);
  if (box.kind === "tokens") return `token ${label || place}`;
  return /\bat\b|layer/.test(label) ? label : `${label || box.id} (at ${place})`;
}
