/** The answer's value before and after a change, in the same logits that the chart explains. */
import type { TraceDocument } from "../../../attribution/document.ts";
import type { Change, Intervened } from "../../../server/api.ts";

export interface Values {
  readonly before: number;
  readonly live: number;
  readonly frozen: number;
}

/** Tokens whose logits are needed. */
export function watchedIds(document: TraceDocument): number[] {
  const { target } = document;
  return [target.id, ...(target.foil ? [target.foil.id] : [])].filter(id => id >= 0);
}

export function answerValues(document: TraceDocument, result: Intervened): Values | undefined {
  const { target } = document;
  const at = (id: number) => result.watched.find(w => w.token.id === id);
  const answer = at(target.id);
  if (!answer) return undefined;
  const foil = target.foil ? at(target.foil.id) : undefined;
  if (target.foil && !foil) return undefined;
  const value = (key: "before" | "live" | "frozen") => answer[key].logit - (foil ? foil[key].logit : result.mean[key]);
  return { before: value("before"), live: value("live"), frozen: value("frozen") };
}

/**
 * What the chart says that a change does, in logits: a unit scaled by s takes (1 − s) of its contribution away. Undefined
 * for what a chart cannot say without running the model (set, swap).
 */
export function predicted(document: TraceDocument, change: Change): number | undefined {
  if (change.do !== "scale" || change.value === undefined) return undefined;
  const factor = change.value - 1;
  const chosen = new Set(change.nodes);
  const box = document.supernodes.find(s => s.members.length === chosen.size && s.members.every(m => chosen.has(m)));
  if (box) return factor * box.effect;
  let sum = 0;
  for (const node of document.nodes) {
    if (!chosen.has(node.id)) continue;
    if (node.effect === undefined) return undefined;
    sum += node.effect;
  }
  return factor * sum;
}
