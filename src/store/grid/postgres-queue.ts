/**
 * A queue on PostgreSQL, through pg-boss: it keeps the tables, hands each shard to one worker, counts attempts, retries,
 * and archives. Shards and results travel packed, so workers need no disk in common; a job's id is its shard's hash, so
 * adding twice is adding once.
 *
 * pg-boss gives no way to hold a job for longer, nor to read many results at once: for `renew`, `release` and `outcomes`
 * its tables are read and written here, which is why its version is pinned.
 */
import type PgBoss from "pg-boss";
import { Problem } from "../../core/problem.ts";
import { type RunResult, resultFormat } from "../../studies/grid/result.ts";
import type { Shard } from "../../studies/grid/shard.ts";
import { type Packed, pack, unpack } from "./packed.ts";
import { patiently } from "./patiently.ts";
import { attempts, type Lease, type Outcome, type ShardQueue } from "./queue.ts";

export interface PostgresOptions {
  /** Which model's shards: a queue of its own for each, so that a worker gets none that it cannot do. */
  readonly identity: string;
  readonly leaseMs?: number;
  /** Milliseconds for which the database may be away before that is a Problem. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly note?: ((text: string) => void) | undefined;
}

/** Jobs in one statement: some hundred kilobytes. */
const together = 50;
const schema = "lucida";

/** Throws a Problem when the address is none, the database cannot be reached, or pg-boss is not installed. */
export async function openPostgresQueue(url: string, options: PostgresOptions): Promise<ShardQueue> {
  checkAddress(url);
  const Boss = await pgBoss();
  const { leaseMs = 60_000 } = options;
  const boss = new Boss({
    connectionString: url,
    application_name: "lucida",
    schema,
    max: 4,
    connectionTimeoutMillis: 5_000,
    schedule: false,
    supervise: true,
    maintenanceIntervalSeconds: 600,
    // Results stay for whoever asks for the same shards within a week; then they are archived, and later removed.
    archiveCompletedAfterSeconds: 7 * 24 * 3600,
  } as PgBoss.ConstructorOptions);
  // A lost connection is met where it is used, and tried again there.
  boss.on("error", () => {});
  const patience = {
    ms: options.patienceMs ?? 120_000,
    address: shownAddress(url),
    signal: options.signal,
    note: options.note,
  };
  const name = `shards-${resultFormat}-${options.identity.slice(0, 32)}`;
  try {
    await patiently(patience, () => boss.start());
    await patiently(patience, () =>
      boss.createQueue(name, {
        name,
        retryLimit: attempts - 1,
        retryDelay: 0,
        retentionMinutes: 14 * 24 * 60,
      }),
    );
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => {});
    throw error;
  }
  return new PostgresQueue(boss, name, leaseMs, patience);
}

type Patience = Parameters<typeof patiently>[0];

class PostgresQueue implements ShardQueue {
  readonly leaseMs: number;
  private readonly boss: PgBoss;
  private readonly name: string;
  private readonly patience: Patience;
  private expired = 0;

  constructor(boss: PgBoss, name: string, leaseMs: number, patience: Patience) {
    this.boss = boss;
    this.name = name;
    this.leaseMs = leaseMs;
    this.patience = patience;
  }

  async add(shards: readonly Shard[]): Promise<void> {
    for (let i = 0; i < shards.length; i += together) {
      const some = shards.slice(i, i + together);
      // A shard that was set aside is tried anew.
      await this.sql(`DELETE FROM ${schema}.job WHERE name = $1 AND id = ANY($2::uuid[]) AND state = 'failed'`, [
        this.name,
        some.map(s => idOf(s.hash)),
      ]);
      const expireInSeconds = this.leaseMs / 1000;
      const jobs = some.map(shard => ({ name: this.name, id: idOf(shard.hash), data: pack(shard), expireInSeconds }));
      await patiently(this.patience, () => this.boss.insert(jobs));
    }
  }

  async take(): Promise<Lease | undefined> {
    await this.expire();
    const [job] = await patiently(this.patience, () =>
      this.boss.fetch<Packed>(this.name, { batchSize: 1, includeMetadata: true }),
    );
    // fetch() answers "none" when the database is away; this does not.
    if (!job) await this.sql("SELECT 1", []);
    return job && { shard: unpack<Shard>(job.data), attempt: job.retryCount + 1 };
  }

  async renew(lease: Lease): Promise<boolean> {
    const rows = await this.sql(
      `UPDATE ${schema}.job SET started_on = now() WHERE ${held} RETURNING id`,
      this.own(lease),
    );
    return rows.length > 0;
  }

  async complete(lease: Lease, results: readonly RunResult[]): Promise<boolean> {
    if (!(await this.renew(lease))) return false;
    const done = await patiently(this.patience, () =>
      this.boss.complete(this.name, idOf(lease.shard.hash), pack(results)),
    );
    return (done as unknown as { affected: number }).affected > 0;
  }

  async fail(lease: Lease, why: string): Promise<void> {
    if (!(await this.renew(lease))) return;
    await patiently(this.patience, () => this.boss.fail(this.name, idOf(lease.shard.hash), pack({ why })));
  }

  async release(lease: Lease): Promise<void> {
    // The next fetch counts an attempt where one was started; so this one is taken off again.
    await this.sql(
      `UPDATE ${schema}.job SET state = 'retry', started_on = CASE WHEN retry_count > 0 THEN started_on END,
       retry_count = GREATEST(retry_count - 1, 0) WHERE ${held}`,
      this.own(lease),
    );
  }

  async outcomes(hashes: readonly string[]): Promise<Outcome[]> {
    const ids = new Map(hashes.map(hash => [idOf(hash), hash]));
    const from = (table: string) =>
      `SELECT id, state::text AS state, output FROM ${schema}.${table}
       WHERE name = $1 AND id = ANY($2::uuid[]) AND state IN ('completed', 'failed')`;
    const rows = await this.sql(`${from("job")} UNION ALL ${from("archive")} LIMIT ${together}`, [
      this.name,
      [...ids.keys()],
    ]);
    return rows.map((row): Outcome => {
      const hash = ids.get(String(row.id))!;
      if (row.state === "completed") return { hash, results: unpack<RunResult[]>(row.output as Packed) };
      const packed = row.output as Partial<Packed> | null;
      return { hash, setAside: packed?.gz ? unpack<{ why: string }>({ gz: packed.gz }).why : "the worker fell silent" };
    });
  }

  /** Others may be waiting for the same shards; pg-boss archives what is done, and removes it later. */
  async forget(): Promise<void> {}

  async close(): Promise<void> {
    await this.boss.stop({ graceful: false, close: true }).catch(() => {});
  }

  /** Leases that ran out are taken back, by whoever asks next. */
  private async expire(): Promise<void> {
    if (Date.now() - this.expired < this.leaseMs / 4) return;
    this.expired = Date.now();
    await patiently(this.patience, () => this.boss.expire());
  }

  private own(lease: Lease): unknown[] {
    return [this.name, idOf(lease.shard.hash), lease.attempt - 1];
  }

  private async sql(text: string, values: unknown[]): Promise<Record<string, unknown>[]> {
    const result = await patiently(this.patience, () => this.boss.getDb().executeSql(text, values));
    return result.rows as Record<string, unknown>[];
  }
}

/** The lease is still the caller's: the attempt counts up each time a shard is taken. */
const held = "name = $1 AND id = $2 AND state = 'active' AND retry_count = $3";

/** A job's id: the first half of the shard's hash. */
const idOf = (hash: string): string =>
  [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join("-");

async function pgBoss(): Promise<typeof PgBoss> {
  try {
    return (await import("pg-boss")).default;
  } catch (cause) {
    throw new Problem("a queue on PostgreSQL needs pg-boss, which is not installed", {
      advice: "npm install pg-boss@10.4.2",
      cause,
    });
  }
}

function checkAddress(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && /^postgres(ql)?:$/.test(parsed.protocol)) return;
  throw new Problem(`${JSON.stringify(url.slice(0, 60))} is no address of a PostgreSQL database`, {
    advice: "--queue postgres://user@host:5432/database",
  });
}

/** Without the password. */
function shownAddress(url: string): string {
  const shown = new URL(url);
  if (shown.password) shown.password = "…";
  return decodeURI(shown.href);
}
