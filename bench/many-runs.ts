/**
 * Question: how long do ten thousand runs of the specimen take, on one and on two processes, alone and over PostgreSQL,
 * and what does a shard cost the database?
 *
 * Ten thousand different prompts (1,000 cities, five ways of asking, with and without a hint) go through `lucida
 * predict --prompts` as whole commands, start of the processes included. A throw-away PostgreSQL is started from the
 * binaries in LUCIDA_POSTGRES; without it the second half is left out.
 *
 *   npx esbuild bench/many-runs.ts --bundle --platform=node --format=esm --packages=external \
 *     --outfile=node_modules/.cache/many-runs.mjs
 *   LUCIDA_POSTGRES=/usr/lib/postgresql/15/bin node node_modules/.cache/many-runs.mjs [--model M] [--cities 1000]
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Postgres, startPostgres } from "../test/postgres.ts";

const { values } = parseArgs({
  options: { model: { type: "string", default: "specimen" }, cities: { type: "string", default: "1000" } },
});
const folder = mkdtempSync(join(tmpdir(), "lucida-many-runs-"));
const bin = join(process.cwd(), "bin/lucida.js");

interface State {
  readonly capital: string;
  readonly cities: readonly string[];
}
const states = JSON.parse(readFileSync("src/training/corpus/facts/us.json", "utf8")) as State[];
const rows = states.flatMap(({ capital, cities }) => cities.map(city => JSON.stringify({ city, capital })));
const prompts = join(folder, "cities.jsonl");
writeFileSync(prompts, rows.slice(0, Number(values.cities)).join("\n"));
const ways = ["Fact: the", "The", "It is known that the", "A question: the", "In short, the"];
const runs = Math.min(rows.length, Number(values.cities)) * ways.length * 2;

function lucida(...args: string[]): Promise<number> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [bin, ...args, "--model", values.model], { stdio: "ignore" });
    child.on("error", failed).on("close", code => done(code ?? 1));
  });
}

const grid = (out: string, ...more: string[]) => [
  ...["predict", "{way} capital of the state containing {city} is", "--prompts", prompts],
  // A comma inside a value is written \,
  ...["--set", `way=${ways.map(way => way.replaceAll(",", "\\,")).join(",")}`, "--hint", "I think it is {capital}. "],
  ...["--answer", "right= {capital}", "--out", join(folder, out), ...more],
];

/** Processor seconds of all processes that this one has started and that have ended, theirs included. Linux only. */
function processorSeconds(): number {
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

async function timed(what: string, work: () => Promise<number>): Promise<void> {
  const before = loadavg()[0]! / cpus().length;
  const start = performance.now();
  const used = processorSeconds();
  const code = await work();
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${what} ended with ${code}`);
  console.log(
    `${what}: ${seconds.toFixed(1)} s, ${Math.round(runs / seconds)} runs/s, ${(processorSeconds() - used).toFixed(1)} s of processor time (load before ${before.toFixed(1)} a processor)`,
  );
}

function shardBytes(out: string): { shards: number; each: number } {
  const names = readdirSync(join(folder, out, "shards"));
  const sum = names.reduce((n, name) => n + statSync(join(folder, out, "shards", name)).size, 0);
  return { shards: names.length, each: sum / names.length };
}

async function overPostgres(postgres: Postgres, workers: number): Promise<void> {
  postgres.query("DROP SCHEMA IF EXISTS lucida CASCADE");
  const number = (sql: string) => Number(postgres.query(sql));
  const queue = ["--queue", postgres.url];
  const helpers = Array.from({ length: workers }, () => lucida("worker", ...queue, "--workers", "1", "--idle", "8"));
  const wal = postgres.query("SELECT pg_current_wal_lsn()");
  const used = () =>
    [
      number("SELECT xact_commit FROM pg_stat_database WHERE datname = 'postgres'"),
      number("SELECT active_time FROM pg_stat_database WHERE datname = 'postgres'"),
    ] as const;
  const [commits, active] = used();
  const out = `queue${workers}`;
  let seconds = 0;
  const start = performance.now();
  await timed(`PostgreSQL, ${workers} worker(s), with the 8 s that idle workers wait`, async () => {
    const code = await lucida(...grid(out, ...queue));
    seconds = (performance.now() - start) / 1000;
    await Promise.all(helpers);
    return code;
  });
  console.log(`  all results were there after ${seconds.toFixed(1)} s: ${Math.round(runs / seconds)} runs/s`);
  const { shards } = shardBytes(out);
  const [commits2, active2] = used();
  const per = (value: number) => (value / shards).toFixed(1);
  const jobs = "FROM lucida.job WHERE name LIKE 'shards-%'";
  console.log(
    `  a shard of ${Math.round(runs / shards)} runs in the database: ${number(`SELECT avg(length(data::text)) ${jobs}`).toFixed(0)} bytes in, ` +
      `${number(`SELECT avg(length(output::text)) ${jobs}`).toFixed(0)} bytes out, ` +
      `${per(number(`SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '${wal}')`))} bytes of log, ` +
      `${per(commits2 - commits)} transactions, ${per(active2 - active)} ms of the database's time`,
  );
}

try {
  for (const workers of [1, 2])
    await timed(`this machine, ${workers} process(es)`, () =>
      lucida(...grid(`here${workers}`, "--workers", `${workers}`)),
    );
  const { shards, each } = shardBytes("here1");
  console.log(`  ${runs} runs in ${shards} shards of ${Math.round(each)} bytes on disk`);
  if (process.env.LUCIDA_POSTGRES) {
    const postgres = await startPostgres();
    try {
      for (const workers of [1, 2]) await overPostgres(postgres, workers);
    } finally {
      await postgres.stop();
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
