/** The question that a chart answers, to be put to the model again: by ids, so that no chat template is guessed, in the same units. */
import type { TraceDocument } from "../../../attribution/document.ts";
import type { InBasis, PromptInput } from "../../../server/api.ts";

export function asked(document: TraceDocument): PromptInput & InBasis {
  return { ids: document.tokens.map(t => t.id), basis: document.basis };
}
