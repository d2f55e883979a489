/**
 * Traces made by this worker. The last one is kept with its recording, since what is asked next (verify it, which heads
 * carry this edge) is about it; any other chart is traced again from what it says of itself.
 */
import type { TraceDocument } from "../attribution/document.ts";
import { type Traced, type TraceRequest, trace } from "../attribution/trace.ts";
import { Problem } from "../core/problem.ts";
import type { OpenModel } from "../store/open-model.ts";
import type { CallOptions } from "./instrument.ts";

let last: Traced | undefined;

export async function traceAnew(open: OpenModel, request: TraceRequest, options: CallOptions): Promise<Traced> {
  last = undefined;
  last = await trace(open, request, {
    precision: open.precision,
    signal: options.signal,
    progress: (stage, done, of) => options.progress?.(stage, done, of),
  });
  return last;
}

/** The trace behind a document: the one that is held, or made again. Throws a Problem for one that cannot be. */
export async function traceOf(open: OpenModel, document: TraceDocument, options: CallOptions): Promise<Traced> {
  if (last && last.recording.model === open.model && questionOf(last.document) === questionOf(document)) return last;
  if (document.basis !== "neurons") {
    throw new Problem(`this chart is made of ${document.basis}; only charts of raw neurons can be run again`, {
      advice: "lucida trace with --basis and --verify",
    });
  }
  const { target, tokens, versus } = document;
  if (tokens.some(t => t.id < 0) || target.id < 0)
    throw new Problem("this chart does not say which tokens it was made from", { advice: "tracing the prompt anew" });
  return traceAnew(
    open,
    {
      ids: tokens.map(t => t.id),
      ...(versus ? { versus: versus.tokens.map(t => t.id) } : {}),
      target: `#${target.id}`,
      ...(target.foil ? { foil: `#${target.foil.id}` } : {}),
      position: target.position,
      units: Math.max(1, document.nodes.filter(n => n.kind === "unit" || n.kind === "mlp").length),
    },
    options,
  );
}

function questionOf({ tokens, versus, target, nodes }: TraceDocument): string {
  return JSON.stringify([
    tokens.map(t => t.id),
    versus?.tokens.map(t => t.id),
    target.id,
    target.foil?.id,
    target.position,
    nodes.length,
  ]);
}
