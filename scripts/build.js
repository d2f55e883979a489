/**
 * Turns src/ into JavaScript that Node and the browser run: one esbuild call each for the command, and the page.
 *
 * `bin/lucida.js` calls `fresh()` from a checkout, so nobody has to build by hand; `npm pack` calls it with
 * `--published`, and then the package holds dist/ and needs no esbuild.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Newest change under src/, as "count:newest mtime": two milliseconds for a few hundred files. */
function signature() {
  let newest = 0;
  let count = 0;
  const walk = folder => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (!entry.name.includes(".test.")) {
        count++;
        newest = Math.max(newest, statSync(path).mtimeMs);
      }
    }
  };
  walk(join(root, "src"));
  for (const file of ["package.json", "scripts/build.js"])
    newest = Math.max(newest, statSync(join(root, file)).mtimeMs);
  return `${count}:${newest}`;
}

/** Builds into `out` (beside, then renamed). */
export async function build(out) {
  const { build: esbuild } = await import("esbuild");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const beside = `${out}.${process.pid}`;
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside, { recursive: true });
  const common = {
    bundle: true,
    format: "esm",
    sourcemap: "linked",
    logLevel: "warning",
    legalComments: "none",
    define: { __LUCIDA_VERSION__: JSON.stringify(version) },
  };
  const entries = { "cli/main": "src/cli/main.ts" };
  for (const name of readdirSync(join(root, "src/server")).concat(
    readdirSync(join(root, "src/store")).map(n => `../store/${n}`),
  )) {
    const path = join("src/server", name);
    if (name.endsWith(".worker.ts")) entries[path.replace(/^src\//, "").replace(/\.ts$/, "")] = path;
  }
  await esbuild({
    ...common,
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, join(root, path)])),
    outdir: beside,
    splitting: true,
    platform: "node",
    target: "node20",
    packages: "external",
  });
  if (existsSync(join(root, "src/web/main.tsx"))) {
    await esbuild({
      ...common,
      entryPoints: [join(root, "src/web/main.tsx")],
      outdir: join(beside, "web"),
      platform: "browser",
      target: "es2022",
      splitting: true,
      minify: true,
      jsx: "automatic",
      jsxImportSource: "preact",
    });
    for (const name of ["index.html"]) {
      if (existsSync(join(root, "src/web", name))) cpSync(join(root, "src/web", name), join(beside, "web", name));
    }
  }
  rmSync(out, { recursive: true, force: true });
  mkdirSync(dirname(out), { recursive: true });
  try {
    renameSync(beside, out);
  } catch (error) {
    // Another process built the same thing in the meantime: theirs is as good.
    if (!existsSync(join(out, "cli/main.js"))) throw error;
    rmSync(beside, { recursive: true, force: true });
  }
}

/** The built command for this checkout, made now if src/ has changed since. Returns the folder. */
export async function fresh() {
  const out = join(root, "node_modules/.cache/lucida/build");
  const stamp = `${out}.stamp`;
  const now = signature();
  if (!existsSync(join(out, "cli/main.js")) || !existsSync(stamp) || readFileSync(stamp, "utf8") !== now) {
    await build(out);
    writeFileSync(stamp, now);
  }
  return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--published")) await build(join(root, "dist"));
  else console.log(await fresh());
}
