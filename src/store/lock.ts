/**
 * One process at a time: a file that its holder touches every few seconds. A lock that nobody has touched for a while
 * is taken over (a kill, a power cut), at once when its process is known to be gone.
 *
 * Not by the process number alone: numbers are reused, in containers within seconds.
 */
import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { systemProblem } from "./system-problem.ts";

/** How often a holder shows that it lives, and how long a silent one is believed, in milliseconds. */
const touchEvery = 5_000;
const believedFor = 30_000;

/** Waits for the lock at `path`, runs `work`, and lets go. `waiting` is called once if somebody else has it. */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: { signal?: AbortSignal; waiting?: () => void } = {},
): Promise<T> {
  for (let told = false; !(await take(path)); ) {
    options.signal?.throwIfAborted();
    if (!told) options.waiting?.();
    told = true;
    await new Promise(done => setTimeout(done, 250));
  }
  const touch = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, touchEvery);
  touch.unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(`${process.pid} ${hostname()}`);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw systemProblem(error, path, "write");
  }
  const [pid, host] = (await readFile(path, "utf8").catch(() => "")).split(" ");
  const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
  const gone = host === hostname() && !alive(Number(pid));
  if (gone || age > believedFor) await rm(path, { force: true });
  return false;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
