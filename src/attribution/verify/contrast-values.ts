/** What units were worth on the contrast: neurons as recorded, features as the dictionary reads them there. */
import type { PromptBasis } from "../../features/basis.ts";
import type { LiveFeatures } from "../../interventions/live-features.ts";
import type { Recording } from "../../models/record.ts";

/** @param units the basis's numbers; others are not known to the function that comes back, where they are features */
export async function contrastValues(
  units: Iterable<number>,
  basis: PromptBasis,
  contrast: Recording,
  features: LiveFeatures | undefined,
): Promise<(unit: number) => number> {
  if (!features) {
    return unit => {
      const { layer, position, index } = basis.place(unit);
      return contrast.read[layer]!.hidden![position * basis.basis.width + index]!;
    };
  }
  const byPlace = new Map<string, number[]>();
  for (const unit of units) {
    const { layer, position } = basis.place(unit);
    const key = `${layer} ${position}`;
    const had = byPlace.get(key);
    if (had) had.push(unit);
    else byPlace.set(key, [unit]);
  }
  const known = new Map<number, number>();
  for (const some of byPlace.values()) {
    const { layer, position } = basis.place(some[0]!);
    const indices = some.map(unit => basis.place(unit).index);
    const values = await features.recorded(contrast, layer, position, indices);
    some.forEach((unit, i) => {
      known.set(unit, values[i]!);
    });
  }
  return unit => known.get(unit) ?? 0;
}
