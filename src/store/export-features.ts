/** A finished index as the feature files that circuit-tracer's page reads: features/index.json.gz and layer_N.bin. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type FeatureFile, featureFile, packedIndex, packedLayer } from "../features/index/feature-file.ts";
import type { UnitRecord } from "../features/index/record.ts";
import { openIndex } from "./feature-index.ts";
import { systemProblem } from "./system-problem.ts";
import { writeBeside } from "./write-beside.ts";

/** Writes `<folder>/features/`. `token` gives the text of an id. */
export async function exportFeatures(
  index: string,
  folder: string,
  token: (id: number) => string,
  signal?: AbortSignal,
): Promise<void> {
  const to = join(folder, "features");
  await mkdir(to, { recursive: true }).catch(error => {
    throw systemProblem(error, to, "write");
  });
  const open = await openIndex(index);
  try {
    const layers: { layer: number; offsets: number[] }[] = [];
    for (const { layer, units } of open.manifest.layers) {
      const features: FeatureFile[] = [];
      const texts = new Map<number, string[]>();
      for (let unit = 0; unit < units; unit++) {
        signal?.throwIfAborted();
        const record = await open.unit(layer, unit);
        for (const window of windowsIn(record))
          if (!texts.has(window)) texts.set(window, (await open.window(window)).map(token));
        features.push(featureFile(record, open.manifest.basis, window => texts.get(window)!));
      }
      const { pieces, offsets } = packedLayer(features);
      await writeBeside(join(to, `layer_${layer}.bin`), pieces, signal ? { signal } : {});
      layers.push({ layer, offsets });
    }
    await writeBeside(join(to, "index.json.gz"), [packedIndex(layers)]);
  } finally {
    await open.close();
  }
}

const windowsIn = (record: UnitRecord): number[] =>
  [...record.top, ...record.low, ...record.quantiles.flatMap(band => band.examples)].map(e => e.window);
