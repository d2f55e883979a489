/**
 * `--model` for every verb: finds the model, and shows the download when there is one.
 */
import type { Command } from "commander";
import { type FoundModel, findModel } from "../store/models.ts";
import { bytes } from "./output.ts";
import type { Context } from "./verb.ts";

/** Adds `--model M`, the specimen by default. */
export function modelOption(command: Command): Command {
  return command.option(
    "--model <model>",
    "specimen, a folder, a .gguf file, or owner/name[@revision] of the hub",
    "specimen",
  );
}

/** Finds (or fetches) the model named `text`. Throws a Problem in words when there is none. */
export async function modelFor(
  text: string,
  context: Pick<Context, "signal" | "progress" | "note">,
): Promise<FoundModel> {
  const phase = context.progress.start(`fetching ${text}`, { unit: "bytes" });
  let fetched = 0;
  try {
    const model = await findModel(text, {
      signal: context.signal,
      note: context.note,
      progress: (arrived, total) => {
        fetched = arrived;
        phase.update(arrived, total);
      },
    });
    phase.end(fetched > 0 ? `fetched ${model.name} (${bytes(fetched)})` : undefined);
    return model;
  } catch (error) {
    phase.end();
    throw error;
  }
}
