/** What lies over the page, what a newcomer is offered, and what only stands there after work: in both themes and widths. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fits, type PageScene, pageScene, pressTrace, serious, trace } from "../../test/page-scene.ts";

let scene: PageScene;
beforeAll(async () => {
  scene = await pageScene();
});
afterAll(() => scene?.close());

test("a newcomer is told what this is and offered prompts; a kind pressed again gives its next one", async () => {
  await scene.open("", {}, async page => {
    expect(await page.locator(".intro").textContent()).toContain("what a language model thought");
    const kind = page.locator(".start-with button").first();
    await kind.click();
    const first = await page.inputValue("#prompt");
    expect(first.length).toBeGreaterThan(5);
    await kind.click();
    const second = await page.inputValue("#prompt");
    expect(second).not.toBe(first);
    await page.waitForSelector(".prediction");
    await pressTrace(page);
    expect(await page.locator(".intro").count()).toBe(0);
    // A chart that nobody has tested says so.
    expect(await page.locator(".question").textContent()).toContain("Not verified");
  });
});

test("a time-lapse has a chart a token, goes on where it stopped, plays to its end and is scrubbed", async () => {
  await scene.open("", {}, async page => {
    await trace(page, "Once upon a");
    await page.click('.tab:has-text("Time-lapse")');
    await page.locator(".timelapse .change-foot input[type=range]").fill("2");
    const frames = page.locator(".frame");
    await page.click('button:has-text("Write 2 more")');
    await frames.nth(2).or(page.locator(".problem")).first().waitFor();
    await page.locator(".timelapse .progress").waitFor({ state: "detached" });
    expect(await page.locator(".problem").allTextContents()).toEqual([]);
    expect(await frames.count()).toBe(3);
    // The token that was said is the next chart's last.
    const said =
      (await page
        .locator(".frame .figure")
        .nth(0)
        .evaluate(e => e.previousSibling?.textContent)) ?? "";
    await frames.nth(1).click();
    expect(await page.locator(".timelapse .question h1").textContent()).toContain(said.replace(/␣|⏎/g, ""));
    expect(await page.locator(".threads tbody tr").count()).toBeGreaterThan(0);
    await frames.nth(0).click();
    await page.click('.playback button:has-text("Play")');
    await page.locator('.playback button:has-text("Pause")').waitFor();
    await page.locator('.playback button:has-text("Play")').waitFor();
    expect(await frames.nth(2).getAttribute("aria-current")).toBe("step");
    await page.locator(".scrub input").fill("1");
    expect(await frames.nth(1).getAttribute("aria-current")).toBe("step");
    await page.click('button:has-text("Write 2 more")');
    await frames.nth(4).waitFor();
  });
});

const looks = async (page: Page, width: number) => {
  expect(await serious(page)).toEqual([]);
  await fits(page, width);
};

describe.each([
  [1280, "light"],
  [1280, "dark"],
  [390, "light"],
  [390, "dark"],
] as const)("%i px, %s", (width, scheme) => {
  test("sheets and menus: axe finds nothing serious, all fits", async () => {
    await scene.open("?axe", { width, scheme }, async page => {
      for (const [opener, shown] of [
        ['.top button:has-text("Charts")', "dialog[open]"],
        [".model-button", "dialog[open]"],
        [".menu summary", ".menu[open] li"],
      ] as const) {
        await page.click(opener);
        await page.waitForSelector(shown);
        await looks(page, width);
        await page.keyboard.press("Escape");
      }
      await page.keyboard.press("?");
      await page.waitForSelector("dialog[open]");
      await looks(page, width);
    });
  });

  test("a box that was switched off, and a watched text: axe finds nothing serious, all fits", async () => {
    await scene.open("?axe", { width, scheme }, async page => {
      await trace(page, "Ice is");
      await page.locator(".box.units").last().click();
      await page.getByRole("button", { name: "Switch off" }).first().click();
      await page.waitForSelector(".before-after");
      await looks(page, width);
      await page.click('.tab:has-text("Watch")');
      await page.waitForSelector(".heat-token");
      await looks(page, width);
    });
  });
});
