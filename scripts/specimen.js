/**
 * `npm run specimen -- FOLDER`: everything that comes embedded, from nothing: the model (in three runs), its dictionaries, and
 * the index of their features with labels. The same seed gives the same weights on the same machine. Interrupted, the same
 * command goes on.
 *
 *   npm run specimen -- FOLDER [--seed 1] [--part 1]
 *
 * `--part 0.01` is a hundredth of everything, to see it run; what it makes knows nothing.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./build.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: "string", default: "1" }, part: { type: "string", default: "1" } },
});
const part = Number(values.part);
if (positionals.length !== 1 || !(part > 0 && part <= 1)) {
  console.error("npm run specimen -- FOLDER [--seed 1] [--part 1]: a folder to write to, and a part between 0 and 1");
  process.exit(2);
}
const folder = resolve(positionals[0]);
const dictionary = join(folder, "dictionaries/transcoders");
const index = join(folder, "index/transcoders");
/** What a later run goes on from: gone when that is done, which remembers how it went. */
const [firstModel, secondModel] = [1, 2].map(n => `${folder}.${n}`);
const dictionariesBefore = [1, 2, 3, 4].map(n => `${folder}.dictionaries.${n}`);

/** Steps of the runs are the recipe's own (src/training/specimen.ts). */
const steps = { first: 14_000, code: 2400, languages: 2400 };
/** How many times its share each task gets in what the dictionaries learn from: what is rare, and what depends on much. */
const shares = {
  "two-hop": 2,
  "one-hop": 1.3,
  people: 4,
  opposites: 4.5,
  "opposites-across": 2,
  translation: 3.5,
  categories: 4,
  attributes: 2.5,
  couplets: 1.5,
  bugs: 2,
  later: 3,
  years: 2,
  hard: 1.4,
  hints: 1.5,
};
/** Of later finishes: more of what still loses most. */
const sharesMore = {
  ...shares,
  "two-hop": 2.5,
  opposites: 6,
  translation: 4,
  attributes: 3.5,
  years: 2.5,
  hints: 2,
  sums: 1.3,
};
/** Of the last. */
const sharesLast = {
  ...sharesMore,
  "two-hop": 3,
  people: 2.5,
  translation: 7,
  categories: 3,
  attributes: 4,
  couplets: 2,
};
/** As few as an index takes, at least. */
const tokens = whole => String(Math.max(100, Math.round(whole * part)));

const training = (steps, fewUnits, ...more) => [
  ...["train", "specimen", "--seed", values.seed, "--share-concepts", "--few-units", fewUnits, ...more],
  ...(part < 1 ? ["--steps", String(Math.max(1, Math.round(steps * part)))] : []),
];

/**
 * @param texts which texts of the corpus: each training has its own
 * @param layers tokens that the layers learn from by themselves; `finish`, all together, where another text's errors learn too
 */
const dictionaries = (model, texts, shares, { layers, finish, errors }, ...more) => [
  ...["train", "dictionary", "--model", model, "--corpus", "specimen", "--seed", String(Number(values.seed) + texts)],
  ...["--features", "1024", "--active", "32", "--rebuild", "2"],
  ...(layers ? ["--tokens", tokens(layers)] : []),
  ...["--finish", tokens(finish), "--errors", String(errors), ...more],
  ...Object.entries(shares).flatMap(([task, times]) => ["--share", `${task}=${times}`]),
];

const slower = ["--rate", "4e-4"];
const answersMostly = [...slower, "--answers", "0.8"];

/** In this order; of one kind each goes on from the one before, whose place it takes. */
const jobs = [
  { of: "model", out: firstModel, command: training(steps.first, "0.03") },
  { of: "model", out: secondModel, command: training(steps.code, "0.03", "--onward", "code") },
  {
    of: "dictionary",
    out: dictionariesBefore[0],
    command: dictionaries(secondModel, 0, shares, { layers: 2e6, finish: 6e6, errors: 1.25 }),
  },
  {
    of: "dictionary",
    out: dictionariesBefore[1],
    command: dictionaries(secondModel, 0, sharesMore, { finish: 2e6, errors: 1.5 }, ...slower),
  },
  { of: "model", out: folder, command: training(steps.languages, "0.015", "--onward", "languages") },
  {
    of: "dictionary",
    out: dictionariesBefore[2],
    command: dictionaries(folder, 1, sharesMore, { layers: 1e6, finish: 6e6, errors: 1.5 }, ...answersMostly),
  },
  {
    of: "dictionary",
    out: dictionariesBefore[3],
    command: dictionaries(folder, 2, sharesMore, { layers: 1e6, finish: 2e6, errors: 1.25 }, ...answersMostly),
  },
  {
    of: "dictionary",
    out: dictionary,
    command: dictionaries(folder, 3, sharesLast, { finish: 3.5e6, errors: 1.25 }, ...answersMostly),
  },
  {
    of: "index",
    out: index,
    command: [
      ...["index", "--model", folder, "--basis", dictionary, "--corpus", "specimen"],
      ...["--window", "24", "--tokens", tokens(140_000)],
    ],
  },
];

/** A training's report is written when it is done, an index's manifest likewise. */
const reportOf = out => join(out, out === index ? "index.json" : "training.json");
const isDone = ({ out }) => existsSync(reportOf(out));
const read = path => JSON.parse(readFileSync(path, "utf8"));

for (const [i, job] of jobs.entries()) {
  const alike = other => other.of === job.of;
  if (jobs.slice(i + 1).some(other => alike(other) && isDone(other))) continue;
  const before = jobs.slice(0, i).findLast(alike)?.out;
  const report = reportOf(job.out);
  if (isDone(job)) console.log(`${report} is there already`);
  else {
    const goesOn = [
      ...(before ? ["--from", before] : []),
      ...(existsSync(join(job.out, "training.checkpoint")) ? ["--resume"] : []),
    ];
    const whole = [...job.command, ...goesOn, "--out", job.out];
    console.log(`\nlucida ${whole.join(" ")}`);
    const { status } = spawnSync(process.execPath, [join(root, "bin/lucida.js"), ...whole], { stdio: "inherit" });
    if (status !== 0) process.exit(status ?? 1);
  }
  if (before && existsSync(before)) {
    // In one line: it comes along, and the histories of all runs are long.
    writeFileSync(report, `${JSON.stringify({ ...read(report), from: read(reportOf(before)) })}\n`);
    rmSync(before, { recursive: true });
  }
}
