/** The exported page in the real browser: from a file, offline, by mouse, finger and keyboard. Needs Chromium. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scriptJson } from "../../charts/escape.ts";
import { examples } from "../../charts/examples/index.ts";
import { singleFileHtml } from "../../charts/html.ts";
import { pageAssets } from "../../store/assets.ts";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const args =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const folder = mkdtempSync(join(tmpdir(), "lucida-single-"));
const axe = readFileSync(new URL("../../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
let browser: Browser;

beforeAll(async () => {
  if (!existsSync(executablePath))
    throw new Error(`no browser at ${executablePath}: apt-get install chromium, or set CHROMIUM`);
  const { fresh } = await import(new URL("../../../scripts/build.js", import.meta.url).href);
  const assets = await pageAssets(await fresh());
  for (const [name, document] of Object.entries(examples)) {
    const html = singleFileHtml(document, assets);
    expect(html.length - scriptJson(document).length).toBeLessThan(120_000);
    writeFileSync(join(folder, `${name}.html`), html);
  }
  browser = await chromium.launch({ executablePath, args: args.split(" ") });
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Look {
  readonly width?: number;
  readonly scheme?: "light" | "dark";
}

/** Opens an example, hands it over, and fails on anything said in the console or fetched besides the file itself. */
async function open(name: string, look: Look, use: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1280, height: 800 },
    colorScheme: look.scheme ?? "light",
    hasTouch: (look.width ?? 1280) < 640,
    offline: true,
  });
  try {
    const page = await context.newPage();
    const said: string[] = [];
    const asked: string[] = [];
    page.on("console", message => said.push(message.text()));
    page.on("pageerror", error => said.push(String(error)));
    page.on("request", request => {
      if (!request.url().startsWith("data:")) asked.push(request.url());
    });
    const url = pathToFileURL(join(folder, `${name}.html`)).href;
    await page.goto(url);
    await page.waitForSelector(".story [data-box]");
    await use(page);
    expect(said).toEqual([]);
    expect(asked).toEqual([url]);
  } finally {
    await context.close();
  }
}

/** Rules that axe finds broken, serious or worse. */
async function serious(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = (await page.evaluate("axe.run()")) as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  };
  return found.violations
    .filter(v => v.impact === "serious" || v.impact === "critical")
    .map(v => `${v.id}: ${v.nodes.map(n => n.html.slice(0, 160)).join(" | ")}`);
}

const focused = (page: Page, id: string) =>
  expect.poll(() => page.evaluate("document.activeElement.dataset.box")).toBe(id);
const chosen = (page: Page) => page.locator('[data-box][aria-pressed="true"]').getAttribute("data-box");

describe.each(Object.keys(examples))("%s", name => {
  test.each([
    [1280, "light"],
    [1280, "dark"],
    [800, "light"],
    [390, "light"],
    [390, "dark"],
  ] as const)("at %i px, %s: no serious finding, no sideways scroll", async (width, scheme) => {
    await open(name, { width, scheme }, async page => {
      for (const fold of await page.locator(".fold > summary").all()) await fold.click();
      expect(
        await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"),
      ).toBeLessThanOrEqual(0);
      expect(await serious(page)).toEqual([]);
    });
  });
});

test("at every width the view settles on one form, and nothing scrolls sideways", async () => {
  await open("dallas", {}, async page => {
    for (const width of [320, 375, 640, 690, 720, 900, 1040, 1080, 1100, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      await page.waitForTimeout(120);
      const forms = new Set<unknown>();
      for (let i = 0; i < 4; i++) {
        forms.add(
          await page.evaluate(
            "document.querySelector('.columns').className + !!document.querySelector('.cards') + document.documentElement.scrollHeight",
          ),
        );
        await page.waitForTimeout(30);
      }
      expect([width, forms.size]).toEqual([width, 1]);
      expect(
        await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"),
      ).toBeLessThanOrEqual(0);
    }
  });
});

test("a box is opened by a click: its place, tests, members and links", async () => {
  await open("small", {}, async page => {
    await page.click('.flow [data-box="s3"]');
    const details = page.locator("aside .details");
    const text = await details.textContent();
    for (const words of [
      "size",
      "layers 4–8",
      "confirmed",
      "Members",
      "What feeds it",
      "small, not hot",
      "Switched off",
    ])
      expect(text).toContain(words);
    expect(await details.locator(".scatter circle.live").count()).toBe(3);
    await details.getByRole("button", { name: /bigger, larger/ }).click();
    expect(await chosen(page)).toBe("s5");
  });
});

test("a sentence lights its boxes and no others", async () => {
  await open("dallas", {}, async page => {
    await page.click(".paragraph button >> nth=1");
    const lit = await page
      .locator(".flow [data-box]:not(.dimmed)")
      .evaluateAll(all => all.map(e => (e as HTMLElement).dataset.box));
    expect(lit.sort()).toEqual(["s1", "s10", "s6", "s7", "t.capital"]);
    await page.click(".paragraph button >> nth=1");
    expect(await page.locator(".flow .dimmed").count()).toBe(0);
  });
});

test("arrow keys walk to the strongest input and output, and ? lists the keys", async () => {
  await open("dallas", {}, async page => {
    await page.focus('[data-box="target.0"]');
    await page.keyboard.press("ArrowDown");
    await focused(page, "s10");
    await page.keyboard.press("ArrowDown");
    await focused(page, "s8");
    await page.keyboard.press("ArrowRight");
    await focused(page, "s7");
    await page.keyboard.press("ArrowUp");
    await focused(page, "s10");
    expect(await chosen(page)).toBe("s10");
    await page.keyboard.press("?");
    expect(await page.locator("dialog").textContent()).toContain("strongest input");
    expect(await serious(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await expect.poll(() => page.locator("dialog").count()).toBe(0);
  });
});

test("the theme follows the system until it is switched", async () => {
  await open("small", { scheme: "dark" }, async page => {
    const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const [lightGround, darkGround] = ["rgb(251, 250, 247)", "rgb(21, 21, 19)"];
    await expect.poll(ground).toBe(darkGround);
    await page.check('input[value="light"]');
    await expect.poll(ground).toBe(lightGround);
    await page.check('input[value="system"]');
    await expect.poll(ground).toBe(darkGround);
  });
});

test("at 390 px: cards in the order of the flow, tap targets of 44 px, a tap opens and closes", async () => {
  await open("small", { width: 390 }, async page => {
    const order = await page
      .locator(".cards [data-box]")
      .evaluateAll(all => all.map(e => (e as HTMLElement).dataset.box));
    expect(order).toEqual(
      ["t.opposite", "t.small", "t.quote", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "others", "target.0"].map(
        id => id,
      ),
    );
    await page.tap('[data-box="s5"]');
    expect(await page.locator(".details h2").textContent()).toContain("bigger, larger");
    const low = await page
      .locator(".story button:visible, .story summary, .theme label")
      .evaluateAll(all => all.filter(e => e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML.slice(0, 90)));
    expect(low).toEqual([]);
    await page.tap('[data-box="s5"]');
    expect(await page.locator(".details").count()).toBe(0);
  });
});

test("the node table finds and sorts", async () => {
  await open("small", {}, async page => {
    await page.getByText(/^Nodes \(/).click();
    await page.fill('input[type="search"]', "winter");
    await page.fill('input[type="search"]', "says “bigger”");
    expect(await page.locator(".nodes tbody tr").count()).toBeGreaterThan(0);
    for (const row of await page.locator(".nodes tbody tr").allInnerTexts()) expect(row).toContain("bigger");
    await page.fill('input[type="search"]', "");
    await page.getByRole("button", { name: "layer", exact: true }).click();
    const layers = (await page.locator(".nodes tbody tr td:nth-child(2)").allInnerTexts()).filter(Boolean).map(Number);
    expect(layers).toEqual([...layers].sort((a, b) => b - a));
    expect(layers.length).toBeGreaterThan(20);
  });
});

test("hostile tokens stay text", async () => {
  await open("awkward", {}, async page => {
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator(".flow").textContent()).toContain("</script><img");
    expect(await page.locator("h1").textContent()).toContain("‹U+202E›evil");
    expect((await page.locator(".failure").boundingBox())!.y).toBeLessThan((await page.locator("h1").boundingBox())!.y);
  });
});
