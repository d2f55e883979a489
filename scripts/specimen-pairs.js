/**
 * Writes prompts/contrast-specimen.json: contrast pairs of the specimen's tasks, from the split that it is never trained
 * on, for `lucida bench works`; and prompts/held-out-specimen.json: others of the same kinds, on which nothing is tuned.
 *
 *   node scripts/specimen-pairs.js [--each 5] [--seed 7] [--held-out-seeds 18,19]
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build as esbuild } from "esbuild";
import { root } from "./build.js";

const { values } = parseArgs({
  options: {
    each: { type: "string", default: "5" },
    seed: { type: "string", default: "7" },
    "held-out-seeds": { type: "string", default: "18,19" },
  },
});
const cache = join(root, "node_modules/.cache/lucida");
mkdirSync(cache, { recursive: true });
const outfile = join(cache, `specimen-pairs.${process.pid}.mjs`);
await esbuild({
  stdin: {
    contents: `export { examples } from "./src/training/corpus/examples.ts";
      export { allTasks } from "./src/training/corpus/tasks.ts";
      export { Encoder } from "./src/training/tokenizer/encoder.ts";`,
    resolveDir: root,
    loader: "ts",
  },
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  packages: "external",
  logLevel: "warning",
});
const { examples, allTasks, Encoder } = await import(pathToFileURL(outfile).href).finally(() => rmSync(outfile));

const encoder = new Encoder(JSON.parse(readFileSync(join(root, "specimen/tokenizer.json"), "utf8")));
const each = Number(values.each);
const used = new Set();
write("contrast-specimen.json", [values.seed], "");
write("held-out-specimen.json", values["held-out-seeds"].split(","), " None of them is in contrast-specimen.json.");

/** Pairs of every task, as many of each from each seed, none with a prompt that was there before. */
function write(name, seeds, note) {
  const pairs = [];
  for (const seed of seeds) {
    for (const task of allTasks()) {
      const split = task.holdsOut ? "held-out" : "train";
      const found = examples(task.name, encoder, { count: 8 * each, seed: Number(seed), split });
      const good = found.filter(e => e.versus && !e.versus.lead && !used.has(e.prompt)).slice(0, each);
      for (const { prompt, answer, versus } of good)
        pairs.push({ prompt, versus: versus.prompt, answer, versusAnswer: versus.answer, category: task.name });
      if (good.length === 0) console.error(`${name}: ${task.name}: no contrasts`);
    }
    for (const { prompt } of pairs) used.add(prompt);
  }
  const file = {
    model: "specimen",
    note: `Questions of every task, held out from training where the task holds any out, each with a contrast of as many tokens. The answers are the right ones.${note}`,
    pairs,
  };
  writeFileSync(join(root, "prompts", name), `${JSON.stringify(file, null, 2)}\n`);
  console.log(`${name}: ${pairs.length} pairs of ${new Set(pairs.map(p => p.category)).size} tasks`);
}
