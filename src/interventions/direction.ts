/** A direction of the residual stream from two sets of prompts: what the one has at its end and the other has not. */
import { Problem } from "../core/problem.ts";
import { forward } from "../models/forward.ts";
import type { Model } from "../models/model.ts";
import type { Intervention } from "./intervention.ts";

export interface PromptSets {
  /** Token ids of each prompt. */
  readonly plus: readonly (readonly number[])[];
  readonly minus: readonly (readonly number[])[];
}

/** [dModel] mean of the stream entering `layer` at the last token over `plus`, less that over `minus`. */
export async function meanDifference(
  model: Model,
  { plus, minus }: PromptSets,
  layer: number,
  signal?: AbortSignal,
): Promise<number[]> {
  if (layer >= model.layers)
    throw new Problem(`layer ${layer} is not there: ${model.name} has layers 0 to ${model.layers - 1}`);
  const sum = new Float64Array(model.config.dModel);
  for (const [prompts, sign] of [
    [plus, 1],
    [minus, -1],
  ] as const) {
    if (prompts.length === 0) throw new Problem("a set of prompts for a direction is empty");
    for (const ids of prompts) {
      await forward(model, [ids], {
        signal,
        stages: {
          residual(at, x) {
            if (at !== layer) return;
            const from = x.length - sum.length;
            for (let i = 0; i < sum.length; i++) sum[i]! += (sign * x[from + i]!) / prompts.length;
          },
        },
      });
    }
  }
  return [...sum];
}

/** The interventions with the vectors of the directions that they name. Names that are not given are left to the context. */
export async function withDirections(
  interventions: readonly Intervention[],
  model: Model,
  sets: ReadonlyMap<string, PromptSets>,
  signal?: AbortSignal,
): Promise<Intervention[]> {
  const made: Intervention[] = [];
  for (const intervention of interventions) {
    const { site } = intervention;
    const found = site.at === "direction" && !site.vector ? sets.get(site.name) : undefined;
    if (!found || site.at !== "direction") made.push(intervention);
    else
      made.push({
        ...intervention,
        site: { ...site, vector: await meanDifference(model, found, site.layer, signal) },
      });
  }
  return made;
}
