/** What every page of a report begins and ends with. It opens offline, runs nothing and loads nothing. */
import { escapeMarkup as e } from "../../charts/escape.ts";
import { style } from "./style.ts";

export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${e(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body><main>
${body}
</main></body>
</html>
`;
}

export const chip = (word: string): string => `<span class="chip ${e(word)}">${e(word)}</span>`;
