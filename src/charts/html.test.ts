import { expect, test } from "vitest";
import { examples } from "./examples/index.ts";
import { singleFileHtml } from "./html.ts";

const assets = { script: "/*script*/", scriptHash: "sha256-AAA=", style: "/*style*/", styleHash: "sha256-BBB=" };

test.each(Object.keys(examples))("%s comes back out of the file as it went in, and no token ends its script", name => {
  const html = singleFileHtml(examples[name]!, assets);
  const json = html.match(/<script type="application\/json" id="trace">(.*?)<\/script>/s)![1]!;
  expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(examples[name])));
  expect(html.match(/<\/script/gi)).toHaveLength(2);
  expect(html).not.toContain("<img");
  expect(html).not.toContain("<!--");
});

test("the policy allows this script and this style and nothing else", () => {
  const html = singleFileHtml(examples.small!, assets);
  expect(html).toContain("default-src 'none'; script-src 'sha256-AAA='; style-src 'sha256-BBB='");
  expect(html).not.toMatch(/https?:|unsafe/);
  expect(html).not.toMatch(/ (style|on\w+)=/);
});

test("without scripts the story can still be read", () => {
  const html = singleFileHtml(examples.small!, assets);
  const text = html.slice(html.indexOf("<main"), html.indexOf("</main>"));
  expect(text).toContain("carries 46 % of the answer");
  expect(text).toContain("bigger, larger · reads size");
  expect(text).toContain("in the chart 84\u00a0%");
});
