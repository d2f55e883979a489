import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

/** The order of the house: a folder leans only on those before it. */
const order = [
  "core",
  "devices",
  "formats",
  "models",
  "features",
  "interventions",
  "attribution",
  "charts",
  "training",
  "studies",
  "store",
  "server",
  "cli",
];
/** web draws what the pure folders compute; it may use their types and pure functions, and the server's api types. */
const webMay = ["core", "formats", "features", "interventions", "attribution", "charts", "studies", "server/api.ts"];

const src = resolve(import.meta.dirname, "../src");

function files(folder: string): string[] {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : /\.tsx?$/.test(name) && !name.includes(".test.") ? [path] : [];
  });
}

function importsOf(path: string): string[] {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(m => m[1]!);
}

test("no folder reaches up", () => {
  const wrong: string[] = [];
  for (const file of files(src)) {
    const here = relative(src, file);
    const folder = here.split("/")[0]!;
    for (const target of importsOf(file)) {
      if (!target.startsWith(".")) continue;
      const there = relative(src, resolve(dirname(file), target));
      const up = there.split("/")[0]!;
      if (up === folder) continue;
      if (folder === "web") {
        if (!webMay.some(may => there.startsWith(may))) wrong.push(`${here} reaches into ${there}`);
      } else if (!order.includes(folder) || order.indexOf(up) > order.indexOf(folder) || up === "web") {
        wrong.push(`${here} reaches up to ${there}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("the pure folders know neither Node nor a screen", () => {
  const pure = order.slice(0, order.indexOf("store"));
  const wrong = files(src)
    .filter(file => pure.includes(relative(src, file).split("/")[0]!))
    .flatMap(file =>
      importsOf(file)
        .filter(name => name.startsWith("node:") || name === "onnxruntime-node")
        .map(name => `${relative(src, file)} imports ${name}`),
    );
  expect(wrong).toEqual([]);
});
