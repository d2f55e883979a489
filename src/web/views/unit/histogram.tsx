/** How often a unit takes which value, on a logarithmic scale, with the values of this prompt marked. */
import { figure } from "../../../charts/text.ts";

export interface HistogramProps {
  /** Counts in equal bins from −range to range. */
  readonly histogram: { readonly range: number; readonly counts: readonly number[] };
  readonly here: readonly number[];
}

const width = 320;
const height = 64;

export function Histogram({ histogram: { range, counts }, here }: HistogramProps) {
  if (range === 0) return <p class="hint">It never fired.</p>;
  // A unit that is never negative is drawn from zero on.
  const half = counts.length / 2;
  const first = counts.slice(0, half).every(n => n === 0) ? half : 0;
  const bars = counts.slice(first);
  const least = first === 0 ? -range : 0;
  const most = Math.log1p(Math.max(...bars));
  const step = width / bars.length;
  const x = (value: number) => Math.max(1, Math.min(width - 1, ((value - least) / (range - least)) * width));
  const marks = [...new Set(here.map(v => Math.round(x(v))))];
  const strongest = here.reduce((best, v) => (Math.abs(v) > Math.abs(best) ? v : best), 0);
  return (
    <figure class="histogram">
      <svg viewBox={`0 0 ${width} ${height + 12}`} role="img" aria-label={said(range, least, strongest, here.length)}>
        {bars.map((n, i) => {
          const h = n === 0 ? 0 : Math.max(1.5, (height * Math.log1p(n)) / most);
          return <rect key={i} x={i * step} y={height - h} width={Math.max(1, step - 1)} height={h} />;
        })}
        <line class="base" x1="0" x2={width} y1={height} y2={height} />
        {least < 0 && <line class="zero" x1={x(0)} x2={x(0)} y1="0" y2={height} />}
        {marks.map(at => (
          <path key={at} class="here" d={`M${at} ${height + 1}l5 9h-10z`} />
        ))}
      </svg>
      <figcaption class="hint">
        {figure(least)}{" "}
        <span>{here.length > 0 ? `▲ this prompt, up to ${figure(strongest)}` : "counts, log scale"}</span>{" "}
        {figure(range)}
      </figcaption>
    </figure>
  );
}

function said(range: number, least: number, strongest: number, many: number): string {
  const scale = `histogram of activations from ${figure(least)} to ${figure(range)}, counts on a log scale`;
  return many > 0 ? `${scale}; in this prompt up to ${figure(strongest)}` : scale;
}
