/**
 * What a box does, measured: its units are switched off (or, under a contrast, take the other prompt's values) in the
 * real model, attention live, all boxes in one batch; and which likely tokens gain or lose by it.
 */
import type { PromptBasis } from "../features/basis.ts";
import { PromptDictionary } from "../features/dictionary/basis.ts";
import { compile, variantOf } from "../interventions/apply.ts";
import type { InterventionContext } from "../interventions/context.ts";
import { dictionaryFeatures } from "../interventions/dictionary-features.ts";
import { unitVariant } from "../interventions/unit-variant.ts";
import { runVariants, type Variant } from "../interventions/variants.ts";
import { likely } from "../models/generate.ts";
import type { Recording } from "../models/record.ts";
import type { SupernodeInfo } from "./document.ts";

export interface RoleOptions {
  readonly position: number;
  /** What is explained, of logits [vocabulary]. */
  readonly value: (logits: Float32Array) => number;
  readonly show: (id: number) => string;
  readonly contrast?: Recording | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, of: number) => void) | undefined;
}

/** Tokens that any of the runs finds likely: the words in which a role is told. */
const LIKELY = 50;
const NAMED = 4;

export interface Role extends NonNullable<SupernodeInfo["does"]> {
  /** [vocabulary] logits without the box. */
  readonly logits: Float32Array;
}

/**
 * One role for each set of units (the basis's numbers). `predicted` is what the graph says of each.
 * @param logits [vocabulary] of the undisturbed run at the position
 */
export async function roles(
  recording: Recording,
  basis: PromptBasis,
  sets: readonly (readonly number[])[],
  predicted: readonly number[],
  logits: Float32Array,
  options: RoleOptions,
): Promise<Role[]> {
  if (sets.length === 0) return [];
  const { model } = recording;
  const variants = await offVariants(recording, basis, sets, options.contrast);
  const streams = await runVariants(recording, variants, {
    positions: [options.position],
    signal: options.signal,
    progress: options.progress,
  });
  const before = options.value(logits);
  const all: Role[] = [];
  for (const [i, stream] of streams.entries()) {
    const without = await model.logits(stream);
    const words = new Set([...likely(logits, LIKELY), ...likely(without, LIKELY)].map(t => t.id));
    const changes = [...words].map(id => ({ id, change: logits[id]! - without[id]! }));
    const mean = changes.reduce((sum, c) => sum + c.change, 0) / changes.length;
    // What a box does to all likely tokens alike changes no probability: it is taken away.
    const centred = changes
      .map(c => ({ text: options.show(c.id), change: c.change - mean }))
      .sort((a, b) => b.change - a.change);
    const least = 0.15 * Math.max(...centred.map(c => Math.abs(c.change)));
    all.push({
      raises: centred.filter(c => c.change > least).slice(0, NAMED),
      lowers: centred
        .filter(c => c.change < -least)
        .slice(-NAMED)
        .reverse(),
      measured: options.value(without) - before,
      predicted: predicted[i]!,
      logits: without,
    });
  }
  return all;
}

/** Each set switched off, or at the contrast's values. */
async function offVariants(
  recording: Recording,
  basis: PromptBasis,
  sets: readonly (readonly number[])[],
  contrast: Recording | undefined,
): Promise<Variant[]> {
  const { dMlp } = recording.model.config;
  if (!(basis instanceof PromptDictionary)) {
    const held = (unit: number): number => {
      const { layer, position, index } = basis.place(unit);
      return contrast ? contrast.read[layer]!.hidden![position * dMlp + index]! : 0;
    };
    return sets.map(units =>
      unitVariant(
        recording,
        basis,
        units.map(unit => ({ unit, value: held(unit) })),
        { attention: "live" },
      ),
    );
  }
  const context: InterventionContext = {
    recording,
    basis,
    texts: recording.ids.map(String),
    features: dictionaryFeatures(basis.basis, recording.model, basis.silentPositions),
  };
  return Promise.all(
    sets.map(async units => {
      const interventions = units.map(unit => {
        const { layer, position, index } = basis.place(unit);
        return { site: { at: "unit", layer, index }, positions: [position], do: "scale", by: 0 } as const;
      });
      return variantOf(await compile({ interventions, attention: "live" }, context), context);
    }),
  );
}
