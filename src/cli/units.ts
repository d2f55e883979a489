/** What the verbs about units share: the basis to watch, where its index lies, what a person means by "12.345". */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Watched } from "../features/index/watched.ts";
import { dataFolder } from "../store/data-folder.ts";
import type { OpenModel } from "../store/open-model.ts";
import { type Context, WrongCommand } from "./verb.ts";

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

/** Where an index lies when no folder was named: one a model and basis. */
export function indexFolder(model: { readonly name: string; readonly path?: string }, basis: string): string {
  const plain = (text: string) => text.replace(/[^\w.-]+/g, "-").slice(-60);
  const id = createHash("sha256")
    .update(`${model.path ?? model.name}\n${basis}`)
    .digest("hex")
    .slice(0, 8);
  return join(dataFolder(), "indexes", `${plain(model.name)}-${plain(basis)}-${id}`);
}

/** "12.345" or "unit 12.345". Throws a WrongCommand for anything else. */
export function unitNamed(text: string | undefined): { layer: number; index: number } {
  const found = /^(?:unit )?(\d+)\.(\d+)$/.exec(text?.trim() ?? "");
  if (found) return { layer: Number(found[1]), index: Number(found[2]) };
  throw new WrongCommand(text === undefined ? "no unit was named" : `"${text}" is no unit`, {
    advice: "LAYER.INDEX, e.g. 12.345",
  });
}

/** Does the model expect BOS before each text? */
export function bosOf(open: OpenModel): number | undefined {
  const { tokenizer } = open;
  const first = tokenizer?.encode("a")[0];
  return first !== undefined && first === tokenizer?.bosId ? first : undefined;
}
