/** What a box is called: what its members agree on, else what it does, else where it stands. Pure; knows no model. */
import type { Label, SupernodeInfo } from "./document.ts";
import { quote } from "./words.ts";

/** A box takes its members' label when those that have one agree, by weight of effect; else it is named by its role. */
export function boxLabel(
  box: SupernodeInfo,
  members: readonly { readonly words: { readonly label?: Label } | undefined; readonly effect: number }[],
  tokens: readonly { readonly text: string }[],
): Label {
  if (box.kind !== "units" || box.label.source === "user") return box.label;
  const votes = new Map<string, { label: Label; weight: number }>();
  let total = 0;
  for (const { words, effect } of members) {
    total += Math.abs(effect);
    if (!words?.label) continue;
    const had = votes.get(words.label.text);
    if (had) had.weight += Math.abs(effect);
    else votes.set(words.label.text, { label: words.label, weight: Math.abs(effect) });
  }
  const best = [...votes.values()].sort((a, b) => b.weight - a.weight || a.label.text.localeCompare(b.label.text))[0];
  // More than a third of the box's effect speaks with one voice, and no other voice is half as loud.
  const second = [...votes.values()].filter(v => v !== best).reduce((most, v) => Math.max(most, v.weight), 0);
  if (best && best.weight > total / 3 && second < best.weight / 2) {
    return { ...best.label, confidence: Math.min(best.label.confidence, best.weight / total) };
  }
  const raises = box.does?.raises.filter(r => r.text.trim() !== "").slice(0, 2) ?? [];
  if (raises.length === 0) return box.label;
  const where = quote(tokens, box.positions[0], box.positions[1]);
  const seen = new Set<string>();
  const names = raises
    .map(r => r.text.trim())
    .filter(text => !seen.has(text.toLowerCase()) && seen.add(text.toLowerCase()));
  return { text: `at ${where}: for ${names.join(", ")}`, source: "role", confidence: 0.5 };
}
