/** `features like 12.345`: the units that write the same direction, and those that fire in the same texts. */
import { Problem } from "../../core/problem.ts";
import type { IndexLabel } from "../../store/feature-index.ts";
import { unitNamed } from "../units.ts";
import { indexOf, type Scene } from "./scene.ts";

export async function like(scene: Scene, subject: string | undefined): Promise<void> {
  const { options, context, watched } = scene;
  const unit = unitNamed(subject);
  const { nearestRows, nearestSketches, strongestOf } = await import("../../features/search/like.ts");
  const at = watched.layers.findIndex(l => l.layer === unit.layer);
  const units = watched.layers[at]?.units ?? 0;
  if (unit.index >= units)
    throw new Problem(`there is no unit ${unit.layer}.${unit.index} in ${watched.name} of ${watched.model.name}`, {
      advice: `a layer from ${watched.layers[0]?.layer} to ${watched.layers.at(-1)?.layer}, an index below ${watched.layers[0]?.units}`,
    });
  const { dModel } = watched.model.config;
  const own = (await watched.decoders(at)).slice(unit.index * dModel, (unit.index + 1) * dModel);
  const phase = context.progress.start("comparing decoders", { unit: "layers" });
  const byDecoder = [];
  for (const [l, { layer }] of watched.layers.entries()) {
    context.signal.throwIfAborted();
    phase.update(l, watched.layers.length);
    byDecoder.push(...strongestOf(nearestRows(own, await watched.decoders(l), layer), options.top, unit));
  }
  phase.end();
  const writes = strongestOf(byDecoder, options.top, unit);
  const { hasIndex } = await import("../../store/feature-index.ts");
  let fires: typeof writes | undefined;
  let labels: ReadonlyMap<string, IndexLabel> = new Map();
  if (await hasIndex(scene.folder)) {
    const index = await indexOf(scene);
    try {
      labels = await index.labels();
      const { sketch } = index.manifest;
      const mine = (await index.similar(unit.layer)).slice(unit.index * sketch, (unit.index + 1) * sketch);
      const all = [];
      for (const { layer } of index.manifest.layers)
        all.push(...strongestOf(nearestSketches(mine, await index.similar(layer), layer), options.top, unit));
      fires = strongestOf(all, options.top, unit);
    } finally {
      await index.close();
    }
  }
  context.result({ unit: `${unit.layer}.${unit.index}`, byDecoder: writes, byActivation: fires });
  const line = ({ layer, index, score }: (typeof writes)[number]) =>
    `  ${`${layer}.${index}`.padEnd(10)} ${score.toFixed(3).padStart(7)}  ${labels.get(`${layer}.${index}`)?.[0] ?? ""}`;
  context.out(context.color.bold("writes the same direction (cosine of decoders; negative: the opposite)"));
  for (const w of writes) context.out(line(w));
  context.out("");
  if (fires) {
    context.out(context.color.bold("fires in the same texts (correlation of peaks over windows, estimated to ±0.09)"));
    for (const f of fires) context.out(line(f));
  } else context.out(context.color.dim("no index, so nothing is known of where it fires: lucida index"));
}
