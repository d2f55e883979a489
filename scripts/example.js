/**
 * `npm run example 01`: runs a lesson of examples/. Without a number, says which there are.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build as esbuild } from "esbuild";
import { root } from "./build.js";

const folder = join(root, "examples");
const lessons = readdirSync(folder).filter(name => /^\d+.*\.ts$/.test(name) && !name.endsWith(".test.ts"));
const wanted = process.argv[2];
const lesson = wanted && lessons.find(name => name.startsWith(wanted));
if (!lesson) {
  for (const name of lessons) {
    const about = /Lesson \d+: (.*)/.exec(readFileSync(join(folder, name), "utf8"))?.[1] ?? "";
    console.log(`npm run example ${name.slice(0, 2)}   ${about}`);
  }
  process.exit(wanted ? 2 : 0);
}
const cache = join(root, "node_modules/.cache/lucida/examples");
mkdirSync(cache, { recursive: true });
const outfile = join(cache, `${lesson.slice(0, -3)}.${process.pid}.mjs`);
const { rmSync } = await import("node:fs");
await esbuild({
  entryPoints: [join(folder, lesson)],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  logLevel: "warning",
});
// Piped into head, say.
process.stdout.on("error", () => process.exit());
try {
  await import(pathToFileURL(outfile).href);
} finally {
  rmSync(outfile, { force: true });
}
