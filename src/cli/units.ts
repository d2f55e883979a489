/** What the verbs about units share: the basis to watch, what a person means by "12.345". */
import type { Watched } from "../features/index/watched.ts";
import type { FoundModel } from "../store/models.ts";
import type { OpenModel } from "../store/open-model.ts";
import { type Context, WrongCommand } from "./verb.ts";

export { indexFolder } from "../store/index-folder.ts";
export { bosOf } from "../store/open-model.ts";

/** The basis to be watched; close it when done. */
export async function watchedBasis(
  basis: string,
  open: OpenModel,
  context: Pick<Context, "signal" | "note">,
): Promise<{ watched: Watched; close(): Promise<void> }> {
  if (basis === "neurons") {
    const { watchNeurons } = await import("../features/index/watched.ts");
    return { watched: watchNeurons(open.model), close: async () => {} };
  }
  const { openDictionary } = await import("../store/dictionaries.ts");
  const { watchDictionary } = await import("../features/index/watch-dictionary.ts");
  const found = await openDictionary(basis, { signal: context.signal, note: context.note });
  try {
    return { watched: watchDictionary(found.dictionary, open.model), close: () => found.close() };
  } catch (error) {
    await found.close();
    throw error;
  }
}

/** Where the index of this model and basis lies: built here, or come with the model; else where it would be built. */
export async function usualIndex(found: FoundModel, basis: string, open: OpenModel, watched: Watched): Promise<string> {
  const { findIndex, indexedBy, indexFolder } = await import("../store/index-folder.ts");
  const there = await findIndex(found, basis, indexedBy(watched, open.model));
  await there?.index.close();
  return there?.folder ?? indexFolder(found, basis);
}

/** "12.345" or "unit 12.345". Throws a WrongCommand for anything else. */
export function unitNamed(text: string | undefined): { layer: number; index: number } {
  const found = /^(?:unit )?(\d+)\.(\d+)$/.exec(text?.trim() ?? "");
  if (found) return { layer: Number(found[1]), index: Number(found[2]) };
  throw new WrongCommand(text === undefined ? "no unit was named" : `"${text}" is no unit`, {
    advice: "LAYER.INDEX, e.g. 12.345",
  });
}
