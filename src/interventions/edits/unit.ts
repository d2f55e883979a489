/**
 * Units changed. A neuron is changed where it stands; in a dictionary (new − current) × decoder is added after the MLP,
 * so that what the dictionary did not explain stays. Where MLP outputs are constrained, changes are counted from the
 * recorded activations and written to the held output.
 */
import type { InterventionContext } from "../context.ts";
import type { Intervention } from "../intervention.ts";
import type { Places } from "../places.ts";
import { UnitWrites } from "../unit-writes.ts";
import type { Mode } from "../variants.ts";
import { type Counterpart, changed, type FeatureEdit, type Floats, type RowEdit } from "./edit.ts";

export async function unitEdits(
  intervention: Intervention,
  units: readonly { layer: number; index: number; places: Places }[],
  mode: Mode,
  context: InterventionContext,
  { run: other, there }: Counterpart,
): Promise<{ rows: RowEdit[]; features: FeatureEdit[] }> {
  const { recording } = context;
  const { dMlp } = recording.model.config;
  const rows: RowEdit[] = [];
  const features: FeatureEdit[] = [];
  const inside = (layer: number) => mode.constrained && layer >= mode.constrained[0] && layer <= mode.constrained[1];
  const writes = new UnitWrites(recording);
  for (const { layer, index, places } of units) {
    if (context.features) {
      const live = context.features;
      const others = new Map<number, number>();
      const recorded = new Map<number, number>();
      for (const p of places.positions) {
        if (other) others.set(p, (await live.recorded(other, layer, there(p), [index]))[0]!);
        if (inside(layer)) recorded.set(p, (await live.recorded(recording, layer, p, [index]))[0]!);
      }
      const written = await live.writes(layer, index);
      features.push({
        layer,
        index,
        places,
        value: changed(intervention, p => others.get(p) ?? 0),
        // Constrained, a cross-layer feature writes only where outputs are held.
        writes: inside(layer) ? written.filter(w => inside(w.layer)) : written,
        recorded,
      });
      continue;
    }
    const value = changed(intervention, p => other!.read[layer]!.hidden![there(p) * dMlp + index]!);
    if (!inside(layer)) {
      rows.push({
        layer,
        stage: "hidden",
        places,
        change(row, position) {
          row[index] = value(row[index]!, position);
        },
      });
      continue;
    }
    const vectors = new Map<number, Floats>();
    for (const p of places.positions) vectors.set(p, await writes.of(layer, p, index));
    rows.push({
      layer,
      stage: "out",
      places,
      change(row, position) {
        const vector = vectors.get(position);
        if (!vector) return;
        const current = recording.read[layer]!.hidden![position * dMlp + index]!;
        const delta = value(current, position) - current;
        for (let i = 0; i < row.length; i++) row[i]! += delta * vector[i]!;
      },
    });
  }
  return { rows, features };
}
