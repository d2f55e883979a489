/** The residual stream changed: along a direction, or whole. */
import { impossible } from "../context.ts";
import type { Intervention } from "../intervention.ts";
import type { Places } from "../places.ts";
import { type Counterpart, changed, type RowEdit } from "./edit.ts";

export function directionEdit(
  intervention: Intervention,
  site: { layer: number },
  places: Places,
  vector: Float64Array,
  { run: other, there }: Counterpart,
): RowEdit {
  const size = vector.reduce((sum, v) => sum + v * v, 0);
  const times = (row: ArrayLike<number>, at = 0) => vector.reduce((sum, v, i) => sum + v * row[at + i]!, 0) / size;
  const value = changed(intervention, p => times(other!.residual[site.layer]!, there(p) * vector.length));
  return {
    layer: site.layer,
    stage: "residual",
    places,
    change(row, position) {
      const current = times(row);
      const delta = value(current, position) - current;
      for (let i = 0; i < row.length; i++) row[i]! += delta * vector[i]!;
    },
  };
}

export function residualEdit(
  intervention: Intervention,
  layer: number,
  places: Places,
  { run: other, there }: Counterpart,
): RowEdit {
  if (intervention.do === "add" || (intervention.do === "set" && intervention.to !== 0)) {
    throw impossible(
      "a number cannot stand for a whole residual stream",
      intervention,
      "a direction, or scale, set to 0, or swap",
    );
  }
  return {
    layer,
    stage: "residual",
    places,
    change(row, position) {
      if (intervention.do === "swap") {
        const at = there(position) * row.length;
        row.set(other!.residual[layer]!.subarray(at, at + row.length));
      } else {
        const by = intervention.do === "scale" ? intervention.by : 0;
        for (let i = 0; i < row.length; i++) row[i]! *= by;
      }
    },
  };
}
