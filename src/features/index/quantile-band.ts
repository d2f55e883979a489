/** Examples of one band of quantiles: plain data, and what it is called. */
import type { Example } from "./record.ts";

export interface QuantileBand {
  /** Of the windows where the unit fires, ordered by its peak in them, this share lies below the band ... */
  readonly low: number;
  /** ... and this below its end. */
  readonly high: number;
  /** Peaks of these examples lie in [from, to]. */
  readonly from: number;
  readonly to: number;
  /** Strongest first. */
  readonly examples: readonly Example[];
}

/** "80th to 95th percentile, 0.31 to 0.94" */
export function bandWords({ low, high, from, to }: QuantileBand): string {
  const short = (v: number) => String(Number(v.toPrecision(2)));
  const place = low === 0 ? `weakest ${percent(high)} %` : `${percent(low)}th to ${percent(high)}th percentile`;
  return `${place}, ${short(from)} to ${short(to)}`;
}

const percent = (share: number): number => Math.round(share * 100);
