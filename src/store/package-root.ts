/**
 * Where this package lies on the disk: for the specimen it brings along, and the page the server sends.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { internal } from "../core/problem.ts";

function above(test: (folder: string) => boolean): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (test(folder)) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/** The folder of package.json, from a checkout as well as from an installed package. */
export function packageRoot(): string {
  const root = above(folder => {
    const file = join(folder, "package.json");
    return existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === "camera-lucida";
  });
  if (!root) throw internal("package.json of camera-lucida is not above this file");
  return root;
}

/**
 * The folder that the build made (cli/, web/, and each `*.worker.ts` as a `.js` at its own place), or undefined when
 * the sources run as they are, as in tests.
 */
export function buildFolder(): string | undefined {
  return above(folder => existsSync(join(folder, "cli/main.js")));
}
