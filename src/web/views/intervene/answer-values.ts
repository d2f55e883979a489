/** The answer's value before and after a change, in the same logits that the chart explains. */
import type { TraceDocument } from "../../../attribution/document.ts";
import type { Intervened } from "../../../server/api.ts";
import { boxOf, type Planned } from "./plan.ts";

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
 * What the chart says that a change does, in logits. A unit scaled by s takes (1 − s) of its contribution away; under a
 * contrast contributions are counted from the other prompt's values, so what is foretold is the swap for those. Undefined
 * for what a chart cannot say without running the model.
 */
export function predicted(document: TraceDocument, planned: Planned): number | undefined {
  const factor = factorOf(document, planned);
  if (factor === undefined) return undefined;
  const box = document.supernodes.find(s => s.id === boxOf(document, planned.nodes));
  if (box) return factor * box.effect;
  const chosen = new Set(planned.nodes);
  let sum = 0;
  for (const node of document.nodes) {
    if (!chosen.has(node.id)) continue;
    if (node.effect === undefined) return undefined;
    sum += node.effect;
  }
  return factor * sum;
}

function factorOf({ versus }: TraceDocument, planned: Planned): number | undefined {
  if (planned.at || planned.brought?.length) return undefined;
  if (planned.do === "scale" && !versus && planned.value !== undefined) return planned.value - 1;
  const fromContrast = planned.from === undefined || planned.from === versus?.prompt;
  return planned.do === "swap" && versus && fromContrast ? -1 : undefined;
}
