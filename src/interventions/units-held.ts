/** Units of the basis held at values, neurons or features. */
import { variantOf } from "./apply.ts";
import type { InterventionContext } from "./context.ts";
import type { FeatureEdit } from "./edits/edit.ts";
import { unitVariant } from "./unit-variant.ts";
import type { Mode, Variant } from "./variants.ts";

/** Units of the basis held at values, each at its own position, neurons or features. */
export async function unitsHeld(
  context: Pick<InterventionContext, "recording" | "basis" | "features">,
  values: readonly { readonly unit: number; readonly value: number }[],
  mode: Mode,
): Promise<Variant> {
  const { recording, basis, features } = context;
  if (!features) return unitVariant(recording, basis, values, mode);
  const edits: FeatureEdit[] = [];
  for (const { unit, value } of values) {
    const { layer, position, index } = basis.place(unit);
    const places = { positions: new Set([position]), generated: false };
    edits.push({
      layer,
      index,
      places,
      value: () => value,
      writes: await features.writes(layer, index),
      recorded: new Map([[position, basis.activation(unit)]]),
    });
  }
  return variantOf({ mode, rows: [], features: edits }, { ...context, texts: [] });
}
