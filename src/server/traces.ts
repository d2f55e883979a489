/**
 * Traces made by this worker. The last one is kept with its recording, since what is asked next (verify it, which heads
 * carry this edge) is about it; any other chart is traced again from what it says of itself.
 */
import type { TraceDocument } from "../attribution/document.ts";
import { type Traced, type TraceRequest, trace } from "../attribution/trace.ts";
import { Problem } from "../core/problem.ts";
import { compile, generationStages } from "../interventions/apply.ts";
import { contextOn } from "../interventions/context-for.ts";
import type { TraceInput } from "./api.ts";
import { basisOf } from "./bases.ts";
import { changeWords, interventionsOf } from "./changes.ts";
import type { CallOptions } from "./instrument.ts";
import type { Scene } from "./resident.ts";

let last: Traced | undefined;

type Asked = TraceRequest & Pick<TraceInput, "basis" | "changes">;

export async function traceAnew(scene: Scene, asked: Asked, options: CallOptions): Promise<Traced> {
  const { open, found } = scene;
  const { basis, changes, ...request } = asked;
  last = undefined;
  const opened = await basisOf(open, found, basis, options);
  last = await trace(open, request, {
    ...(opened.reference === "neurons" ? {} : { basis: opened.basis }),
    precision: open.precision,
    signal: options.signal,
    progress: (stage, done, of) => options.progress?.(stage, done, of),
    ...(changes?.length
      ? {
          under: async natural => {
            const context = await contextOn(open, natural, {
              basis: opened.basis,
              chat: request.chat,
              signal: options.signal,
            });
            const versus = typeof request.versus === "string" ? request.versus : undefined;
            const interventions = changes.flatMap(change => interventionsOf(change, context, versus));
            const compiled = await compile({ interventions, attention: "live" }, context);
            return { stages: generationStages(compiled, context)(0), words: changes.map(changeWords) };
          },
        }
      : {}),
  });
  return last;
}

/**
 * The trace behind a document: the one that is held, or made again. Throws a Problem for one that cannot be.
 * @param options `basis` is where the chart's dictionary lies, where it is not known by the name that the chart bears
 */
export async function traceOf(
  scene: Scene,
  document: TraceDocument,
  options: CallOptions & { readonly basis?: string | undefined },
): Promise<Traced> {
  if (document.changed)
    throw new Problem("this chart is of a changed model; what is measured of it would be of the model as it is", {
      advice: "tracing the prompt without the change",
    });
  if (last && last.recording.model === scene.open.model && questionOf(last.document) === questionOf(document))
    return last;
  const { target, tokens, versus, sweep } = document;
  if (tokens.some(t => t.id < 0) || target.id < 0)
    throw new Problem("this chart does not say which tokens it was made from", { advice: "tracing the prompt anew" });
  const again = await traceAnew(
    scene,
    {
      basis: options.basis ?? document.basis,
      ids: tokens.map(t => t.id),
      ...(versus ? { versus: versus.tokens.map(t => t.id) } : {}),
      target: `#${target.id}`,
      ...(target.foil ? { foil: `#${target.foil.id}` } : {}),
      position: target.position,
      units: Math.max(1, document.nodes.filter(n => n.kind === "unit" || n.kind === "mlp").length),
      // What a chart of features foretells comes from its rows: the same ones.
      expand: sweep.expanded,
    },
    options,
  );
  if (again.document.basis === document.basis) return again;
  throw new Problem(`this chart was made with ${document.basis}, not with ${again.document.basis}`, {
    advice: "--basis with the dictionary that the chart was made with",
  });
}

function questionOf({ tokens, versus, target, nodes, basis, changed }: TraceDocument): string {
  return JSON.stringify([
    tokens.map(t => t.id),
    versus?.tokens.map(t => t.id),
    target.id,
    target.foil?.id,
    target.position,
    nodes.length,
    basis,
    changed,
  ]);
}
