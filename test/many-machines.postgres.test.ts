/**
 * A grid done by workers over PostgreSQL, as whole commands: one worker is killed in the midst of a shard, the database
 * is restarted, and what comes out is what one process gives, every run once.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Postgres, startPostgres } from "./postgres.ts";

const bin = resolve(import.meta.dirname, "../bin/lucida.js");
const folder = mkdtempSync(join(tmpdir(), "lucida-machines-"));
let postgres: Postgres;
const children: ChildProcess[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; err: string }>;
}

function lucida(...args: string[]): Running {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  children.push(child);
  let err = "";
  child.stderr!.on("data", data => (err += data));
  return { child, ended: new Promise(done => child.on("close", code => done({ code, err }))) };
}

const until = async (what: string, holds: () => boolean) => {
  for (let i = 0; !holds(); i++) {
    if (i > 1200) throw new Error(`it never came to this: ${what}; shards are ${JSON.stringify(counts())}`);
    await new Promise(done => setTimeout(done, 100));
  }
};

/** Shards in the database by state; none before whoever comes first has made the tables. */
const counts = (): Record<string, number> => {
  if (postgres.query("SELECT to_regclass('lucida.job')") === "") return {};
  const sql = "SELECT state, count(*) FROM lucida.job WHERE name LIKE 'shards-%' GROUP BY state";
  const rows = postgres.query(sql).split("\n").filter(Boolean);
  return Object.fromEntries(rows.map(row => row.split("|")).map(([state, n]) => [state, Number(n)]));
};

/** Each shard's file by name. */
const shards = (name: string) =>
  Object.fromEntries(
    readdirSync(join(folder, name, "shards"))
      .sort()
      .map(file => [file, readFileSync(join(folder, name, "shards", file), "utf8")]),
  );

const cities = "Dallas,Houston,Fresno,Oakland,Miami,Tampa,Chicago,Denver,Seattle,Phoenix".split(",");
/** So many that the two workers are seen at it together, also on a fast machine. */
const seeds = Array.from({ length: 16 }, (_, i) => i + 1);
const pieces = (cities.length * 3 * seeds.length) / 4;
const grid = (out: string, ...more: string[]) => [
  ...["generate", "Fact: the capital of the {kind} containing {city} is", "--set", `city=${cities.join(",")}`],
  ...["--set", "kind=state,place,land", "--seeds", seeds.join(","), "--temperature", "1.5", "--tokens", "40"],
  ...["--shard", "4", "--out", join(folder, out), ...more],
];

const atWork = () =>
  until("both workers at it, and something done", () => {
    const { active = 0, completed = 0 } = counts();
    return active === 2 && completed > 1;
  });

test("a worker killed mid-shard and a database restarted: nothing lost, nothing doubled, the same results", async () => {
  const alone = await lucida(...grid("alone", "--workers", "1")).ended;
  expect(alone.code, alone.err).toBe(0);

  const queue = ["--queue", postgres.url, "--lease", "3"];
  const asking = lucida(...grid("together", ...queue));
  const worker = () => lucida("worker", ...queue, "--workers", "1");
  const [first, second] = [worker(), worker()];
  const early = await Promise.race([
    Promise.race([first.ended, second.ended]).then(({ err }) => `a worker ended by itself: ${err}`),
    atWork(),
  ]);
  expect(early).toBeUndefined();
  first.child.kill("SIGKILL");
  const atKill = counts();
  expect(atKill.completed!).toBeLessThan(pieces);
  await postgres.restart(1_500);
  const asked = await asking.ended;
  expect(asked.code, asked.err).toBe(0);
  expect(shards("together")).toEqual(shards("alone"));
  expect(readFileSync(join(folder, "together/results.jsonl"), "utf8")).toBe(
    readFileSync(join(folder, "alone/results.jsonl"), "utf8"),
  );
  // Each shard once, and one of them at its second attempt.
  expect(counts()).toEqual({ completed: pieces });
  const attempts = postgres.query("SELECT sum(retry_count) FROM lucida.job WHERE name LIKE 'shards-%'");
  expect(Number(attempts)).toBeGreaterThanOrEqual(1);

  second.child.kill("SIGINT");
  const stopped = await second.ended;
  expect(stopped.code).toBe(130);
  expect(stopped.err).toMatch(/runs done, in \d+ pieces/);
});
