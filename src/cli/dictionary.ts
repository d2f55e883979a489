/** `--basis` for every verb: opens (or fetches) a dictionary and fits it to the model. */
import type { DictionaryBasis } from "../features/dictionary/basis.ts";
import type { Model } from "../models/model.ts";
import type { Context } from "./verb.ts";

export interface OpenBasis {
  readonly basis: DictionaryBasis;
  close(): Promise<void>;
}

/** Throws a Problem when there is no such dictionary, or it was made for another model. */
export async function openDictionary(
  reference: string,
  model: Model,
  context: Pick<Context, "signal" | "progress" | "note">,
): Promise<OpenBasis> {
  const store = await import("../store/dictionaries.ts");
  const { dictionaryBasis } = await import("../features/dictionary/basis.ts");
  const phase = context.progress.start(`opening ${reference}`, { unit: "bytes" });
  try {
    const open = await store.openDictionary(reference, {
      signal: context.signal,
      note: context.note,
      progress: (arrived, total) => phase.update(arrived, total),
    });
    return { basis: dictionaryBasis(open.dictionary, model, { signal: context.signal }), close: () => open.close() };
  } finally {
    phase.end();
  }
}
