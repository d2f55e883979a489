/**
 * The built script and style of the single-file page (src/web/single), with the hashes that its policy names. Read
 * from the build folder beside the running command.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PageAssets } from "../charts/html.ts";
import { internal } from "../core/problem.ts";
import { buildFolder } from "./package-root.ts";

export async function pageAssets(folder = buildFolder()): Promise<PageAssets> {
  if (!folder) throw internal("no build beside this file, so there is no page to put a trace in");
  const read = (name: string) => readFile(join(folder, "web", name), "utf8");
  const [script, style] = await Promise.all([read("single.js"), read("single.css")]);
  return { script, style, scriptHash: hashOf(script), styleHash: hashOf(style) };
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
