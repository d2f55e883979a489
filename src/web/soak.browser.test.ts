/**
 * Many traces in a row, asked for in the page as a person would: memory of the page and of the server stays flat. All
 * garbage is collected before each measurement; only the heap of the model's process cannot be reached, so that it is weighed.
 * 24 in the suite; `LUCIDA_SOAK=200 npx vitest run --project browser src/web/soak.browser.test.ts` for the long one.
 */
import { existsSync, readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PageScene, pageScene } from "../../test/page-scene.ts";

const traces = Number(process.env.LUCIDA_SOAK ?? 24);
/** Before this many, programs are still compiled and lists still grow to their size. */
const warm = Math.min(40, Math.floor(traces / 3));

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Resident memory of a process, in megabytes; 0 for none, or where there is no /proc. */
function residentOf(pid: number | undefined): number {
  const path = `/proc/${pid}/status`;
  return existsSync(path) ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(path, "utf8"))?.[1] ?? 0) / 1024 : 0;
}

let scene: PageScene;
beforeAll(async () => {
  scene = await pageScene();
});
afterAll(() => scene?.close());

test(`${traces} traces in a row leave the memory of page and server flat`, {
  timeout: Math.max(600_000, traces * 12_000),
}, async () => {
  await scene.open("", {}, async (page, context) => {
    const devtools = await context.newCDPSession(page);
    await devtools.send("Performance.enable");
    const measure = async (done: number) => {
      // Twice: what the first pass lets go of may have held more.
      for (let i = 0; i < 2; i++) await devtools.send("HeapProfiler.collectGarbage");
      collect();
      const { metrics } = await devtools.send("Performance.getMetrics");
      const of = (name: string) => metrics.find(m => m.name === name)!.value;
      const { rss, heapUsed, external } = process.memoryUsage();
      const memory = {
        heap: of("JSHeapUsedSize") / 2 ** 20,
        nodes: of("Nodes"),
        documents: of("Documents"),
        listeners: of("JSEventListeners"),
        server: (heapUsed + external) / 2 ** 20,
        process: rss / 2 ** 20,
        worker: residentOf(scene.server.worker.pid),
      };
      const said = Object.entries(memory).map(([name, value]) => `${name} ${Math.round(value * 10) / 10}`);
      console.info(`soak, after ${done} of ${traces}: ${said.join(", ")}`);
      return memory;
    };
    let before = await measure(0);
    for (let i = 0; i < traces; i++) {
      if (i === warm) before = await measure(i);
      else if (i > warm && i % 50 === 0) await measure(i);
      await page.fill("#prompt", `number ${i} of many`);
      // Not waitForSelector: the handles that it gives would keep every chart's elements alive.
      await page.locator(".prediction").first().waitFor();
      const had = page.url();
      await page.click(".composer button[type=submit]");
      await page.waitForURL(url => url.href !== had && url.searchParams.has("doc"));
      await page.locator(".box.units").first().waitFor();
    }
    const after = await measure(traces);
    // In megabytes.
    const rounds = traces - warm;
    expect(after.heap - before.heap, "heap of the page").toBeLessThan(8);
    expect(after.documents, "documents of the page").toBeLessThanOrEqual(before.documents + 1);
    expect(after.nodes, "elements of the page").toBeLessThan(before.nodes * 1.5 + 500);
    expect(after.listeners, "listeners of the page").toBeLessThan(before.listeners * 1.5 + 100);
    // The last 32 results are kept for a while (jobs.ts), 2.4 MB each: flat is what comes after them. And the browser's
    // driver, which lives in this process, keeps every request with its answer's head, nine a trace: by heap snapshots
    // all that grows, a quarter of a megabyte a trace. A chart that was kept would be ten times that.
    const kept = 3 * Math.max(0, Math.min(32, traces) - warm) + 0.3 * rounds;
    expect(after.server - before.server, "heap of the server").toBeLessThan(20 + kept);
    expect(after.process - before.process, "process of the server").toBeLessThan(100 + 0.3 * rounds);
    expect(after.worker - before.worker, "process of the model").toBeLessThan(100);
  });
});
