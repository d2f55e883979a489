/**
 * A trace as one HTML file that opens anywhere, offline, for years: the page's script and style stand in it, the trace
 * as JSON beside them, and a content-security policy forbids everything else. The story also stands in plain markup, for
 * readers without scripts. Pure: whoever calls hands in the built script and style (src/store/assets.ts).
 */
import type { TraceDocument } from "../attribution/document.ts";
import { roleOf } from "./box.ts";
import { chart } from "./chart.ts";
import { coverageParts } from "./coverage.ts";
import { escapeMarkup as e, scriptJson } from "./escape.ts";
import { percent, visible } from "./text.ts";

/** What `npm run build` makes of src/web/single, with the hashes that let a policy name it: `sha256-…` in base64. */
export interface PageAssets {
  readonly script: string;
  readonly scriptHash: string;
  readonly style: string;
  readonly styleHash: string;
}

export function singleFileHtml(document: TraceDocument, assets: PageAssets): string {
  const it = chart(document);
  const policy = `default-src 'none'; script-src '${assets.scriptHash}'; style-src '${assets.styleHash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const prompt = visible(document.prompt);
  const rows = it.boxes
    .filter(box => box.kind !== "tokens")
    .map(
      box =>
        `<li>${e([box.number ? `box ${box.number}` : "", box.label, roleOf(box), percent(box.share), box.verdict?.word].filter(Boolean).join(" · "))}</li>`,
    );
  const coverage = coverageParts(it.coverage).map(part => `${part.name} ${percent(part.share)}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${e(`${prompt.length > 80 ? `${prompt.slice(0, 80)}…` : prompt} → ${it.answerText} · Lucida`)}</title>
<link rel="icon" href="data:,">
<style>${assets.style}</style>
</head>
<body>
<div id="app"><main class="static">
${it.verdict ? `<p>${e(it.verdict.text)}</p>` : ""}
<h1>${e(prompt)} → ${e(it.answerText)} ${percent(it.probability)}</h1>
<p>${e(`${document.model.name} · ${document.basis} · ${it.what}`)}</p>
${document.story.sentences.map(s => `<p>${e(visible(s.text))}</p>`).join("\n")}
<ul>
${rows.join("\n")}
</ul>
<p>${e(coverage.join(" · "))}</p>
</main></div>
<script type="application/json" id="trace">${scriptJson(document)}</script>
<script>${assets.script}</script>
</body>
</html>
`;
}
