/**
 * Writes prompts/contrast-specimen.json: contrast pairs of the specimen's tasks, from the split that it is never trained
 * on, for `lucida bench works`.
 *
 *   node scripts/specimen-pairs.js [--each 5] [--seed 7]
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build as esbuild } from "esbuild";
import { root } from "./build.js";

const { values } = parseArgs({
  options: { each: { type: "string", default: "5" }, seed: { type: "string", default: "7" } },
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
const pairs = [];
for (const task of allTasks()) {
  const split = task.holdsOut ? "held-out" : "train";
  const found = examples(task.name, encoder, { count: 4 * each, seed: Number(values.seed), split });
  const good = found.filter(e => e.versus && !e.versus.lead).slice(0, each);
  for (const { prompt, answer, versus } of good) {
    pairs.push({ prompt, versus: versus.prompt, answer, versusAnswer: versus.answer, category: task.name });
  }
  if (good.length === 0) console.error(`${task.name}: no contrasts`);
}
const file = {
  model: "specimen",
  note: "Questions of every task, held out from training where the task holds any out, each with a contrast of as many tokens. The answers are the right ones.",
  pairs,
};
writeFileSync(join(root, "prompts/contrast-specimen.json"), `${JSON.stringify(file, null, 2)}\n`);
console.log(`${pairs.length} pairs of ${new Set(pairs.map(p => p.category)).size} tasks`);
