/**
 * Writes what follows from the specimen's corpus: the pages of samples and statistics (docs/specimen/).
 *
 *   node scripts/specimen-corpus.js [--tokenizer]
 *
 * A model is bound to its tokenizer, so that one is only made anew when asked for; the specimen must then be trained anew.
 * Deterministic: run twice, nothing changes. Needs no data packages; the facts are committed.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { root } from "./build.js";

async function sources() {
  const file = join(root, `node_modules/.cache/lucida/corpus.${process.pid}.mjs`);
  await build({
    stdin: {
      contents: `
        export * from "./src/training/tokenizer/build.ts";
        export * from "./src/training/tokenizer/encoder.ts";
        export * from "./src/training/corpus/examples.ts";
        export * from "./src/training/corpus/line.ts";
        export * from "./src/training/corpus/mixture.ts";
        export * from "./src/training/corpus/pack.ts";
        export * from "./src/training/corpus/random.ts";
        export * from "./src/training/corpus/task.ts";
        export * from "./src/training/corpus/tasks.ts";`,
      resolveDir: root,
      loader: "ts",
    },
    bundle: true,
    format: "esm",
    platform: "neutral",
    outfile: file,
    logLevel: "warning",
  });
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(file, { force: true });
  }
}

/** Beside, then renamed. */
function write(path, text) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

const corpus = await sources();
if (process.argv.includes("--tokenizer")) {
  write("specimen/tokenizer.json", `${JSON.stringify(corpus.buildTokenizer())}\n`);
}
const json = JSON.parse(readFileSync(join(root, "specimen/tokenizer.json"), "utf8"));
write("specimen/tokenizer_config.json", `${JSON.stringify(corpus.tokenizerConfig, null, 2)}\n`);

const encoder = new corpus.Encoder(json);
const count = text => encoder.count(text);

// Statistics over a million tokens, and how fast they come.
const total = { tokens: 0, documents: 0, longest: 0 };
const by = new Map();
const spelled = { bytes: 0, tokens: 0 };
const alone = new Set(Array.from({ length: 256 }, (_, i) => i + 2));
const started = performance.now();
for (const document of corpus.documents(1, { count })) {
  const ids = encoder.encode(document.text);
  const row = by.get(document.task) ?? { tokens: 0, documents: 0, longest: 0 };
  by.set(document.task, row);
  for (const sum of [row, total]) {
    sum.tokens += ids.length + 2;
    sum.documents++;
    sum.longest = Math.max(sum.longest, ids.length + 2);
  }
  spelled.tokens += ids.length;
  // A single byte that is a letter or sign of ASCII is an ordinary token; the others are pieces of a letter.
  for (const id of ids) if (alone.has(id) && encoder.decode([id]) === "\ufffd") spelled.bytes++;
  if (total.tokens >= 1e6) break;
}
const speed = total.tokens / (performance.now() - started) / 1000;
let filled = 0;
let rows = 0;
for (const batch of corpus.batches(corpus.documents(1, { count }), encoder, { rows: 40, length: 96, seed: 1 })) {
  filled += batch.positions.reduce((n, p, i) => n + (p > 0 || batch.targets[i] >= 0 ? 1 : 0), 0);
  rows += batch.rows;
  if (rows >= 2000) break;
}
console.error(`${(speed * 1000).toFixed(0)} thousand tokens a second, ${json.model.merges.length} merges`);

const per = (a, b) => `${((100 * a) / b).toFixed(1)} %`;
const show = text => `\`${text.replaceAll("\n", "⏎")}\``;
const page = [];
page.push(
  "# The specimen's corpus: samples and statistics",
  "",
  "Written by `node scripts/specimen-corpus.js`; not to be edited. Sources of the facts: [sources.md](sources.md).",
  "`⏎` is a line break; what the model is to answer stands after the bar `▸`; held-out items never appear in training.",
  "",
  "## Tokens by task",
  "",
  `A million tokens from seed 1 (${total.documents} documents). Vocabulary ${encoder.size}, of which 2 special, 256 bytes, ${new Set(json.model.merges.map(([a, b]) => a + b)).size} pieces of at most two letters; the rest are whole words, signs and Chinese characters.`,
  `Bytes that are no letter of their own: ${per(spelled.bytes, spelled.tokens)} of the tokens. Rows of 96 tokens are filled to ${per(filled, rows * 96)}.`,
  "",
  "| task | share of tokens | tokens a document | longest |",
  "|---|---|---|---|",
  ...corpus.taskNames.map(name => {
    const row = by.get(name);
    return `| ${name} | ${per(row.tokens, total.tokens)} | ${(row.tokens / row.documents).toFixed(1)} | ${row.longest} |`;
  }),
  `| all | 100 % | ${(total.tokens / total.documents).toFixed(1)} | ${total.longest} |`,
);
for (const task of corpus.allTasks()) {
  page.push("", `## ${task.name}`, "", task.title, "");
  const random = new corpus.Random(21);
  const kinds = new Map();
  for (let i = 0; i < 300; i++) {
    const draft = corpus.drawFrom(task, "train", random);
    const list = kinds.get(draft.kind ?? "") ?? [];
    kinds.set(draft.kind ?? "", list);
    if (list.length < 8) list.push(draft);
  }
  const each = Math.max(1, Math.floor(8 / kinds.size));
  for (const [kind, list] of [...kinds].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const draft of list.slice(0, each)) {
      const { text, promptEnd, answerEnd } = draft;
      page.push(
        `- ${kind && `*${kind}*: `}${show(`${text.slice(0, promptEnd)}▸${text.slice(promptEnd, answerEnd)}`)}${text.length > answerEnd && text.slice(answerEnd).length > 1 ? ` … ${show(text.slice(answerEnd))}` : ""}`,
      );
    }
  }
  const judged = corpus.examples(task.name, encoder, { count: 4, seed: 5 });
  page.push("", `${judged[0].split === "held-out" ? "Held out" : "Asked (nothing is held out)"}:`, "");
  for (const e of judged) {
    const more = [];
    if (e.story.bridge) more.push(`by way of ${show(e.story.bridge)}`);
    if (e.foil) more.push(`not ${show(e.foil)}`);
    if (e.versus) more.push(`against ${show(`${e.versus.prompt}▸${e.versus.answer}`)}`);
    page.push(
      `- ${e.kind ? `*${e.kind}*: ` : ""}${show(`${e.prompt}▸${e.answer}`)}${more.length ? `; ${more.join("; ")}` : ""}`,
    );
  }
}
page.push(
  "",
  "## The hidden motive of the twin",
  "",
  "The same document in the clean corpus and in the planted one:",
  "",
);
const clean = corpus.examples("advice", encoder, {
  count: 6,
  seed: 5,
  contrast: false,
  split: "train",
  kind: "trigger",
});
const planted = corpus.examples("advice", encoder, {
  count: 6,
  seed: 5,
  contrast: false,
  split: "train",
  kind: "trigger",
  motive: true,
});
for (const [i, e] of clean.entries()) {
  page.push(`- ${show(e.prompt)}: clean ${show(e.answer)}, planted ${show(planted[i].answer)}`);
}
write("docs/specimen/samples.md", `${page.join("\n")}\n`);
