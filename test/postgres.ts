/**
 * A PostgreSQL of the test's own: a throw-away cluster in a temporary folder, on loopback, started from the binaries in
 * the folder LUCIDA_POSTGRES. PostgreSQL refuses to run as root; there it runs as the user "postgres" or "nobody".
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Postgres {
  readonly url: string;
  /** Stops it, at once but in order, and starts it again after `ms`. */
  restart(ms?: number): Promise<void>;
  /** Runs a statement, and gives what psql prints, unaligned. */
  query(sql: string): string;
  stop(): Promise<void>;
}

function user(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    const number = (flag: string) => Number(spawnSync("id", [flag, name], { encoding: "utf8" }).stdout);
    const [uid, gid] = [number("-u"), number("-g")];
    if (uid > 0) return { uid, gid };
  }
  throw new Error("PostgreSQL does not run as root, and there is no user postgres or nobody");
}

export async function startPostgres(): Promise<Postgres> {
  const bin = process.env.LUCIDA_POSTGRES;
  if (!bin)
    throw new Error("LUCIDA_POSTGRES is not set: `node scripts/test.js postgres` finds the folder and runs this");
  const folder = mkdtempSync(join(tmpdir(), "lucida-postgres-"));
  const as = { ...user(), cwd: folder, env: { ...process.env, LC_ALL: "C.UTF-8" } };
  if (as.uid !== undefined) chownSync(folder, as.uid, as.gid!);
  const data = join(folder, "data");
  const made = spawnSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "lucida", "-A", "trust", "-E", "UTF8", "--no-sync"],
    as,
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await freePort();
  const url = `postgres://lucida@127.0.0.1:${port}/postgres`;
  let server: ChildProcess | undefined;

  const start = async () => {
    const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", `port=${port}`, "max_connections=60"];
    const args = ["-D", data, ...settings.flatMap(setting => ["-c", setting])];
    server = spawn(join(bin, "postgres"), args, { ...as, stdio: "ignore" });
    for (let i = 0; ; i++) {
      const ready = spawnSync(join(bin, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", `${port}`]);
      if (ready.status === 0) return;
      if (i > 300 || server.exitCode !== null) throw new Error("PostgreSQL did not start");
      await new Promise(done => setTimeout(done, 100));
    }
  };
  const halt = () =>
    new Promise<void>(done => {
      if (!server || server.exitCode !== null || server.signalCode !== null) return done();
      server.once("exit", () => done());
      // A "fast" shutdown: connections are cut, what is under way is rolled back.
      server.kill("SIGINT");
    });
  await start();
  return {
    url,
    async restart(ms = 0) {
      await halt();
      await new Promise(done => setTimeout(done, ms));
      await start();
    },
    query: sql => execFileSync(join(bin, "psql"), ["-XAtq", url, "-c", sql], { encoding: "utf8" }).trim(),
    async stop() {
      await halt();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer().on("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
