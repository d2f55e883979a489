/**
 * `lucida models`: what is on this machine, and what to start with; asks no network.
 * `lucida models M`: where M is, fetched when it isn't here.
 */
import { homedir } from "node:os";
import { hubSettings } from "../../store/hub/settings.ts";
import { knownModels } from "../../store/known-models.ts";
import { type ListedModel, listModels } from "../../store/model-list.ts";
import { modelFor } from "../model.ts";
import { bytes, type Colors } from "../output.ts";
import type { Verb } from "../verb.ts";

export const verb: Verb = {
  configure(command) {
    command.argument("[model]", "one model: fetch it when it isn't here, and say where it is");
    command.addHelpText(
      "after",
      "\nA model is given to other verbs with --model: specimen, a folder, a .gguf file, or owner/name[@revision].",
    );
  },
  async run(_options, context) {
    const { args, out, result, color, width } = context;
    if (args[0] !== undefined) {
      const model = await modelFor(args[0], context);
      result(model);
      out(model.path);
      return;
    }
    const settings = hubSettings();
    const here = await listModels(settings);
    const known = knownModels.filter(model => !here.some(other => other.name === model.name));
    result({ cache: settings.cache, models: here, known });

    const cache = settings.cache.replace(homedir(), "~");
    const cached = here.filter(model => model.source === "hub");
    const total = cached.reduce((sum, model) => sum + model.size, 0);
    out(color.bold("On this machine") + color.dim(`  ${cached.length} from the hub, ${bytes(total)}, in ${cache}`));
    out("");
    if (here.length === 0) out(color.dim("  nothing yet"));
    else out(table(here.map(hereRow), width, color));
    if (known.length > 0) {
      out("");
      out(color.bold("Small models to start with") + color.dim("  fetched from the hub when first used"));
      out("");
      out(
        table(
          known.map(model => [
            model.name,
            model.family,
            `~${bytes(model.size)}`,
            model.licence,
            model.gated ? "gated: agree on its page first" : "",
          ]),
          width,
          color,
        ),
      );
    }
    out("");
    out(color.dim("Use one with --model NAME; a folder or a .gguf file does as well."));
  },
};

function hereRow(model: ListedModel): string[] {
  const note =
    model.trouble === "not whole"
      ? "not whole: naming it fetches the rest"
      : model.trouble !== undefined
        ? `${model.trouble}: can't be used`
        : model.source === "specimen"
          ? "comes with Lucida"
          : (model.revision?.slice(0, 7) ?? "");
  return [model.name, model.family, bytes(model.size), model.licence ?? "?", note];
}

/** Columns as wide as what is in them; sizes to the right; the last one is a remark, dimmed, cut at the edge. */
function table(rows: string[][], width: number, color: Colors): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map(row => row[i]!.length)));
  return rows
    .map(row => {
      const cells = row.map((cell, i) => (i === 2 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)));
      const main = `  ${cells.slice(0, 4).join("  ")}`;
      const room = width - main.length - 2;
      const note = row[4]!.length > room ? `${row[4]!.slice(0, Math.max(0, room - 1))}…` : row[4]!;
      const [name, ...others] = cells.slice(0, 4);
      return `  ${color.cyan(name!)}  ${others.join("  ")}  ${room > 4 ? color.dim(note) : ""}`.trimEnd();
    })
    .join("\n");
}
