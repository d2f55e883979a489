/**
 * A process of its own for a model: what goes wrong in native code ends that process and not this one, and its memory
 * is managed for the work it does.
 */
import { type ChildProcess, fork } from "node:child_process";

/**
 * For glibc, unknown elsewhere. onnxruntime takes and gives back megabytes for every intermediate tensor; by default that
 * memory goes back to the system each time and is faulted in anew, page by page (a seventh of a trace's processor time).
 * What is larger than 32 MB still goes back at once, and the rest from half a gigabyte on.
 */
const allocator = {
  MALLOC_MMAP_THRESHOLD_: String(2 ** 25),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 29),
  MALLOC_TOP_PAD_: String(2 ** 26),
};

/**
 * Starts a built file that answers messages. A group's Ctrl-C reaches the process too, which leaves it to us (see
 * `belongsToParent`); its stdout is not ours to write on.
 */
export function modelProcess(entry: string): ChildProcess {
  return fork(entry, {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...allocator, ...process.env },
  });
}

/** Called in the process: it ends with the one that started it. Ctrl-C reaches both; who stops what is the parent's to say. */
export function belongsToParent(): void {
  process.on("disconnect", () => process.exit());
  process.on("SIGINT", () => {});
}

/** Ends it: asked first, and after five seconds not asked. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise(done => child.once("exit", done));
  if (child.connected) child.disconnect();
  const impatient = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await ended;
  clearTimeout(impatient);
}
