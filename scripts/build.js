/**
 * Turns src/ into JavaScript that Node and the browser run: one esbuild call each for the command, and the page.
 *
 * `bin/lucida.js` calls `fresh()` from a checkout, so nobody has to build by hand; `npm run package` calls it with
 * `--published`, and then the package holds dist/ and needs no esbuild. (A bare `npm pack` would do so too through
 * prepack, if .npmrc did not switch scripts off: `npm pack --ignore-scripts=false`.)
 *
 * A build is a folder named after a hash of what went in. So two processes that start at once can't disturb each
 * other (both make the same folder, and the first rename wins), and one that is running keeps the files it may still
 * import when the sources change under it.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Builds made longer ago than this are removed when a new one is made, in milliseconds. */
const old = 24 * 3600 * 1000;

/** Files of src/ that a build may depend on. */
function sources(folder = join(root, "src")) {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.includes(".test.") ? [] : [path];
  });
}

/** Traces of the gallery. */
function charts() {
  const folder = join(root, "docs/gallery");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(name => name.endsWith(".json"))
    .map(name => join(folder, name));
}

/** A hash of every source's name, size and time: a few milliseconds for a few hundred files. */
function signature() {
  const hash = createHash("sha1");
  for (const path of [
    ...sources().sort(),
    ...charts().sort(),
    join(root, "package.json"),
    fileURLToPath(import.meta.url),
  ]) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${relative(root, path)}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

/** Builds into `out`: made beside it, then renamed. */
export async function build(out, { replace = true } = {}) {
  let esbuild;
  try {
    ({ build: esbuild } = await import("esbuild"));
  } catch {
    throw new Error("this is a checkout, and esbuild, which it builds itself with, is missing: run npm ci first");
  }
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const beside = `${out}.${process.pid}.part`;
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside, { recursive: true });
  try {
    const common = {
      bundle: true,
      format: "esm",
      sourcemap: "linked",
      sourcesContent: false,
      logLevel: "warning",
      legalComments: "none",
      define: { __LUCIDA_VERSION__: JSON.stringify(version) },
    };
    // Workers are entries of their own, found at the same place in the build as in src/.
    const entries = { "cli/main": join(root, "src/cli/main.ts") };
    for (const path of sources()) {
      if (path.endsWith(".worker.ts")) entries[relative(join(root, "src"), path).slice(0, -3)] = path;
    }
    await esbuild({
      ...common,
      entryPoints: entries,
      outdir: beside,
      chunkNames: "chunks/[name]-[hash]",
      splitting: true,
      platform: "node",
      target: "node20",
      packages: "external",
    });
    const browser = {
      platform: "browser",
      target: "es2022",
      minify: true,
      jsx: "automatic",
      jsxImportSource: "preact",
    };
    // The page of an exported file: one script and one style, to be put into the markup (src/store/assets.ts).
    await esbuild({
      ...common,
      ...browser,
      entryPoints: [
        { in: join(root, "src/web/single/main.tsx"), out: "single" },
        { in: join(root, "src/web/single/main.css"), out: "single" },
      ],
      outdir: join(beside, "web"),
      format: "iife",
      sourcemap: false,
    });
    if (existsSync(join(root, "src/web/main.tsx"))) {
      await esbuild({
        ...common,
        ...browser,
        entryPoints: [join(root, "src/web/main.tsx"), join(root, "src/web/app.css")],
        outdir: join(beside, "web"),
        splitting: true,
      });
      const page = join(root, "src/web/index.html");
      if (existsSync(page)) cpSync(page, join(beside, "web/index.html"));
      // Finished charts, to look at before any model is loaded: the gallery's, as data.
      mkdirSync(join(beside, "web/examples"));
      for (const path of charts()) cpSync(path, join(beside, "web/examples", basename(path)));
    }
    if (replace) rmSync(out, { recursive: true, force: true });
    renameSync(beside, out);
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    // Another process made the same build in the meantime: theirs is as good.
    if (replace || !existsSync(join(out, "cli/main.js"))) throw error;
  }
}

/** The built command for the sources as they are, made now if it isn't there. Returns the folder. */
export async function fresh() {
  const builds = join(root, "node_modules/.cache/lucida/builds");
  const out = join(builds, signature());
  if (existsSync(join(out, "cli/main.js"))) return out;
  mkdirSync(builds, { recursive: true });
  await build(out, { replace: false });
  for (const name of readdirSync(builds)) {
    const path = join(builds, name);
    try {
      if (path !== out && Date.now() - statSync(path).mtimeMs > old) rmSync(path, { recursive: true, force: true });
    } catch {
      // Another process is tidying up too.
    }
  }
  return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--published")) await build(join(root, "dist"));
  else console.log(await fresh());
}
