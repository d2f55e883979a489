#!/usr/bin/env node
/** The command. A published package runs dist/; a checkout builds itself when src/ has changed. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

async function folder() {
  if (!existsSync(join(root, "src/cli/main.ts"))) {
    if (existsSync(join(root, "dist/cli/main.js"))) return join(root, "dist");
    console.error(
      `this copy of Lucida was packed without its dist/\n  at ${root}\n  try npm run package in the checkout`,
    );
    process.exit(1);
  }
  const { fresh } = await import("../scripts/build.js");
  try {
    return await fresh();
  } catch (error) {
    // esbuild has printed what is wrong and where; a stack through its insides helps nobody.
    console.error(error.errors ? "lucida could not be built from src/" : error.message);
    process.exit(1);
  }
}

const { main } = await import(pathToFileURL(join(await folder(), "cli/main.js")).href);
process.exitCode = await main(process.argv.slice(2));
