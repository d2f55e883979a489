/** What an attention head mixed, changed before the output projection. */
import { float32, tensor } from "../../core/tensor.ts";
import { Places as MaskPlaces } from "../../models/forward.ts";
import type { Recording } from "../../models/record.ts";
import { impossible } from "../context.ts";
import type { Intervention } from "../intervention.ts";
import type { Places } from "../places.ts";
import type { Counterpart, RowEdit } from "./edit.ts";

export async function headEdit(
  intervention: Intervention,
  { layer, head }: { layer: number; head: number },
  places: Places,
  recording: Recording,
  { run: other, there }: Counterpart,
): Promise<RowEdit> {
  if (intervention.do === "add" || (intervention.do === "set" && intervention.to !== 0))
    throw impossible("a number cannot stand for what a head mixed", intervention, "scale, set to 0, or swap");
  const { dHead, heads } = recording.model.config;
  const mixed = other ? await headsOf(other, layer) : undefined;
  return {
    layer,
    stage: "heads",
    places,
    change(row, position) {
      const part = row.subarray(head * dHead, (head + 1) * dHead);
      if (intervention.do === "swap") {
        const at = (there(position) * heads + head) * dHead;
        part.set(mixed!.subarray(at, at + dHead));
      } else {
        const by = intervention.do === "scale" ? intervention.by : 0;
        for (let i = 0; i < part.length; i++) part[i]! *= by;
      }
    },
  };
}

/** [token, heads * dHead] what a recorded run's heads mixed. */
async function headsOf(recording: Recording, layer: number): Promise<Float32Array> {
  const { model, tokens, residual } = recording;
  const x = tensor([1, tokens, model.config.dModel], residual[layer]!);
  const program = await model.program("attendOnPattern", layer);
  const out = await program.run({ x, x0: x, ...new MaskPlaces(model, 0, tokens).of(layer) }, ["heads"]);
  return float32(out.heads);
}
