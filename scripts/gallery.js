/**
 * `npm run gallery`: every made-up example as it is drawn everywhere: the single-file page, the SVG wide and narrow,
 * the terminal. Writes static files to a folder (the argument, or a cache folder) and prints where the index is.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build as esbuild } from "esbuild";
import { fresh, root } from "./build.js";

const out = process.argv[2] ?? join(root, "node_modules/.cache/lucida/gallery");
mkdirSync(out, { recursive: true });
const bundle = join(root, "node_modules/.cache/lucida/gallery.mjs");
await esbuild({
  stdin: {
    contents: `
      export { examples } from "./src/charts/examples/index.ts";
      export { singleFileHtml } from "./src/charts/html.ts";
      export { storySvg } from "./src/charts/svg.ts";
      export { storyText } from "./src/charts/terminal.ts";
      export { escapeMarkup } from "./src/charts/escape.ts";
      export { pageAssets } from "./src/store/assets.ts";`,
    resolveDir: root,
  },
  bundle: true,
  format: "esm",
  platform: "node",
  outfile: bundle,
});
const it = await import(pathToFileURL(bundle).href);
const assets = await it.pageAssets(await fresh());
const sections = Object.entries(it.examples).map(([name, document]) => {
  writeFileSync(join(out, `${name}.html`), it.singleFileHtml(document, assets));
  writeFileSync(join(out, `${name}.svg`), it.storySvg(document));
  writeFileSync(join(out, `${name}-narrow.svg`), it.storySvg(document, { width: 390 }));
  const text = it.escapeMarkup(it.storyText(document));
  return `<h2>${name}</h2><p><a href="${name}.html">page</a> · <a href="${name}.svg">SVG</a> · <a href="${name}-narrow.svg">SVG, narrow</a></p>
<img src="${name}.svg" alt="${name}" style="max-width:100%"><pre>${text}</pre>`;
});
const page = `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Lucida: gallery of views</title>
<style>body{font:15px/1.5 system-ui;margin:2rem;color-scheme:light dark}pre{overflow-x:auto;font-size:12px;line-height:1.2}</style><h1>Gallery of views</h1>${sections.join("\n")}`;
writeFileSync(join(out, "index.html"), page);
console.log(join(out, "index.html"));
