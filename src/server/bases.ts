/**
 * The bases of the model at hand: its own neurons, and dictionaries that fit it. Those that were opened stay open until
 * another model comes, so that a question after a trace does not read their headers again.
 */
import { Problem } from "../core/problem.ts";
import type { Basis } from "../features/basis.ts";
import { dictionaryBasis } from "../features/dictionary/basis.ts";
import { watchDictionary } from "../features/index/watch-dictionary.ts";
import { type Watched, watchNeurons } from "../features/index/watched.ts";
import { neurons } from "../features/neurons.ts";
import type { Dictionary } from "../formats/dictionaries/dictionary.ts";
import type { Model } from "../models/model.ts";
import { type OpenDictionary, openDictionary } from "../store/dictionaries.ts";
import { knownDictionaries, rememberDictionary } from "../store/known-dictionaries.ts";
import type { FoundModel } from "../store/models.ts";
import type { OpenModel } from "../store/open-model.ts";
import type { BasisChoice } from "./api.ts";
import type { CallOptions } from "./instrument.ts";

export interface OpenBasis {
  /** What `--basis` would say. */
  readonly reference: string;
  readonly basis: Basis;
  readonly watched: Watched;
  readonly dictionary?: Dictionary;
}

let of: Model | undefined;
const shelf = new Map<string, Promise<OpenBasis>>();
const files: OpenDictionary[] = [];

/** `named` is "neurons", a dictionary's own name as charts bear it, a folder, or owner/name of the hub. */
export async function basisOf(
  open: OpenModel,
  found: FoundModel,
  named: string | undefined,
  options: CallOptions = {},
): Promise<OpenBasis> {
  const { model } = open;
  if (of !== model) await clear(model);
  if (named === undefined || named === "neurons")
    return { reference: "neurons", basis: neurons(model), watched: watchNeurons(model) };
  const reference = await referenceOf(found, named);
  let had = shelf.get(reference);
  if (!had) {
    had = opened(model, reference, options);
    shelf.set(reference, had);
    had.catch(() => shelf.delete(reference));
  }
  return had;
}

/** The dictionaries that are known here, and whether each fits. */
export async function basisChoices(open: OpenModel, found: FoundModel): Promise<BasisChoice[]> {
  const choices: BasisChoice[] = [{ reference: "neurons", name: "neurons", fits: true }];
  for (const reference of await knownDictionaries(found)) {
    try {
      const { basis, dictionary } = await basisOf(open, found, reference);
      choices.push({
        reference,
        name: basis.name,
        fits: true,
        kind: dictionary!.kind,
        features: dictionary!.layers.reduce((sum, layer) => sum + layer.features, 0),
        layers: dictionary!.layers.length,
      });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      choices.push({ reference, name: reference.split(/[/\\]/).at(-1)!, fits: false, trouble: error.message });
    }
  }
  return choices;
}

async function opened(model: Model, reference: string, { signal, progress }: CallOptions): Promise<OpenBasis> {
  const file = await openDictionary(reference, {
    ...(signal ? { signal } : {}),
    progress: (arrived, total) => progress?.("fetching the dictionary", arrived, total ?? 0),
  });
  try {
    const basis = dictionaryBasis(file.dictionary, model);
    const watched = watchDictionary(file.dictionary, model);
    files.push(file);
    await rememberDictionary(reference).catch(() => {});
    return { reference, basis, watched, dictionary: file.dictionary };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A chart says which dictionary made it by the dictionary's own name: the known one of that name is meant. */
async function referenceOf(found: FoundModel, named: string): Promise<string> {
  if (shelf.has(named)) return named;
  for (const [reference, one] of shelf) {
    const basis = await one.catch(() => undefined);
    if (basis?.basis.name === named) return reference;
  }
  const known = await knownDictionaries(found);
  if (known.includes(named)) return named;
  return known.find(reference => reference.split(/[/\\]/).at(-1) === named) ?? named;
}

async function clear(model: Model): Promise<void> {
  const closing = closeBases();
  // At once, so that a question that comes meanwhile does not clear again.
  of = model;
  await closing;
}

/** Closes what was opened; a later question opens it again. */
export async function closeBases(): Promise<void> {
  of = undefined;
  shelf.clear();
  await Promise.all(files.splice(0).map(file => file.close().catch(() => {})));
}
