/** Runs that ask for a chart: each traced alone, kept as a summary. */
import type { TraceDocument } from "../../attribution/document.ts";
import { type TraceRequest, trace } from "../../attribution/trace.ts";
import { verifyTrace } from "../../attribution/verify/verify-trace.ts";
import type { Basis } from "../../features/basis.ts";
import type { Ready, RunContext } from "./ready.ts";
import { rounded, type TraceSummary } from "./result.ts";
import { basisOf, byBasis } from "./steer-runs.ts";

export async function traceRuns(context: RunContext, ready: readonly Ready[]): Promise<void> {
  for (const some of byBasis(ready)) {
    const basis = await basisOf(context, some);
    if (!basis) continue;
    for (const one of some) await traced(context, one, basis);
  }
}

async function traced({ open, results, signal }: RunContext, one: Ready, basis: Basis): Promise<void> {
  await results.attempt(one.run, async () => {
    const { verify, ...asked } = one.run.trace ?? {};
    const request: TraceRequest = { ids: one.ids, ...asked };
    const traced = await trace(open, request, { precision: open.precision, basis, signal });
    const seed = one.run.seed ?? 1;
    const document = verify ? await verifyTrace(traced, { seed, signal }) : traced.document;
    const top = document.top.map(word => ({
      id: word.id,
      text: word.text,
      logit: rounded(word.logit),
      probability: rounded(word.probability),
    }));
    results.put(one, { top, trace: summaryOf(document) });
  });
}

/** What a row keeps of a chart. */
export function summaryOf(document: TraceDocument): TraceSummary {
  const { target, verify } = document;
  return {
    what: target.what,
    target: target.text,
    value: rounded(target.value),
    probability: rounded(target.probability),
    coverage: document.coverage,
    nodes: document.nodes.length,
    boxes: document.supernodes
      .filter(box => box.kind === "units")
      .map(box => ({
        label: box.label.text,
        positions: box.positions,
        layers: box.layers,
        share: rounded(box.share),
        effect: rounded(box.effect),
        ...(box.verdict ? { verdict: box.verdict.word } : {}),
      })),
    sentences: document.story.sentences.map(s => s.text),
    ...(verify
      ? {
          verify: {
            works: verify.works,
            reasons: verify.reasons,
            ...(verify.sufficiency === undefined ? {} : { sufficiency: rounded(verify.sufficiency) }),
            ...(verify.necessity === undefined ? {} : { necessity: rounded(verify.necessity) }),
          },
        }
      : {}),
  };
}
