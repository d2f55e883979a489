/**
 * An index on disk, to be read: a folder with
 *
 *   index.json       what it is (features/index/manifest.ts), written last
 *   windows.bin      the corpus as token ids, [window, length] of 4 bytes
 *   layer_N.units    one packed record a unit (features/index/packed.ts)
 *   similar.bin      [unit, sketch] in 8 bits, all layers one after the other: co-activation
 *   labels.json      "layer.index": [label, confidence], from examples
 *   asked.json       "layer.index": a label that a language model gave (features/labels/ask.ts), where one was asked
 *
 * A record is read by its range; nothing is held but the manifest.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Problem } from "../core/problem.ts";
import { indexVersion, type Manifest, manifestSchema } from "../features/index/manifest.ts";
import { openPacked, type Packed } from "../features/index/packed.ts";
import type { UnitRecord } from "../features/index/record.ts";
import type { AskedLabel } from "../features/labels/ask.ts";
import { isRecord, parseJson } from "../formats/json.ts";
import { type FileBytes, openFile } from "./file-bytes.ts";
import { writeBeside } from "./write-beside.ts";

export const files = {
  manifest: "index.json",
  windows: "windows.bin",
  similar: "similar.bin",
  labels: "labels.json",
  asked: "asked.json",
  layer: (layer: number) => `layer_${layer}.units`,
} as const;

export type IndexLabel = readonly [text: string, confidence: number, source: "examples" | "model"];

export interface FeatureIndex {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Throws a Problem when there is no such unit. */
  unit(layer: number, index: number): Promise<UnitRecord>;
  /** Token ids of a window of the corpus. */
  window(window: number): Promise<number[]>;
  /** [unit, sketch] of a layer, −127 to 127: rows are of equal length, so that a dot product is a correlation. */
  similar(layer: number): Promise<Int8Array>;
  /** By "layer.index". A label from examples goes before one that a language model gave. */
  labels(): Promise<ReadonlyMap<string, IndexLabel>>;
  /** Labels that a language model gave, by "layer.index". */
  asked(): Promise<ReadonlyMap<string, AskedLabel>>;
  close(): Promise<void>;
}

/** Is there a finished index in this folder? */
export async function hasIndex(folder: string): Promise<boolean> {
  return (await readFile(join(folder, files.manifest)).catch(() => undefined)) !== undefined;
}

/** Throws a Problem when the folder holds no index, or a broken one. */
export async function openIndex(folder: string): Promise<FeatureIndex> {
  const path = join(folder, files.manifest);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) {
    throw new Problem("there is no finished index here", {
      where: `at ${folder}`,
      advice: "lucida index --model M --text FOLDER (it goes on where it was stopped)",
    });
  }
  const json = parseJson(text, path);
  if (isRecord(json) && json.format === "lucida-index" && json.version !== indexVersion) {
    throw new Problem(`this index is of version ${json.version}, and this Lucida reads version ${indexVersion}`, {
      where: `at ${path}`,
      advice: "the `lucida index` that made it, once more: it builds the index anew in its place",
    });
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    throw new Problem(`index.json is not of an index that this Lucida reads: ${parsed.error.issues[0]?.message}`, {
      where: `at ${path}, ${parsed.error.issues[0]?.path.join(".")}`,
      advice: "building the index again",
    });
  }
  const manifest = parsed.data;
  const open = new Map<string, Promise<FileBytes>>();
  const file = (name: string) => {
    let had = open.get(name);
    if (!had) {
      had = openFile(join(folder, name));
      open.set(name, had);
    }
    return had;
  };
  const packs = new Map<number, Promise<Packed>>();
  const unitsOf = (layer: number) => {
    const row = manifest.layers.find(l => l.layer === layer);
    if (row) return row.units;
    throw new Problem(
      `layer ${layer} is not in this index, which has ${manifest.layers.map(l => l.layer).join(", ")}`,
      {
        where: `at ${folder}`,
      },
    );
  };
  return {
    folder,
    manifest,
    async unit(layer, index) {
      const units = unitsOf(layer);
      if (!(index >= 0 && index < units))
        throw new Problem(`layer ${layer} has no unit ${index}: they are 0 to ${units - 1}`, { where: `at ${folder}` });
      let pack = packs.get(layer);
      if (!pack) {
        pack = file(files.layer(layer)).then(openPacked);
        packs.set(layer, pack);
      }
      return (await (await pack).read(index)) as UnitRecord;
    },
    async window(window) {
      const bytes = await (await file(files.windows)).read(
        window * manifest.length * 4,
        (window + 1) * manifest.length * 4,
      );
      const ids = new Int32Array(bytes.slice().buffer);
      const end = ids.indexOf(-1);
      return Array.from(end < 0 ? ids : ids.subarray(0, end));
    },
    async similar(layer) {
      const units = unitsOf(layer);
      const before = manifest.layers.filter(l => l.layer < layer).reduce((sum, l) => sum + l.units, 0);
      const bytes = await (await file(files.similar)).read(
        before * manifest.sketch,
        (before + units) * manifest.sketch,
      );
      return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    async labels() {
      const found = parseJson(await readFile(join(folder, files.labels), "utf8"), files.labels);
      const labels = new Map<string, IndexLabel>();
      for (const [unit, { text, confidence }] of await askedLabels(folder))
        labels.set(unit, [text, confidence, "model"]);
      for (const [unit, [text, confidence]] of Object.entries(found as Record<string, [string, number]>))
        labels.set(unit, [text, confidence, "examples"]);
      return labels;
    },
    asked: () => askedLabels(folder),
    async close() {
      for (const bytes of open.values()) await bytes.then(b => b.close()).catch(() => {});
    },
  };
}

const askedSchema = z.record(
  z.string().regex(/^\d+\.\d+$/),
  z.object({ text: z.string(), source: z.literal("model"), confidence: z.number(), by: z.string() }),
);

async function askedLabels(folder: string): Promise<ReadonlyMap<string, AskedLabel>> {
  const path = join(folder, files.asked);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return new Map();
  const parsed = askedSchema.safeParse(parseJson(text, path));
  if (parsed.success) return new Map(Object.entries(parsed.data));
  throw new Problem("these are no labels that a language model gave", {
    where: `in ${path}`,
    advice: "removing that file and asking again (lucida features label)",
  });
}

/** Adds labels that a language model gave to the index in this folder; an older one of the same unit goes. */
export async function keepAsked(folder: string, labels: ReadonlyMap<string, AskedLabel>): Promise<void> {
  const all = new Map([...(await askedLabels(folder)), ...labels]);
  await writeBeside(join(folder, files.asked), JSON.stringify(Object.fromEntries(all), undefined, 1));
}
