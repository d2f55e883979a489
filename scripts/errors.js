/**
 * `npm run errors`: docs/errors.md, the list of every sentence that a user's mistake can get, read off the sources.
 * With `--check`, fails when the list is not what the sources say.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./build.js";

const src = join(root, "src");
/** Folders in the order of the house, with what goes wrong there. */
const groups = {
  core: "Expressions",
  devices: "Devices",
  formats: "Files that are read",
  models: "Models and prompts",
  features: "Units and indexes",
  interventions: "Interventions",
  attribution: "Traces, contrasts, verification",
  charts: "Charts",
  training: "Training",
  store: "Disk, hub, cache",
  server: "The page and its API",
  cli: "The command line",
};

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.includes(".test.") ? [path] : [];
  });
}

/** The sentence of a Problem in a source: a text, with … for what is filled in. */
const sentence = /new (?:Problem|WrongCommand)\(\s*(`(?:[^`\\]|\\[\s\S])*`|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/g;

/** "${…}" with any braces inside becomes "…". */
function plain(literal) {
  const text = literal.slice(1, -1);
  let out = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "$" && text[i + 1] === "{") {
      let depth = 0;
      for (i += 1; i < text.length; i++) {
        if (text[i] === "{") depth++;
        if (text[i] === "}" && --depth === 0) break;
      }
      out += "…";
    } else if (text[i] === "\\") out += text[++i] === "n" ? " " : text[i];
    else out += text[i];
  }
  return out;
}

const escaped = text => text.replace(/[\\`*_<>|]/g, "\\$&");

let page = `# Errors

Every sentence that a mistake or a fact of the world can get, by the folder that says it; … is filled in. Each comes with where it happened and, mostly, with
what to try. Exit code 1, or 2 for a wrong command. What begins with \`internal:\` is a bug of ours.

Written by \`npm run errors\`. Some sentences are put together elsewhere and are not here. One that could help more is an afternoon's
contribution: change it where it is, with its test.
`;
for (const [folder, title] of Object.entries(groups)) {
  const found = new Map();
  for (const file of files(join(src, folder)).sort()) {
    for (const match of readFileSync(file, "utf8").matchAll(sentence)) {
      const said = plain(match[1]);
      if (!found.has(said)) found.set(said, relative(src, file));
    }
  }
  if (found.size === 0) continue;
  page += `\n## ${title}\n\n`;
  for (const said of [...found.keys()].sort((a, b) => a.localeCompare(b, "en"))) page += `- ${escaped(said)}\n`;
}
const out = join(root, "docs/errors.md");
if (process.argv.includes("--check")) {
  if (readFileSync(out, "utf8") !== page) {
    console.error("docs/errors.md is not what the sources say\n  try npm run errors");
    process.exit(1);
  }
} else writeFileSync(out, page);
