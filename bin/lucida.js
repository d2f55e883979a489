#!/usr/bin/env node
/** The command. A published package runs dist/; a checkout builds itself when src/ has changed. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const checkout = existsSync(join(root, "src/cli/main.ts"));
const folder = checkout ? await (await import("../scripts/build.js")).fresh() : join(root, "dist");
const { main } = await import(pathToFileURL(join(folder, "cli/main.js")).href);
process.exitCode = await main(process.argv.slice(2));
