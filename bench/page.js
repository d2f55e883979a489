/**
 * How fast the page is: `node bench/page.js [--model M …] [--append]`. First paint, size of the bundle, a selection among
 * 2,000 nodes, and the way from the click on Trace to the story, for the specimen and each model that is named (a prompt
 * of 16 tokens). Needs Chromium ($CHROMIUM, or /usr/bin/chromium). `--append` adds the figures to bench/results.md.
 *
 * Wall time: figures count only from a quiet machine, so the load before it began stands beside them.
 */
import { spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { fresh, root } from "../scripts/build.js";

const { values } = parseArgs({
  options: {
    model: { type: "string", multiple: true, default: [] },
    runs: { type: "string", default: "3" },
    append: { type: "boolean", default: false },
  },
});
const runs = Number(values.runs);
/** Milliseconds between the preview and the first click. */
const reading = 3000;
/** One after the other in one page, each read and then traced. */
const prompts = {
  specimen: [
    "Fact: the capital of the state containing Dallas is",
    "Fact: the capital of the state containing Oakland is",
    "Fact: the capital of the state containing Miami is",
  ],
  // 16 tokens with SmolLM2's tokenizer.
  other: [
    "When John and Mary went to the store, John gave a bottle of milk to",
    "When Anna and Mark went to the park, Anna gave a cup of tea to",
    "When Paul and Lisa went to the bank, Paul gave a box of pens to",
  ],
};

const build = await fresh();
const home = mkdtempSync(join(tmpdir(), "lucida-bench-page-"));
const figures = [];
const load = loadavg()[0] / cpus().length;
const put = (name, value, unit, goal) => {
  figures.push({ name, value, unit, goal });
  const met =
    goal === undefined ? "" : value < goal ? `goal under ${goal} ${unit}: met` : `goal under ${goal} ${unit}: missed`;
  console.log(`${name.padEnd(52)} ${value.toFixed(value < 10 ? 2 : 0)} ${unit}  ${met}`);
};
const median = some => [...some].sort((a, b) => a - b)[Math.floor(some.length / 2)];

const files = readdirSync(join(build, "web")).filter(name => /^(main|chunk|app).*\.(js|css)$/.test(name));
put(
  "bundle, gzipped",
  files.reduce((sum, name) => sum + gzipSync(readFileSync(join(build, "web", name))).length, 0) / 1e3,
  "kB",
  350,
);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(
    " ",
  ),
});
try {
  for (const model of ["specimen", ...values.model]) await withServer(model, url => measure(url, model));
} finally {
  await browser.close();
  rmSync(home, { recursive: true, force: true });
}
if (values.append) appendFileSync(join(root, "bench/results.md"), section());

/** A server of its own for each model, so that nothing is warm from the one before. */
async function withServer(model, work) {
  const child = spawn(
    process.execPath,
    [join(root, "bin/lucida.js"), "serve", "--port", "0", "--no-open", "--model", model],
    {
      env: { ...process.env, LUCIDA_HOME: home },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  try {
    const url = await new Promise((done, failed) => {
      let said = "";
      child.stdout.on("data", data => {
        said += data;
        const found = /http:\/\/\S+/.exec(said);
        if (found) done(found[0]);
      });
      child.on("exit", () => failed(new Error(`the server ended: ${said}`)));
    });
    await work(url);
  } finally {
    child.kill();
  }
}

async function measure(url, model) {
  const name = basename(model);
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  page.setDefaultTimeout(300_000);
  if (model === "specimen") {
    const painted = [];
    const drawn = [];
    for (let i = 0; i < Math.max(5, runs); i++) {
      await page.goto(url);
      await page.waitForSelector("[data-box]");
      drawn.push(await page.evaluate(() => performance.now()));
      painted.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
    }
    put("first paint", median(painted) / 1e3, "s", 1);
    put("a finished chart on the screen", median(drawn) / 1e3, "s", 1);
    await selection(page, url);
  }
  await page.goto(url);
  await page.waitForSelector("[data-box]");
  const goal = model === "specimen" ? 2 : 6;
  const click = async () => {
    const had = page.url();
    const start = performance.now();
    await page.click(".composer button[type=submit]");
    await page.waitForFunction(had => location.href !== had && location.search.includes("doc="), had);
    await page.waitForSelector(".box.units");
    return (performance.now() - start) / 1e3;
  };
  const [first, ...more] = model === "specimen" ? prompts.specimen : prompts.other;
  const ask = async prompt => {
    await page.fill("#prompt", prompt);
    // The preview of the prompt before stands until this one is read.
    await page.waitForTimeout(400);
    await page.waitForSelector(".preview .chips-row:not(.stale)");
    // What it is held against is found while somebody reads the preview, and then the trace is begun.
    await page.waitForFunction(() =>
      /found by|none of/.test(document.querySelector(".versus-head .hint")?.textContent ?? ""),
    );
    await page.waitForTimeout(reading);
    return click();
  };
  const began = performance.now();
  await page.fill("#prompt", first);
  await page.waitForSelector(".prediction");
  put(`${name}: from typing to the next-token preview, model cold`, (performance.now() - began) / 1e3, "s");
  const read = `${reading / 1e3} s after preview and contrast`;
  put(`${name}: click to story, first time, ${read}`, await ask(first), "s", goal);
  const others = [];
  for (const prompt of more) others.push(await ask(prompt));
  put(`${name}: click to story, other prompts, ${read}`, median(others), "s", goal);
  const again = [];
  for (let i = 0; i < runs; i++) again.push(await click());
  put(`${name}: click to story, again at once, nothing begun`, median(again), "s", goal);
}

/** The time that choosing a node keeps the page busy, with 2,000 nodes and 20,000 edges. */
async function selection(page, url) {
  const { build: esbuild } = await import("esbuild");
  const out = join(home, "crowd.mjs");
  await esbuild({
    entryPoints: [join(root, "test/crowd.ts")],
    bundle: true,
    format: "esm",
    platform: "node",
    outfile: out,
  });
  const { crowd } = await import(out);
  await page.goto(url);
  await page.locator('.open-file input[type="file"]').setInputFiles({
    name: "crowd.json",
    mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify(crowd(2000, 20_000))),
  });
  await page.waitForURL(/doc=\d{4}/);
  await page.click('.tab:has-text("Microscope")');
  await page.waitForSelector(".scope-nodes path.node");
  const times = await page.evaluate(async () => {
    const stage = document.querySelector(".scope-stage");
    const taken = [];
    for (let i = 0; i < 15; i++) {
      const start = performance.now();
      stage.dispatchEvent(new KeyboardEvent("keydown", { key: i % 2 ? "ArrowRight" : "ArrowDown", bubbles: true }));
      await new Promise(done => setTimeout(done));
      document.body.getBoundingClientRect();
      taken.push(performance.now() - start);
      await new Promise(done => requestAnimationFrame(done));
    }
    return taken;
  });
  put("selection among 2,000 nodes and 20,000 edges", median(times), "ms", 50);
}

function section() {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const lines = figures.map(({ name, value, unit, goal }) => {
    const met = goal === undefined ? "" : `goal under ${goal} ${unit}: ${value < goal ? "met" : "missed"}`;
    return `| ${name} | ${value.toFixed(value < 10 ? 2 : 0)} ${unit} | ${met} |`;
  });
  return `
## ${new Date().toISOString().slice(0, 10)}, the page (node bench/page.js)

Lucida ${version} on ${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, Chromium ${browser.version()}; load before it began ${load.toFixed(2)} a processor; medians of ${runs} runs.

| question | figure | goal |
|---|---|---|
${lines.join("\n")}
`;
}
