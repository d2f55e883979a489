/**
 * `npm test`: every group of checks, in order, and one line at the end: "N passed, N failed".
 *
 *   lint      biome over everything
 *   types     the four rings, one tsc each
 *   unit      tests that need nothing
 *   browser   tests that need Chromium
 *   postgres  tests that need PostgreSQL's binaries (they start a server of their own, on loopback)
 *   real      tests that need real weights (350 MB, fetched once)
 *
 * `node scripts/test.js lint unit` runs only those. A group whose needs this machine can't meet is reported with the
 * way to meet them, and is a failure where CI=true: nobody should believe in checks that didn't run.
 */
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { fetchWeights } from "./fetch-weights.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const ci = /^(1|true)$/i.test(process.env.CI ?? "");
const children = new Set();
const stop = new AbortController();

/** Ctrl-C and friends: tell the children, give them five seconds to tidy up, then leave. */
for (const [name, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
]) {
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(code);
    stop.abort();
    for (const child of children) child.kill(name);
    setTimeout(() => {
      for (const child of children) child.kill("SIGKILL");
    }, 5000).unref();
    process.exitCode = code;
  });
}

/** Runs one of the package's own tools (under this Node, so no shell and no npx) and gives its exit code. */
function tool(script, args, { env = {}, quiet = false } = {}) {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(root, "node_modules", script), ...args], {
      cwd: root,
      stdio: ["ignore", quiet ? "pipe" : "inherit", quiet ? "pipe" : "inherit"],
      env: { ...process.env, ...env },
    });
    children.add(child);
    let said = "";
    child.stdout?.on("data", data => (said += data));
    child.stderr?.on("data", data => (said += data));
    child.on("error", failed);
    child.on("close", (code, signal) => {
      children.delete(child);
      done({ ok: code === 0, code: code ?? signal, said });
    });
  });
}

async function lint() {
  const { ok } = await tool("@biomejs/biome/bin/biome", ["ci", "."]);
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
}

async function types() {
  const cache = join(root, "node_modules/.cache/lucida/types");
  mkdirSync(cache, { recursive: true });
  const rings = ["pure", "node", "web", "test"];
  let passed = 0;
  // Two at a time: a ring takes one core and some 400 MB.
  await Promise.all(
    [0, 1].map(async () => {
      for (let ring = rings.shift(); ring && !stop.signal.aborted; ring = rings.shift()) {
        const { ok, said } = await tool(
          "typescript/bin/tsc",
          [
            "-p",
            `tsconfig.${ring}.json`,
            "--incremental",
            "--tsBuildInfoFile",
            join(cache, `${ring}.json`),
            ...(process.stdout.isTTY ? ["--pretty"] : []),
          ],
          { quiet: true },
        );
        if (ok) passed++;
        else if (!stop.signal.aborted) process.stdout.write(`types of the ${ring} ring:\n${said}`);
      }
    }),
  );
  return { passed, failed: 4 - passed };
}

/**
 * One vitest project. Files in which something failed are run once more, by themselves in a new process: a machine that
 * others use too can spoil what is timed. What passes then counts, and is named as unsteady: somebody should look.
 */
async function vitest(project, env) {
  const first = await vitestOnce(project, env, []);
  if (first.ok || stop.signal.aborted) return counted(first, new Map());
  console.log(`\n${project}: ${first.files.length || "all"} files once more, since something failed in them\n`);
  const again = await vitestOnce(project, env, first.files);
  if (first.files.length === 0) return counted(again, first.failures);
  // What the second run says of its files replaces what the first did.
  const ran = new Set(first.files);
  const elsewhere = first.tests.filter(test => !ran.has(test.file));
  return counted({ ...again, tests: [...elsewhere, ...again.tests] }, first.failures);
}

/** Runs the files `only` of a project, or all. `failures`: what went wrong, by name; `files`: those to run again, none for all. */
async function vitestOnce(project, env, only) {
  const work = mkdtempSync(join(tmpdir(), "lucida-test-"));
  const report = join(work, "report.json");
  try {
    const args = ["run", "--project", project, "--passWithNoTests", ...only];
    args.push("--reporter=default", "--reporter=json", `--outputFile.json=${report}`);
    const { ok } = await tool("vitest/vitest.mjs", args, { env });
    const tests = [];
    const failures = new Map();
    const unfinished = new Set();
    const fail = (file, name, message) => {
      failures.set(`${file} > ${name}`, firstLines(message));
      unfinished.add(file);
    };
    try {
      for (const module of JSON.parse(readFileSync(report, "utf8")).testResults) {
        const file = relative(root, module.name);
        for (const { status, fullName, failureMessages } of module.assertionResults) {
          tests.push({ file, status });
          if (status === "failed") fail(file, fullName, failureMessages?.[0]);
          // Where a process died, what it still had before it is neither passed nor failed.
          else if (status !== "passed") unfinished.add(file);
        }
        // A file that could not even be loaded has no tests to count.
        if (module.status === "failed" && !unfinished.has(file)) {
          tests.push({ file, status: "failed" });
          fail(file, "could not be loaded", module.message);
        }
      }
    } catch {
      // No report: vitest itself fell over, which the exit code tells.
    }
    // Without a failed test it may be any file's fault, also one whose tests all passed: then all run again.
    const files = failures.size > 0 ? [...unfinished] : [];
    if (!ok && failures.size === 0)
      failures.set([...unfinished].join(", ") || "somewhere", "an error that nobody caught, or a process that ended");
    return { ok, tests, failures, files };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A group's counts; `before` are the failures of a first run, of which some have passed since. */
function counted({ ok, tests, failures }, before) {
  const passed = tests.filter(test => test.status === "passed").length;
  const failed = tests.filter(test => test.status === "failed").length;
  const skipped = tests.length - passed - failed;
  const unsteady = [...before].filter(([name]) => !failures.has(name));
  return {
    passed,
    failed: !ok && failed === 0 ? 1 : failed,
    note: tests.length === 0 ? "NO TESTS FOUND" : skipped ? `${skipped} skipped` : "",
    names: [
      ...[...failures].map(([name, message]) => `FAILED ${name}: ${message}`),
      ...unsteady.map(([name, message]) => `UNSTEADY, passed when run again: ${name}: ${message}`),
    ],
  };
}

/** What went wrong, short enough for the summary at the end. */
function firstLines(message = "no message") {
  return message.split("\n").slice(0, 4).join("\n    ").slice(0, 600);
}

/** Path of Chromium: $CHROMIUM, or one of the usual names on the PATH or in the usual places. */
function chromium() {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/snap/bin"];
  const candidates = [
    process.env.CHROMIUM,
    ...folders.flatMap(folder => names.map(name => join(folder, name))),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  ];
  return candidates.find(path => {
    try {
      if (path) accessSync(path, constants.X_OK);
      return Boolean(path);
    } catch {
      return false;
    }
  });
}

async function browser() {
  const path = chromium();
  if (!path)
    return { unmet: "there is no Chromium here", way: "apt-get install chromium, or set CHROMIUM to its path" };
  return vitest("browser", { CHROMIUM: path });
}

/** The folder of initdb and postgres: $LUCIDA_POSTGRES, Debian's, or what pg_config says. */
function postgresBin() {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const asked = spawnSync("pg_config", ["--bindir"], { encoding: "utf8" }).stdout?.trim();
  const folders = [process.env.LUCIDA_POSTGRES, ...versions.map(v => join(debian, v, "bin")), asked];
  return folders.find(folder => folder && existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

async function postgres() {
  const bin = postgresBin();
  if (!bin)
    return {
      unmet: "there is no PostgreSQL here",
      way: "apt-get install postgresql, or LUCIDA_POSTGRES=its bin folder",
    };
  return vitest("postgres", { LUCIDA_POSTGRES: bin });
}

async function real() {
  let folder;
  try {
    folder = await fetchWeights({ log: console.log, signal: stop.signal });
  } catch (error) {
    if (stop.signal.aborted) throw error;
    return { unmet: `the real weights could not be fetched: ${error.message}`, way: "node scripts/fetch-weights.js" };
  }
  return vitest("real", { LUCIDA_REAL: folder });
}

const groups = { lint, types, unit: () => vitest("unit", {}), browser, postgres, real };
const asked = process.argv.slice(2);
const unknown = asked.filter(name => !(name in groups));
if (unknown.length > 0) {
  console.error(`there is no group ${unknown.join(", ")}; there are ${Object.keys(groups).join(", ")}`);
  process.exit(2);
}

const lines = [];
const total = { passed: 0, failed: 0 };
for (const [name, group] of Object.entries(groups)) {
  if (stop.signal.aborted || (asked.length > 0 && !asked.includes(name))) continue;
  const start = performance.now();
  const before = lines.length;
  const result = await group().catch(error => {
    if (!stop.signal.aborted) console.error(error);
    return { passed: 0, failed: 1, note: "could not run" };
  });
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  if (result.unmet) {
    if (ci) total.failed++;
    lines.push(
      `${name.padEnd(8)} DID NOT RUN: ${result.unmet}\n${" ".repeat(9)}to run it: ${result.way}${ci ? " (a failure, since CI is set)" : ""}`,
    );
  } else {
    total.passed += result.passed;
    total.failed += result.failed;
    const counts = [`${result.passed} ok`, result.failed ? `${result.failed} FAILED` : "", result.note ?? "", seconds];
    lines.push(`${name.padEnd(8)} ${counts.filter(Boolean).join(" · ")}`);
    // Named again under the counts: the end of a long log is what people look at first, and often all that is kept.
    for (const said of result.names ?? []) lines.push(`  ${said}`);
  }
  console.log(lines.slice(before).join("\n"));
}

if (stop.signal.aborted) {
  console.log("stopped");
} else {
  if (lines.length > 1) console.log(`\n${lines.join("\n")}\n`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  if (total.failed > 0) process.exitCode = 1;
}
