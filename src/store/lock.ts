/**
 * One process at a time: a file that holds the number of the process that made it. A lock whose process has ended
 * (a kill, a power cut) is taken over. For one machine; a network disk with two machines is not guarded.
 */
import { open, readFile, rm, stat } from "node:fs/promises";
import { systemProblem } from "./system-problem.ts";

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
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(`${process.pid}`);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw systemProblem(error, path, "write");
  }
  const holder = Number(await readFile(path, "utf8").catch(() => ""));
  // Empty: its maker is between the two lines above, unless it died there.
  const age =
    Date.now() -
    (await stat(path).then(
      info => info.mtimeMs,
      () => Date.now(),
    ));
  if (holder > 0 ? !alive(holder) : age > 5000) await rm(path, { force: true });
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
