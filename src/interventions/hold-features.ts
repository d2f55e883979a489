/**
 * Runs of the prompt in a dictionary's terms, held against another prompt of as many tokens (design §6).
 *
 * "uncharted" held: each MLP writes what it wrote on the other prompt, plus what the charted features have changed since,
 * features being worked out anew from what this run's MLP reads, and what a skip connection makes of it (it is linear
 * and passes through, as in the graph; no node stands for it); error and bias stay the other prompt's.
 * "charted" held: everything is computed as it comes, but the charted features take their values of the other prompt.
 * Whole MLPs (coarse nodes) can be charted too.
 */
import type { Recording } from "../models/record.ts";
import { checkSameLength } from "./hold.ts";
import type { LiveFeatures } from "./live-features.ts";
import type { UnitMember } from "./site.ts";
import type { Mode, Variant } from "./variants.ts";

type Floats = Float32Array<ArrayBufferLike>;

export interface ChartedFeatures {
  readonly features: readonly UnitMember[];
  /** Whole MLPs. */
  readonly coarse?: readonly { readonly layer: number; readonly position: number }[];
}

/** Features of one layer at one position, with what they were on the other prompt and what they write. */
interface Group {
  readonly position: number;
  readonly indices: readonly number[];
  readonly other: Float32Array;
  readonly writes: readonly (readonly { readonly layer: number; readonly vector: Floats }[])[];
}

export async function holdFeatures(
  recording: Recording,
  contrast: Recording,
  live: LiveFeatures,
  charted: ChartedFeatures,
  held: "charted" | "uncharted",
  mode: Mode = { attention: "live" },
): Promise<Variant> {
  checkSameLength(recording, contrast);
  const { model } = recording;
  const { dModel, parallel } = model.config;
  const groups = await grouped(contrast, live, charted.features);
  const whole = new Set(charted.coarse?.map(c => `${c.layer} ${c.position}`));
  const alone = held === "uncharted";
  let stream: Floats = new Float32Array(0);
  let pending = new Map<number, { readonly at: number; readonly vector: Floats; readonly by: number }[]>();
  let mid: Floats = new Float32Array(0);
  return {
    ...mode,
    first: alone || whole.size > 0 ? 0 : Math.min(model.layers, ...groups.keys()),
    readTaps: live.readTaps,
    begin() {
      pending = new Map();
    },
    residual(_, x) {
      if (parallel) stream = x.slice();
    },
    mid(_, x) {
      mid = x.slice();
      if (!parallel) stream = mid;
    },
    async hidden(layer, _hidden, taps) {
      for (const group of groups.get(layer) ?? []) {
        const now = await live.activations(layer, { stream, taps }, group.position, group.indices, group.position);
        group.indices.forEach((_, i) => {
          const by = alone ? now[i]! - group.other[i]! : group.other[i]! - now[i]!;
          if (by === 0) return;
          for (const write of group.writes[i]!) {
            const had = pending.get(write.layer) ?? [];
            had.push({ at: group.position * dModel, vector: write.vector, by });
            pending.set(write.layer, had);
          }
        });
      }
    },
    async out(layer, out) {
      const other = contrast.mlpOut[layer]!;
      const passed = alone ? await live.bypass(contrast, layer, parallel ? stream : mid, false) : undefined;
      const isWhole = (at: number) => whole.has(`${layer} ${at / dModel}`);
      for (let at = 0; at < out.length; at += dModel) {
        // Alone, all but the whole MLPs are the other prompt's; else only they are.
        if (isWhole(at) === alone) continue;
        for (let i = at; i < at + dModel; i++) out[i] = mid[i]! + other[i]! + (passed?.[i] ?? 0);
      }
      for (const { at, vector, by } of pending.get(layer) ?? []) {
        // A whole MLP is as it comes, or as on the other prompt: its features have no say beside it.
        if (isWhole(at)) continue;
        for (let i = 0; i < dModel; i++) out[at + i]! += by * vector[i]!;
      }
    },
  };
}

async function grouped(
  contrast: Recording,
  live: LiveFeatures,
  features: readonly UnitMember[],
): Promise<Map<number, Group[]>> {
  const places = new Map<string, UnitMember[]>();
  for (const feature of features) {
    const key = `${feature.layer} ${feature.position}`;
    places.set(key, [...(places.get(key) ?? []), feature]);
  }
  const groups = new Map<number, Group[]>();
  for (const members of places.values()) {
    const { layer, position } = members[0]!;
    const indices = members.map(m => m.index);
    const writes: Group["writes"][number][] = [];
    for (const index of indices) writes.push(await live.writes(layer, index));
    const other = await live.recorded(contrast, layer, position, indices);
    groups.set(layer, [...(groups.get(layer) ?? []), { position, indices, other, writes }]);
  }
  return groups;
}
