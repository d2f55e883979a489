/** `--basis` for every verb: opens (or fetches) a dictionary and fits it to the model. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { DictionaryBasis } from "../features/dictionary/basis.ts";
import type { Model } from "../models/model.ts";
import type { Context } from "./verb.ts";

export interface OpenBasis {
  readonly basis: DictionaryBasis;
  close(): Promise<void>;
}

/** Undefined for the model's own neurons. Throws a Problem when there is no such dictionary, or it was made for another model. */
export async function openBasis(
  reference: string,
  model: Model,
  context: Pick<Context, "signal" | "progress" | "note">,
): Promise<OpenBasis | undefined> {
  if (reference === "neurons") return undefined;
  const store = await import("../store/dictionaries.ts");
  const { rememberDictionary } = await import("../store/known-dictionaries.ts");
  const { dictionaryBasis } = await import("../features/dictionary/basis.ts");
  const phase = context.progress.start(`opening ${reference}`, { unit: "bytes" });
  try {
    const open = await store.openDictionary(reference, {
      signal: context.signal,
      note: context.note,
      progress: (arrived, total) => phase.update(arrived, total),
    });
    const basis = dictionaryBasis(open.dictionary, model, { signal: context.signal });
    // So that a saved chart, which bears the dictionary's name alone, finds it again.
    await rememberDictionary(existsSync(reference) ? resolve(reference) : reference).catch(() => {});
    return { basis, close: () => open.close() };
  } finally {
    phase.end();
  }
}
