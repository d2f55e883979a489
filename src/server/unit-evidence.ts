/** A unit's page of the index, as the page shows it: examples with their words and heat, how often and how strongly. */
import { bandWords } from "../features/index/quantile-band.ts";
import type { Example, UnitRecord } from "../features/index/record.ts";
import { nearestSketches, strongestOf } from "../features/search/like.ts";
import { shown } from "../models/prompt.ts";
import type { FeatureIndex } from "../store/feature-index.ts";
import { findIndex, indexedBy } from "../store/index-folder.ts";
import type { FoundModel } from "../store/models.ts";
import type { OpenModel } from "../store/open-model.ts";
import type { NearUnit, UnitEvidence, UnitExample, UnitInput } from "./api.ts";
import type { OpenBasis } from "./bases.ts";
import type { Scene } from "./resident.ts";

/** Examples in the first list; the weaker ones hold few anyway. */
const strongest = 8;
const neighbours = 8;

/** The last index that was asked for: a unit page is followed by another of the same model. */
let held: { readonly model: OpenModel; readonly reference: string; readonly index: FeatureIndex } | undefined;

/** Undefined where no index fits. */
export async function unitEvidence(
  { open, found }: Scene,
  basis: OpenBasis,
  unit: UnitInput,
): Promise<UnitEvidence | undefined> {
  const index = await indexOf(open, found, basis);
  if (!index?.manifest.layers.some(l => l.layer === unit.layer)) return undefined;
  const record = await index.unit(unit.layer, unit.index);
  const { manifest } = index;
  return {
    corpus: manifest.corpus.name,
    tokens: manifest.tokens,
    density: record.density,
    max: record.max,
    min: record.min,
    mean: record.mean,
    histogram: record.histogram,
    ...(record.label
      ? {
          label: {
            text: record.label.text,
            confidence: record.label.confidence,
            examples: record.label.examples.length,
          },
        }
      : {}),
    quantiles: await quantiles(index, record, open),
    alike: await alike(index, unit),
  };
}

/** Another index may have been built meanwhile. */
export async function forgetIndex(): Promise<void> {
  await held?.index.close();
  held = undefined;
}

export async function indexOf(
  open: OpenModel,
  found: FoundModel,
  { reference, watched }: OpenBasis,
): Promise<FeatureIndex | undefined> {
  if (held?.model === open && held.reference === reference) return held.index;
  await forgetIndex();
  const index = (await findIndex(found, reference, indexedBy(watched, open.model)))?.index;
  if (index) held = { model: open, reference, index };
  return index;
}

async function quantiles(index: FeatureIndex, record: UnitRecord, open: OpenModel): Promise<UnitEvidence["quantiles"]> {
  const texts = new Map<number, string[]>();
  const told = async (examples: readonly Example[]): Promise<UnitExample[]> => {
    const out: UnitExample[] = [];
    for (const { window, at, value, scale, acts } of examples) {
      let tokens = texts.get(window);
      if (!tokens) {
        tokens = (await index.window(window)).map(id => shown(open.tokenizer, id));
        texts.set(window, tokens);
      }
      const full = Math.max(record.max, -record.min) || 1;
      out.push({ tokens, at, value, heat: acts.map(a => Number(((a * scale) / 127 / full).toFixed(3))) });
    }
    return out;
  };
  const groups = [
    { name: "strongest", examples: record.top.slice(0, strongest) },
    ...record.quantiles.toReversed().map(band => ({ name: bandWords(band), examples: band.examples })),
    { name: "most negative", examples: record.low.slice(0, 4) },
  ].filter(group => group.examples.length > 0);
  return Promise.all(groups.map(async ({ name, examples }) => ({ name, examples: await told(examples) })));
}

async function alike(index: FeatureIndex, unit: UnitInput): Promise<NearUnit[]> {
  const { sketch, layers } = index.manifest;
  const mine = (await index.similar(unit.layer)).slice(unit.index * sketch, (unit.index + 1) * sketch);
  const all = [];
  for (const { layer } of layers)
    all.push(...strongestOf(nearestSketches(mine, await index.similar(layer), layer), neighbours, unit));
  const labels = await index.labels();
  return strongestOf(all, neighbours, unit).map(near => {
    const label = labels.get(`${near.layer}.${near.index}`)?.[0];
    return { ...near, ...(label ? { label } : {}) };
  });
}
