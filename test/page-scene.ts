/** The page in the real browser, served with a small random model: what every test of it begins with. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import type { JobRequest, JobStatus } from "../src/server/api.ts";
import { type Listening, listen } from "../src/server/listen.ts";
import { dictionaryFolder } from "./dictionary-folder.ts";
import { tinyFolder } from "./tiny-folder.ts";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const args =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

export interface Look {
  readonly width?: number;
  readonly scheme?: "light" | "dark";
}

export interface PageScene {
  readonly server: Listening;
  readonly browser: Browser;
  /** Of the built page. */
  readonly build: string;
  /** Everything that the test writes: model, runs, exports. */
  readonly folder: string;
  readonly model: string;
  /** Opens a path of the page; fails on whatever is said in the console, thrown, or asked from elsewhere. */
  open(path: string, look: Look, use: (page: Page, context: BrowserContext) => Promise<void>): Promise<void>;
  /** Runs a job as a script would, without a page. */
  ask<R>(request: Omit<JobRequest, "model">): Promise<R>;
  close(): Promise<void>;
}

export async function pageScene(): Promise<PageScene> {
  const folder = mkdtempSync(join(tmpdir(), "lucida-page-"));
  const model = join(folder, "tiny");
  tinyFolder(model);
  // Beside the weights, where dictionaries that came with a model lie.
  dictionaryFolder(join(model, "dictionaries/tiny-transcoders"));
  process.env.LUCIDA_HOME = join(folder, "home");
  const { fresh } = await import(new URL("../scripts/build.js", import.meta.url).href);
  const build: string = await fresh();
  const server = await listen({ version: "test", port: 0, model, folder: join(folder, "runs"), build });
  const browser = await chromium.launch({ executablePath, args: args.split(" ") });
  return {
    server,
    browser,
    build,
    folder,
    model,
    async open(path, look, use) {
      const width = look.width ?? 1280;
      const context = await browser.newContext({
        viewport: { width, height: 900 },
        colorScheme: look.scheme ?? "light",
        hasTouch: width < 640,
        acceptDownloads: true,
        // axe is put into the page by the test; everything else meets the policy.
        bypassCSP: path.includes("axe"),
      });
      try {
        const page = await context.newPage();
        // A busy machine is no failure of the page.
        page.setDefaultTimeout(120_000);
        const said: string[] = [];
        page.on("console", message => said.push(message.text()));
        page.on("pageerror", error => said.push(String(error)));
        page.on("request", request => {
          if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(server.url)) said.push(request.url());
        });
        await page.goto(server.url + path);
        await page.waitForSelector("main [data-box], main section");
        await use(page, context);
        // The browser itself remarks that a request was refused; the page says why, in words.
        expect(said.filter(text => !/status of 422/.test(text))).toEqual([]);
      } finally {
        await context.close();
      }
    },
    async ask<R>(request: Omit<JobRequest, "model">) {
      const body = JSON.stringify({ model, ...request });
      const { id, error: refused } = (await (
        await fetch(`${server.url}api/jobs`, { method: "POST", body })
      ).json()) as JobStatus & { error?: { what: string } };
      if (refused) throw new Error(refused.what);
      for (;;) {
        const { state, error } = (await (await fetch(`${server.url}api/jobs/${id}`)).json()) as JobStatus;
        if (state === "done") return (await (await fetch(`${server.url}api/jobs/${id}/result`)).json()) as R;
        if (state === "failed" || state === "cancelled") throw new Error(error?.what ?? state);
        await new Promise(done => setTimeout(done, 10));
      }
    },
    async close() {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Serious and critical findings of axe, each with its elements. */
export async function serious(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = (await page.evaluate("axe.run()")) as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  };
  return found.violations
    .filter(v => v.impact === "serious" || v.impact === "critical")
    .map(v => `${v.id}: ${v.nodes.map(n => n.html.slice(0, 200)).join(" | ")}`);
}

/** Nothing runs over the edge; on a phone, whatever can be pressed is large enough for a finger. */
export async function fits(page: Page, width: number): Promise<void> {
  expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
  if (width >= 640) return;
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, summary, select, .page a[href]:not(.skip)")]
      .filter(e => (e as HTMLElement).offsetParent !== null && !e.closest(".unseen"))
      .map(e => ({ text: (e.textContent ?? "").slice(0, 30), height: e.getBoundingClientRect().height }))
      .filter(e => e.height < 43.5),
  );
  expect(small).toEqual([]);
}

/** Types a prompt, presses the one button, and waits for the chart. */
export async function trace(page: Page, prompt: string): Promise<void> {
  await page.fill("#prompt", prompt);
  await page.waitForSelector(".prediction");
  await pressTrace(page);
}

/** Presses the button and waits for the chart. Throws what the page says instead, if it does. */
export async function pressTrace(page: Page): Promise<void> {
  const had = page.url();
  await page.click(".composer button[type=submit]");
  const chart = page.waitForURL(url => url.href !== had && /doc=\d{4}/.test(url.href)).then(() => undefined);
  const problem = page.waitForSelector(".problem").then(note => note.textContent());
  problem.catch(() => {});
  const said = await Promise.race([chart, problem]);
  if (said) throw new Error(`instead of a chart the page says: ${said}`);
  await page.waitForSelector(".box.answer");
}

/** The document that the page shows, as it is kept. */
export async function shownDocument<T>(page: Page): Promise<T> {
  return page.evaluate(async () => {
    const id = new URLSearchParams(location.search).get("doc");
    return (await fetch(`/api/documents/${id}`)).json();
  }) as Promise<T>;
}
