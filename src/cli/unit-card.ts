/** One unit's evidence as lines for a terminal, and as an HTML page. Knows no files. */
import { escapeMarkup as e } from "../charts/escape.ts";
import { bandWords } from "../features/index/quantile-band.ts";
import type { Example, UnitRecord } from "../features/index/record.ts";
import type { Colors } from "./output.ts";

/** Texts of a window's tokens. */
export type Texts = (window: number) => readonly string[];

const blocks = " ▁▂▃▄▅▆▇█";

/** Tokens around the peak of an example that fit in `width`, the most active ones marked. */
function exampleLine({ at, acts, window, value }: Example, texts: Texts, width: number, color: Colors): string {
  const tokens = texts(window);
  const shown = (t: number) => (tokens[t] ?? "").replaceAll("\n", "⏎").replaceAll("\t", " ");
  const room = width - 12;
  let from = at;
  let to = at + 1;
  let used = shown(at).length;
  while (used < room && (from > 0 || to < tokens.length)) {
    if (from > 0) used += shown(--from).length;
    if (to < tokens.length && used < room) used += shown(to++).length;
  }
  const sign = Math.sign(acts[at]!) || 1;
  const line = Array.from({ length: to - from }, (_, i) => {
    const t = from + i;
    const strength = (sign * (acts[t] ?? 0)) / 127;
    const text = shown(t);
    if (t === at) return color.bold(color.inverse(text));
    return strength > 0.5 ? color.yellow(color.bold(text)) : strength > 0.15 ? color.yellow(text) : text;
  }).join("");
  return `${value.toFixed(2).padStart(9)}  ${line}`;
}

export function unitLines(record: UnitRecord, texts: Texts, tokens: number, width: number, color: Colors): string[] {
  const { top, low, quantiles, histogram, label } = record;
  const lines = [
    color.bold(`unit ${record.layer}.${record.index}`) +
      (label
        ? `  ${label.text} ${color.dim(`(from ${label.examples.length} of ${top.length} examples, confidence ${label.confidence.toFixed(2)})`)}`
        : color.dim("  no label: the evidence bears none")),
    `fires at ${(100 * record.density).toFixed(2)} % of ${tokens} tokens; from ${record.min.toFixed(2)} to ${record.max.toFixed(2)}, mean ${record.mean.toFixed(3)}`,
  ];
  if (histogram.range > 0) {
    const pairs = Array.from({ length: 32 }, (_, i) => histogram.counts[2 * i]! + histogram.counts[2 * i + 1]!);
    const most = Math.log1p(Math.max(...pairs));
    const bars = pairs.map(n => (n === 0 ? " " : blocks[Math.max(1, Math.round((8 * Math.log1p(n)) / most))])).join("");
    lines.push(
      `${(-histogram.range).toString().padStart(9)} ${color.cyan(bars)} ${histogram.range}  ${color.dim("counts, log scale")}`,
    );
  }
  const list = (words: UnitRecord["promotes"]) => words?.map(t => t.text.trim()).join(", ") ?? "";
  if (record.promotes) lines.push(`promotes    ${list(record.promotes)}`, `suppresses  ${list(record.suppresses)}`);
  const part = (title: string, examples: readonly Example[]) => {
    if (examples.length > 0)
      lines.push("", color.dim(title), ...examples.map(x => exampleLine(x, texts, width, color)));
  };
  part("strongest", top.slice(0, 10));
  for (const band of quantiles.toReversed()) part(bandWords(band), band.examples);
  part("most negative", low.slice(0, 5));
  return lines;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A page that opens offline: no script, one style, colours of light and dark. */
export function unitPage(record: UnitRecord, texts: Texts, tokens: number, model: string): string {
  const token = (text: string, act: number, peak: boolean) => {
    const strength = Math.min(1, Math.abs(act) / 127);
    const kind = act >= 0 ? "p" : "n";
    const shown = e(text).replaceAll("\n", "⏎\n");
    return strength < 0.04 && !peak
      ? shown
      : `<span class="${kind}${Math.ceil(strength * 8)}${peak ? " peak" : ""}">${shown}</span>`;
  };
  const example = ({ window, at, acts, value }: Example) =>
    `<li><b>${value.toFixed(2)}</b><p>${texts(window)
      .map((text, t) => token(text, acts[t] ?? 0, t === at))
      .join("")}</p></li>`;
  const part = (title: string, examples: readonly Example[]) =>
    examples.length > 0 ? `<h2>${e(title)}</h2><ol>${examples.map(example).join("")}</ol>` : "";
  const words = (title: string, list: UnitRecord["promotes"]) =>
    list ? `<p><b>${title}</b> ${list.map(t => `<code>${e(t.text)}</code>`).join(" ")}</p>` : "";
  const { histogram, label } = record;
  const most = Math.log1p(Math.max(1, ...histogram.counts));
  const bars = histogram.counts
    .map((n, i) => {
      const height = (40 * Math.log1p(n)) / most;
      return `<rect x="${i * 5}" y="${(44 - height).toFixed(1)}" width="4" height="${height.toFixed(1)}"/>`;
    })
    .join("");
  const shades = Array.from({ length: 8 }, (_, i) => {
    const share = (i + 1) * 9;
    return `.p${i + 1}{background:color-mix(in srgb,#e69f00 ${share}%,transparent)}.n${i + 1}{background:color-mix(in srgb,#0072b2 ${share}%,transparent)}`;
  }).join("");
  const name = `unit ${record.layer}.${record.index}`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${e(`${name} of ${model}`)}</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}
ol{list-style:none;padding:0}li{display:grid;grid-template-columns:4rem 1fr;gap:1rem;border-top:1px solid #8884;padding:.5rem 0}
li p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:14px/1.6 ui-monospace,monospace}li b{text-align:right;font-variant-numeric:tabular-nums}
code{background:#8882;padding:.1em .3em;border-radius:.25em;white-space:pre}h2{font-size:1rem;margin:2rem 0 .5rem}rect{fill:currentColor}
.peak{outline:2px solid currentColor;border-radius:2px}${shades}
@media(max-width:30rem){li{grid-template-columns:1fr;gap:0}li b{text-align:left}}</style>
<h1>${name}${label ? `: ${e(label.text)}` : ""}</h1>
<p>${e(model)}. Fires at ${(100 * record.density).toFixed(2)} % of ${tokens} tokens; from ${record.min.toFixed(2)} to ${record.max.toFixed(2)}.
${label ? `Label from ${label.examples.length} of ${record.top.length} examples, confidence ${label.confidence.toFixed(2)}.` : "No label: the evidence bears none."}</p>
<svg viewBox="0 0 320 44" width="320" height="44" role="img" aria-label="histogram, log scale"><title>from −${histogram.range} to ${histogram.range}, log scale</title>${bars}</svg>
${words("Promotes", record.promotes)}${words("Suppresses", record.suppresses)}
${part("Strongest", record.top)}${record.quantiles
  .toReversed()
  .map(band => part(capital(bandWords(band)), band.examples))
  .join("")}${part("Most negative", record.low)}
</html>
`;
}
