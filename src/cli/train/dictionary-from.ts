/** The weights of a dictionary that was trained here, to go on from: a set of per-layer transcoders. */
import { join } from "node:path";
import { Problem } from "../../core/problem.ts";
import { countOf } from "../../core/shape.ts";
import { safetensors } from "../../formats/safetensors.ts";
import { openFile } from "../../store/file-bytes.ts";
import { perLayerFile, perLayerTensor } from "../../training/dictionary/export.ts";
import { type Plan, parametersOf } from "../../training/dictionary/plan.ts";
import type { Values } from "../../training/parameters.ts";

/** Throws a Problem when the folder has other layers, or a layer other shapes. */
export async function dictionaryIn(folder: string, plan: Plan): Promise<Values> {
  const values: Values = new Map();
  for (const layer of plan.layers) {
    const file = await openFile(join(folder, perLayerFile(layer)));
    try {
      const weights = await safetensors(file);
      for (const { name, shape } of parametersOf(plan, [layer])) {
        const data = await weights.read(perLayerTensor(name));
        const wanted = countOf(shape);
        if (data.length !== wanted)
          throw new Problem(`${name} has ${data.length} numbers there, and ${wanted} here (${shape.join(" × ")})`, {
            where: `in ${file.name}`,
            advice: "the --features, --active and --no-skip that it was trained with",
          });
        values.set(name, data);
      }
    } finally {
      await file.close();
    }
  }
  return values;
}
