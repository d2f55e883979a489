/** Small charts as SVG: bars with intervals, lines, heat maps, operand plots. They take their colours from the page. */
import { strToU8, zlibSync } from "fflate";
import { escapeMarkup as e } from "../../charts/escape.ts";
import type { Arm, Chart } from "../finding.ts";
import { percent } from "../stats.ts";

export function draw(chart: Chart): string {
  switch (chart.kind) {
    case "bars":
      return figure(chart.title, bars(chart.bars, chart.need));
    case "lines":
      return figure(chart.title, lines(chart));
    case "heat":
      return figure(chart.title, heat(chart));
    case "grid":
      return figure(chart.title, grid(chart));
  }
}

const figure = (title: string, svg: string): string => `<figure><figcaption>${e(title)}</figcaption>${svg}</figure>`;

const image = (width: number, height: number, label: string, inside: string): string =>
  `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${e(label)}">${inside}</svg>`;

const clamp = (v: number): number => Math.max(0, Math.min(1, Number.isFinite(v) ? v : 0));

/** One bar a line, the first in colour, with its interval; a dashed line where the bar must reach. */
function bars(arms: readonly Arm[], need: number | undefined): string {
  const [width, left, row] = [430, 8, 34];
  const scale = 330;
  const x = (v: number) => left + clamp(v) * scale;
  const height = arms.length * row + 6;
  const rows = arms.map((arm, i) => {
    const y = i * row;
    const { value, low, high, n } = arm.share;
    return `<text x="${left}" y="${y + 12}" class="label">${e(arm.name)}${arm.attention ? ` <tspan class="muted">${arm.attention}</tspan>` : ""}</text>
<rect x="${left}" y="${y + 17}" width="${(clamp(value) * scale).toFixed(1)}" height="9" class="${i === 0 ? "main" : "control"}"/>
<path d="M${x(low).toFixed(1)} ${y + 21.5}H${x(high).toFixed(1)}M${x(low).toFixed(1)} ${y + 18}v7M${x(high).toFixed(1)} ${y + 18}v7" class="interval"/>
<text x="${Math.min(x(Math.max(high, value)) + 6, left + scale + 6).toFixed(1)}" y="${y + 26}" class="number">${percent(value)} <tspan class="muted">n ${n}</tspan></text>`;
  });
  const line = need === undefined ? "" : `<path d="M${x(need)} 0V${height}" class="need"/>`;
  const label = arms.map(a => `${a.name} ${percent(a.share.value)}`).join(", ");
  return image(width, height, label, line + rows.join("\n"));
}

function lines(chart: Extract<Chart, { kind: "lines" }>): string {
  const [width, height, left, bottom, top] = [430, 170, 34, 30, 10];
  const most = Math.max(...chart.x);
  const least = Math.min(...chart.x);
  const ys = chart.lines.flatMap(l => l.y).filter(Number.isFinite);
  const ceiling = Math.max(...ys, 0.01) > 0.35 ? 1 : Math.ceil(Math.max(...ys, 0.01) * 20) / 20;
  const x = (v: number) => left + ((v - least) / (most - least || 1)) * (width - left - 110);
  const y = (v: number) => top + (1 - Math.max(0, Math.min(1, v / ceiling))) * (height - top - bottom);
  const ticks = [0, ceiling / 2, ceiling].map(
    v =>
      `<path d="M${left} ${y(v)}H${width - 110}" class="tick"/><text x="${left - 5}" y="${y(v) + 4}" class="number end">${Math.round(100 * v)}</text>`,
  );
  const mark = chart.mark === undefined ? "" : `<path d="M${x(chart.mark)} ${top}V${height - bottom}" class="need"/>`;
  // Names stand at the ends of their lines, pushed apart where they would overlap.
  let below = -Infinity;
  const ends = chart.lines
    .map((line, i) => ({ i, at: y(line.y.at(-1) ?? 0) + 4 }))
    .sort((a, b) => a.at - b.at)
    .map(({ i, at }) => {
      below = Math.max(at, below + 13);
      return `<text x="${width - 104}" y="${below}" class="number line${i % 4}">${e(chart.lines[i]!.name)}</text>`;
    });
  const paths = chart.lines.map((line, i) => {
    const points = line.y
      .map((v, k) => (Number.isFinite(v) ? `${x(chart.x[k]!).toFixed(1)} ${y(v).toFixed(1)}` : ""))
      .filter(p => p !== "");
    return `<path d="M${points.join("L")}" class="curve line${i % 4}"/>`;
  });
  const below0 = [least, chart.mark, most]
    .filter((v, i, all): v is number => v !== undefined && all.indexOf(v) === i)
    .map(
      v =>
        `<text x="${x(v)}" y="${height - bottom + 13}" class="number middle">${Number.isInteger(v) ? v : v.toFixed(2)}</text>`,
    );
  return image(
    width,
    height,
    chart.title,
    [
      ...ticks,
      mark,
      ...paths,
      ...ends,
      ...below0,
      `<text x="${left}" y="${height - 3}" class="muted">${e(chart.xName)}</text>`,
    ].join(""),
  );
}

function heat(chart: Extract<Chart, { kind: "heat" }>): string {
  const left = 8 + 6.4 * Math.max(...chart.rows.map(r => r.length), 4);
  const cell = chart.columns.length > 16 ? 18 : 26;
  const row = chart.rows.length > 16 ? 12 : 20;
  const width = Math.max(200, left + chart.columns.length * cell + 8);
  const height = chart.rows.length * row + 18;
  const cells = chart.values.flatMap((values, r) =>
    values.map((v, c) => {
      const [x, y] = [left + c * cell, r * row];
      if (!Number.isFinite(v)) return `<rect x="${x}" y="${y}" width="${cell - 1}" height="${row - 1}" class="none"/>`;
      return `<rect x="${x}" y="${y}" width="${cell - 1}" height="${row - 1}" class="heat" fill-opacity="${clamp(v).toFixed(2)}"><title>${e(`${chart.rows[r]}, ${chart.columns[c]}: ${percent(v)}`)}</title></rect>`;
    }),
  );
  const names = chart.rows.map(
    (name, r) => `<text x="${left - 5}" y="${r * row + row / 2 + 3}" class="number end">${e(name)}</text>`,
  );
  const heads = chart.columns.map(
    (name, c) => `<text x="${left + c * cell + cell / 2}" y="${height - 4}" class="number middle">${e(name)}</text>`,
  );
  return image(Math.ceil(width), height, chart.title, cells.join("") + names.join("") + heads.join(""));
}

/** Green above zero, purple below, as everywhere; a on the right, b upwards. */
function grid(chart: Extract<Chart, { kind: "grid" }>): string {
  const { size, values } = chart;
  const pixels = new Uint8Array(size * (1 + size * 4));
  for (let b = 0; b < size; b++) {
    for (let a = 0; a < size; a++) {
      const v = values[(size - 1 - b) * size + a]!;
      const at = b * (1 + size * 4) + 1 + a * 4;
      pixels.set(v >= 0 ? [27, 120, 55] : [118, 42, 131], at);
      pixels[at + 3] = Math.round(255 * Math.min(1, Math.abs(v)));
    }
  }
  const shown = `<img src="${png(size, pixels)}" width="200" height="200" alt="${e(chart.title)}">`;
  return `<div class="plot">${shown}<span>first number →, second number ↑, 0 to 99</span></div>`;
}

/** An RGBA picture; rows begin with a filter byte of 0. */
function png(size: number, rows: Uint8Array): string {
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, size);
  view.setUint32(4, size);
  head.set([8, 6, 0, 0, 0], 8);
  const parts = [
    Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10),
    chunk("IHDR", head),
    chunk("IDAT", zlibSync(rows)),
    chunk("IEND", new Uint8Array(0)),
  ];
  let text = "";
  for (const part of parts) for (const byte of part) text += String.fromCharCode(byte);
  return `data:image/png;base64,${base64(text)}`;
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(strToU8(name), 4);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc(out.subarray(4, 8 + data.length)));
  return out;
}

function crc(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return (c ^ 0xffffffff) >>> 0;
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
function base64(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i += 3) {
    const [a, b, c] = [text.charCodeAt(i), text.charCodeAt(i + 1), text.charCodeAt(i + 2)];
    out += letters[a >> 2]! + letters[((a & 3) << 4) | ((b || 0) >> 4)]!;
    out += i + 1 < text.length ? letters[((b & 15) << 2) | ((c || 0) >> 6)]! : "=";
    out += i + 2 < text.length ? letters[c & 63]! : "=";
  }
  return out;
}
