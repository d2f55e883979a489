/**
 * `npm run specimen -- FOLDER`: everything that comes embedded, from nothing: the model (in two runs), its dictionaries, and
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
/** What goes on in a second run: gone when that is done, which remembers how it went. */
const first = { model: `${folder}.first`, dictionary: `${folder}.first-dictionaries` };

/** Steps of the two runs are the recipe's own (src/training/specimen.ts). */
const [steps, stepsMore] = [14_000, 2400];
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
/** Of the last finish: more of what still loses most. */
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
const tokens = whole => String(Math.round(whole * part));

function training(out, steps, more) {
  return [
    ...["train", "specimen", "--seed", values.seed, "--share-concepts", "--few-units", "0.03", ...more],
    ...(part < 1 ? ["--steps", String(Math.max(1, Math.round(steps * part)))] : []),
    ...["--out", out],
  ];
}

function dictionaries(out, shares, more) {
  return [
    ...["train", "dictionary", "--model", folder, "--corpus", "specimen", "--seed", values.seed],
    ...["--features", "1024", "--active", "32", "--rebuild", "2", ...more],
    ...Object.entries(shares).flatMap(([task, times]) => ["--share", `${task}=${times}`]),
    ...["--out", out],
  ];
}

/** A training's report is written when it is done, an index's manifest likewise. */
const reportOf = out => join(out, out === index ? "index.json" : "training.json");
const read = path => JSON.parse(readFileSync(path, "utf8"));

const jobs = [
  { out: first.model, unless: folder, command: training(first.model, steps, []) },
  { out: folder, before: first.model, command: training(folder, stepsMore, ["--from", first.model]) },
  {
    out: first.dictionary,
    unless: dictionary,
    // Layer by layer, then all in the MLPs' place, where another text's errors learn too.
    command: dictionaries(first.dictionary, shares, [
      ...["--tokens", tokens(2e6), "--finish", tokens(6e6), "--errors", "1.25"],
    ]),
  },
  {
    out: dictionary,
    before: first.dictionary,
    command: dictionaries(dictionary, sharesMore, [
      ...["--from", first.dictionary, "--finish", tokens(2e6), "--errors", "1.5", "--rate", "4e-4"],
    ]),
  },
  {
    out: index,
    command: [
      ...["index", "--model", folder, "--basis", dictionary, "--corpus", "specimen"],
      ...["--window", "24", "--tokens", tokens(200_000), "--out", index],
    ],
  },
];
for (const { out, unless, before, command } of jobs) {
  if (unless && existsSync(reportOf(unless))) continue;
  const report = reportOf(out);
  if (existsSync(report)) console.log(`${report} is there already`);
  else {
    const whole = existsSync(join(out, "training.checkpoint")) ? [...command, "--resume"] : command;
    console.log(`\nlucida ${whole.join(" ")}`);
    const { status } = spawnSync(process.execPath, [join(root, "bin/lucida.js"), ...whole], { stdio: "inherit" });
    if (status !== 0) process.exit(status ?? 1);
  }
  if (before && existsSync(before)) {
    writeFileSync(report, `${JSON.stringify({ ...read(report), from: read(reportOf(before)) }, null, 2)}\n`);
    rmSync(before, { recursive: true });
  }
}
