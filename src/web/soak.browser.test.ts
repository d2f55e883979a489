/**
 * Many traces in a row, asked for in the page as a person would: memory of the page and of the server stays flat.
 * 24 in the suite; `LUCIDA_SOAK=200 npx vitest run --project browser src/web/soak.browser.test.ts` for the long one.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PageScene, pageScene } from "../../test/page-scene.ts";

const traces = Number(process.env.LUCIDA_SOAK ?? 24);
/** Before this many, programs are still compiled and lists still grow to their size. */
const warm = Math.min(40, Math.floor(traces / 3));

let scene: PageScene;
beforeAll(async () => {
  scene = await pageScene();
});
afterAll(() => scene?.close());

test(`${traces} traces in a row leave the memory of page and server flat`, {
  timeout: Math.max(180_000, traces * 8_000),
}, async () => {
  await scene.open("", {}, async (page, context) => {
    const devtools = await context.newCDPSession(page);
    await devtools.send("Performance.enable");
    const measure = async () => {
      await devtools.send("HeapProfiler.collectGarbage");
      const { metrics } = await devtools.send("Performance.getMetrics");
      const of = (name: string) => metrics.find(m => m.name === name)!.value;
      return {
        heap: of("JSHeapUsedSize") / 2 ** 20,
        nodes: of("Nodes"),
        listeners: of("JSEventListeners"),
        server: process.memoryUsage().rss / 2 ** 20,
      };
    };
    let before = await measure();
    for (let i = 0; i < traces; i++) {
      if (i === warm) before = await measure();
      await page.fill("#prompt", `number ${i} of many`);
      // Not waitForSelector: the handles that it gives would keep every chart's elements alive.
      await page.locator(".prediction").first().waitFor();
      const had = page.url();
      await page.click(".composer button[type=submit]");
      await page.waitForURL(url => url.href !== had && url.searchParams.has("doc"));
      await page.locator(".box.units").first().waitFor();
    }
    const after = await measure();
    console.info("soak", traces, "traces: before", before, "after", after);
    expect(after.heap - before.heap).toBeLessThan(8);
    expect(after.nodes).toBeLessThan(before.nodes * 1.5 + 500);
    expect(after.listeners).toBeLessThan(before.listeners * 1.5 + 100);
    expect(after.server - before.server).toBeLessThan(120);
  });
});
