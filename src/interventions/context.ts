/** What interventions need to know of the run they change, and of whatever else their words refer to. */
import { nearest } from "../core/nearest.ts";
import { Problem } from "../core/problem.ts";
import type { PromptBasis } from "../features/basis.ts";
import type { Recording } from "../models/record.ts";
import type { Intervention } from "./intervention.ts";
import type { LiveFeatures } from "./live-features.ts";
import { sentence } from "./sentence.ts";
import type { UnitMember } from "./site.ts";

export interface InterventionContext {
  readonly recording: Recording;
  /** [token] texts, for positions by text. */
  readonly texts: readonly string[];
  readonly basis: PromptBasis;
  /** Given when the basis is a dictionary. */
  readonly features?: LiveFeatures | undefined;
  /** Runs another prompt, for `swap`. */
  readonly other?: (prompt: string) => Promise<Recording>;
  readonly supernodes?: ReadonlyMap<string, readonly UnitMember[]>;
  readonly directions?: ReadonlyMap<string, ArrayLike<number>>;
  /** The text is another than the one that was written for: a feature that is silent on it is changed nowhere. */
  readonly silentIsFine?: boolean;
}

const where = (intervention: Intervention): string => `in the intervention ${sentence(intervention)}`;

/** Throws a Problem for a layer that the model does not have. */
export function checkLayer(context: InterventionContext, layer: number, intervention: Intervention): void {
  const { layers, name } = context.recording.model;
  if (layer < layers) return;
  throw new Problem(`layer ${layer} is not there: ${name} has layers 0 to ${layers - 1}`, {
    where: where(intervention),
    advice: `layer ${layers - 1}`,
  });
}

/** Throws a Problem for a unit that the basis does not have, or a feature that is silent where it is to be scaled. */
export function checkUnit(context: InterventionContext, member: UnitMember, intervention: Intervention): void {
  const { basis, recording } = context;
  const { layer, index, position } = member;
  checkLayer(context, layer, intervention);
  if (index >= basis.basis.width) {
    throw new Problem(
      `unit ${layer}.${index} is not there: ${basis.basis.name} has units 0 to ${basis.basis.width - 1} in each layer`,
      { where: where(intervention), advice: `unit ${layer}.${basis.basis.width - 1}` },
    );
  }
  if (
    context.silentIsFine ||
    intervention.do !== "scale" ||
    position >= recording.tokens ||
    basis.number(member) !== undefined
  )
    return;
  const active: { index: number; activation: number }[] = [];
  for (let unit = 0; unit < basis.count; unit++) {
    const place = basis.place(unit);
    if (place.layer === layer && place.position === position)
      active.push({ index: place.index, activation: Math.abs(basis.activation(unit)) });
  }
  active.sort((a, b) => b.activation - a.activation);
  const best = active.slice(0, 3).map(a => `unit ${layer}.${a.index}`);
  throw new Problem(`unit ${layer}.${index} is silent at position ${position}, so scaling it changes nothing`, {
    where: where(intervention),
    advice: best.length > 0 ? `${best.join(" or ")}, active there, or "set"` : '"set"',
  });
}

export function membersOf(
  context: InterventionContext,
  site: { readonly id: string; readonly members?: readonly UnitMember[] },
  intervention: Intervention,
): readonly UnitMember[] {
  const found = site.members ?? context.supernodes?.get(site.id);
  if (found) return found;
  throw unknown("supernode", site.id, [...(context.supernodes?.keys() ?? [])], intervention);
}

/** [dModel] */
export function vectorOf(
  context: InterventionContext,
  site: { readonly name: string; readonly vector?: readonly number[] },
  intervention: Intervention,
): Float64Array {
  const found = site.vector ?? context.directions?.get(site.name);
  if (!found) throw unknown("direction", site.name, [...(context.directions?.keys() ?? [])], intervention);
  const { dModel } = context.recording.model.config;
  if (found.length !== dModel) {
    throw new Problem(`the direction ${JSON.stringify(site.name)} has ${found.length} numbers, the stream ${dModel}`, {
      where: where(intervention),
      advice: "a direction made with this model",
    });
  }
  const vector = Float64Array.from(found);
  if (!vector.some(v => v !== 0) || !vector.every(Number.isFinite)) {
    throw new Problem(`the direction ${JSON.stringify(site.name)} is zero or not finite`, {
      where: where(intervention),
    });
  }
  return vector;
}

function unknown(kind: string, name: string, names: readonly string[], intervention: Intervention): Problem {
  const near = nearest(name, names);
  const offer = near.length > 0 ? near : names.slice(0, 5);
  return new Problem(`there is no ${kind} ${JSON.stringify(name)} here`, {
    where: where(intervention),
    advice: offer.length > 0 ? offer.map(n => JSON.stringify(n)).join(" or ") : undefined,
  });
}

/** Runs the other prompt of a swap. */
export function otherRun(
  context: InterventionContext,
  intervention: Intervention & { do: "swap" },
): Promise<Recording> {
  if (context.other) return context.other(intervention.from);
  throw new Problem("a swap needs another prompt's run, which is not at hand here", { where: where(intervention) });
}

export function impossible(what: string, intervention: Intervention, advice?: string): Problem {
  return new Problem(what, { where: where(intervention), advice });
}

/**
 * The position in another prompt that stands for `position` here: the same one while both prompts begin alike, else
 * counted from the end.
 */
export function matching(recording: Recording, other: Recording, position: number, intervention: Intervention): number {
  if (recording.tokens === other.tokens) return position;
  let alike = 0;
  while (alike < Math.min(recording.tokens, other.tokens) && recording.ids[alike] === other.ids[alike]) alike++;
  if (position < alike) return position;
  const there = position - recording.tokens + other.tokens;
  if (there >= alike) return there;
  throw impossible(
    `position ${position} of ${recording.tokens} has no counterpart in the other prompt's ${other.tokens} tokens`,
    intervention,
    "a prompt of the same number of tokens",
  );
}
