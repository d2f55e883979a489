/** What an expert does with a chart in the real browser: regroup it, look at its units, change the model, watch. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fits, type PageScene, pageScene, pressTrace, serious, shownDocument, trace } from "../../test/page-scene.ts";
import type { TraceDocument } from "../attribution/document.ts";
import type { Intervened, ServerEvent, Watched } from "../server/api.ts";

let scene: PageScene;
beforeAll(async () => {
  scene = await pageScene();
});
afterAll(() => scene?.close());

const boxes = (page: Page) => page.locator(".box.units").count();
const named = (page: Page, name: string | RegExp) => page.getByRole("button", { name }).first();

/** Opens the page of the chart's weightiest unit. */
async function unitPage(page: Page): Promise<{ layer: number; index: number }> {
  const document = await shownDocument<TraceDocument>(page);
  const unit = document.nodes.filter(n => n.kind === "unit").sort((a, b) => b.influence - a.influence)[0]!;
  const address = new URL(page.url());
  address.searchParams.set("view", "microscope");
  address.searchParams.set("node", unit.id);
  await page.goto(address.href);
  await page.waitForSelector(".unit-panel");
  return { layer: unit.layer as number, index: unit.index! };
}

test("the gallery: charts that hold come first, and every view of each is there without a model", async () => {
  const { gallery } = (await (await fetch(`${scene.server.url}api/documents`)).json()) as {
    gallery: { id: string; verified?: boolean; model: string; basis: string }[];
  };
  expect(gallery.length).toBe(readdirSync(join(scene.build, "web/examples")).length);
  // What a newcomer sees first: a chart of the model that comes along, in what one's own first chart will be in.
  expect(gallery[0]).toMatchObject({ model: "specimen", verified: true, basis: "neurons" });
  const rank = gallery.map(run => (run.verified === true ? 0 : run.verified === false ? 1 : 2));
  expect(rank).toEqual([...rank].sort());
  for (const { id } of gallery) {
    await scene.open(`?doc=${id}`, {}, async page => {
      for (const key of ["2", "3", "4", "5", "1"]) await page.keyboard.press(key);
      await page.waitForSelector(".box.units");
      expect(await page.locator(".box.units").count()).toBeGreaterThan(0);
    });
  }
  expect(scene.server.worker.running).toBe(false);
});

test("the contrast: one's own is counted and marked, goes into the trace, and can be left out", async () => {
  await scene.open("", {}, async page => {
    await page.fill("#prompt", "The capital of France is");
    await page.waitForSelector(".prediction");
    await page.waitForFunction(() => document.querySelector(".versus-head .hint")?.textContent !== "");
    await page.selectOption("#against", "own");
    await page.fill("#versus", "The capital of");
    await page.waitForSelector(".versus-line .wrong");
    expect(await page.locator(".composer button[type=submit]").isDisabled()).toBe(true);
    await page.fill("#versus", "The capital of Spain is");
    await page.waitForSelector(".versus-line .marked");
    // A model of random numbers may answer both alike: then the page says so.
    const said = await pressTrace(page).catch((error: Error) => error.message);
    if (said) expect(said).toContain("nothing to tell them apart by");
    else expect((await shownDocument<TraceDocument>(page)).versus?.prompt).toContain("Spain");
    await page.selectOption("#against", "nothing");
    await page
      .locator('.problem button:has-text("Dismiss")')
      .click({ timeout: 500 })
      .catch(() => {});
    await pressTrace(page);
    expect((await shownDocument<TraceDocument>(page)).versus).toBeUndefined();
  });
});

test("the dial draws the boxes anew, a unit moves between boxes, and both are undone, also on the disk", async () => {
  await scene.open("", {}, async page => {
    await trace(page, "Rivers flow into the");
    const before = await boxes(page);
    await page.locator(".box-dial input").fill("4");
    await expect.poll(() => boxes(page)).not.toBe(before);
    await page.click('.view-actions button:has-text("Undo")');
    await expect.poll(() => boxes(page)).toBe(before);

    await page.locator(".box.units").first().click();
    await page.click(".box-editor summary");
    const unit = await page.locator('.editor-body select[name="unit"]').inputValue();
    const from = (await shownDocument<TraceDocument>(page)).supernodes.find(s => s.members.includes(unit))!;
    await page.selectOption('.editor-body select[name="to"]', "none");
    await page.click('.editor-body button:has-text("Move")');
    await expect
      .poll(async () => (await shownDocument<TraceDocument>(page)).nodes.find(n => n.id === unit)?.supernode)
      .not.toBe(from.id);
    const moved = await shownDocument<TraceDocument>(page);
    expect(moved.supernodes.find(s => s.members.includes(unit))?.kind).toBe("other");
    await page.click('.view-actions button:has-text("Undo")');
    await expect
      .poll(async () => (await shownDocument<TraceDocument>(page)).supernodes.find(s => s.members.includes(unit))?.kind)
      .toBe("units");
  });
});

test("a unit without an index says how to build one; built, it has examples, a histogram with this prompt, neighbours", async () => {
  await scene.open("", {}, async page => {
    await trace(page, "Horses eat");
    await unitPage(page);
    await page.waitForSelector(".build-index");
    expect(await page.locator(".build-index code").textContent()).toContain("lucida index --model");
    await named(page, "Build the index").click();
    await page.waitForSelector(".evidence", { timeout: 150_000 });
    expect(await page.locator(".evidence .examples li").count()).toBeGreaterThan(3);
    expect(await page.locator(".histogram .here").count()).toBeGreaterThan(0);
    expect(await page.locator(".evidence").textContent()).toMatch(/fires at .* of [\d,]+ tokens/);
    await page.fill(".own-text textarea", "a text of my own");
    await named(page, "Show where it fires").click();
    await expect.poll(() => page.locator(".own-text .heat-token").count()).toBeGreaterThan(3);
  });
});

test("a dictionary that lies beside the model is offered, traced in, changed and looked at", async () => {
  await scene.open("", {}, async page => {
    await page.fill("#prompt", "Birds can");
    await page.waitForSelector(".prediction");
    await page.click('button:has-text("Options")');
    await page.waitForSelector('.basis-choice option:has-text("tiny-transcoders")', { state: "attached" });
    const option = await page.locator('.basis-choice option:has-text("tiny-transcoders")').getAttribute("value");
    await page.selectOption(".basis-choice select", option);
    await page.selectOption("#against", "nothing");
    await pressTrace(page);
    const document = await shownDocument<TraceDocument>(page);
    expect(document.basis).toBe("tiny-transcoders");
    expect(document.nodes.some(n => n.kind === "unit")).toBe(true);
    await unitPage(page);
    expect(await page.locator(".unit-panel h3").textContent()).toMatch(/^About feature \d+\.\d+$/);
    await page.waitForSelector(".build-index");
    await named(page, "Switch off").click();
    await page.waitForSelector(".before-after");
  });
});

test("a change at chosen tokens is another experiment; the address carries it; the changed model has a chart", async () => {
  let address = "";
  await scene.open("", {}, async page => {
    await trace(page, "Fish swim in the");
    const before = page.url();
    await page.keyboard.press("Escape");
    await page.click('.tab:has-text("Intervene")');
    await named(page, "Run").click();
    await page.waitForSelector(".before-after .figures");
    const own = await page.locator(".figures").first().textContent();
    await page.locator(".positions input[type=checkbox]").first().check();
    await page.locator(".position-tokens .tok").nth(1).click();
    expect(await page.locator('.position-tokens .tok[aria-pressed="true"]').count()).toBe(2);
    address = new URL(page.url()).search;
    await named(page, "Run").click();
    await expect.poll(() => page.locator(".figures").first().textContent()).not.toBe(own);
    await named(page, "Trace the changed model").click();
    await page.waitForSelector('.note-line:has-text("The model is changed in this chart")');
    const document = await shownDocument<TraceDocument>(page);
    expect(document.changed).toHaveLength(1);
    expect(document.checks.rowSum).toBeLessThan(1e-4);
    expect(await page.locator('.view-actions button:has-text("Verify")').count()).toBe(0);
    await page.click('.tab:has-text("Compare")');
    await page.waitForSelector(".diff-boxes");
    expect(before).toContain(new URL(page.url()).searchParams.get("with")!);
  });
  await scene.open(address, {}, async page => {
    expect(await page.locator('.position-tokens .tok[aria-pressed="true"]').count()).toBe(2);
  });
});

test("the chart of a changed model explains what the changed model says, and what is held reads nothing", async () => {
  const prompt = "Cows give us";
  const plain = await scene.ask<{ document: TraceDocument }>({
    kind: "trace",
    input: { prompt, save: false },
  } as never);
  const box = plain.document.supernodes.filter(s => s.kind === "units").sort((a, b) => b.share - a.share)[0]!;
  const nodes = box.members.filter(m => m.startsWith("unit."));
  const changes = [{ nodes, do: "scale", value: 3 }];
  const { document } = await scene.ask<{ document: TraceDocument }>({
    kind: "trace",
    input: { prompt, changes, save: false },
  } as never);
  const after = await scene.ask<Intervened>({ kind: "intervene", input: { prompt, changes } } as never);
  const answer = after.live.find(t => t.id === document.target.id)!;
  expect(document.target.id).toBe(after.live[0]!.id);
  expect(document.target.value).toBeCloseTo(answer.logit - after.mean.live, 3);
  expect(document.checks.rowSum).toBeLessThan(1e-4);
  const held = new Set(nodes);
  expect(document.edges.filter(edge => held.has(edge.target) && !edge.source.startsWith("bias"))).toEqual([]);
  expect(document.nodes.some(node => held.has(node.id))).toBe(true);
});

test("one action swaps a box for another chart's box: its units take their values, and the other's come in", async () => {
  await scene.open("", {}, async page => {
    await trace(page, "The capital of Spain is");
    await trace(page, "The capital of France is");
    await page.click('.tab:has-text("Intervene")');
    await page.locator('select[aria-label="what becomes of it"]').selectOption("swap");
    const charts = page.locator(".swap-source select").first();
    const option = await charts.locator('option:has-text("Spain")').first().getAttribute("value");
    await charts.selectOption(option);
    const theirs = page.locator(".swap-source select").nth(1);
    await theirs.waitFor();
    await theirs.selectOption({ index: 1 });
    const plan = JSON.parse(new URL(page.url()).searchParams.get("set")!) as { from: string; brought: string[] }[];
    expect(plan[0]?.from).toContain("Spain");
    expect(plan[0]?.brought.length).toBeGreaterThan(0);
    await named(page, "Run").click();
    await page.waitForSelector(".before-after");
  });
});

test("watching tells each token as soon as it was read, and what the model writes on, before the whole is done", async () => {
  const stop = new AbortController();
  const events: ServerEvent[] = [];
  const stream = await fetch(`${scene.server.url}api/events`, { signal: stop.signal });
  const reading = (async () => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of stream.body!) {
      rest += decoder.decode(bytes as Uint8Array, { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop()!;
      for (const line of lines) if (line.startsWith("data:")) events.push(JSON.parse(line.slice(5)) as ServerEvent);
    }
  })().catch(() => {});
  const units = [
    { layer: 0, index: 3 },
    { layer: 2, index: 7 },
  ];
  const input = { prompt: "one two three four", units, tokens: 5 };
  const whole = await scene.ask<Watched>({ kind: "watch", input } as never);
  const own = events.findLast(e => e.type === "part")?.job;
  const ended = (e: ServerEvent) => e.type === "job" && e.job.id === own && e.job.state === "done";
  await expect.poll(() => events.some(ended)).toBe(true);
  stop.abort();
  await reading;
  const parts = events.flatMap(e => (e.type === "part" ? [e.part as { id: number; activations: number[] }] : []));
  expect(events.findIndex(e => e.type === "part")).toBeLessThan(events.findIndex(ended));
  expect(parts.map(p => p.id)).toEqual(whole.tokens.map(t => t.id));
  expect(parts.map(p => p.activations[1])).toEqual(whole.activations[1]);
  // One token at a time, with keys and values kept, is the same as all at once.
  const again = await scene.ask<Watched>({
    kind: "watch",
    input: { ids: whole.tokens.map(t => t.id), units },
  } as never);
  again.activations[1]!.forEach((v, i) => {
    expect(v).toBeCloseTo(whole.activations[1]![i]!, 4);
  });
});

describe.each([
  [1440, "light"],
  [1280, "dark"],
  [390, "light"],
  [390, "dark"],
] as const)("%i px, %s", (width, scheme) => {
  test("options, a unit’s page, a planned swap and two compared charts: axe finds nothing serious, all fits", {
    timeout: 600_000,
  }, async () => {
    await scene.open("?axe", { width, scheme }, async page => {
      await trace(page, "Snow is");
      await page.click('button:has-text("Options")');
      expect(await serious(page)).toEqual([]);
      await fits(page, width);
      await page.click('button:has-text("Fewer options")');
      await unitPage(page);
      await page.waitForSelector(".build-index, .evidence");
      expect(await serious(page)).toEqual([]);
      await fits(page, width);
      await page.click('.tab:has-text("Intervene")');
      await page.locator(".positions input[type=checkbox]").first().check();
      await page.locator('select[aria-label="what becomes of it"]').selectOption("swap");
      expect(await serious(page)).toEqual([]);
      await fits(page, width);
      const { runs } = (await (await fetch(`${scene.server.url}api/documents`)).json()) as { runs: { id: string }[] };
      const address = new URL(page.url());
      address.searchParams.set("view", "compare");
      address.searchParams.set("with", runs.at(-1)!.id);
      await page.goto(address.href);
      await page.waitForSelector(".diff-boxes");
      expect(await serious(page)).toEqual([]);
      await fits(page, width);
    });
  });
});
