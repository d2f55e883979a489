/**
 * How things look in a terminal: colours, numbers for people, and progress with an estimate.
 * Knows streams and columns, and nothing of what is being done.
 */
import pc from "picocolors";

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours when `stream` is a terminal and NO_COLOR is not set (FORCE_COLOR overrides the first). */
export function colorsFor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Colors {
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "" && env.FORCE_COLOR !== "0";
  const refused = (env.NO_COLOR ?? "") !== "" || env.FORCE_COLOR === "0" || env.TERM === "dumb";
  return pc.createColors(!refused && (forced || Boolean(stream.isTTY)));
}

/** 98 kB, 1.2 MB, 14 GB: powers of ten, as disks and downloads are sold. */
export function bytes(n: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (n >= 999.5 && unit < units.length - 1) {
    n /= 1000;
    unit++;
  }
  return unit === 0 ? `${n} bytes` : `${n < 9.95 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

/** 8 s, 2 min 05 s, 1 h 12 min. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.ceil(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
}

/** One piece of long work. */
export interface Phase {
  /** `done` of `total` so far (the total may become known, or change, on the way). */
  update(done: number, total?: number): void;
  /** It is over: the line goes away. `text` stays, when given. */
  end(text?: string): void;
}

export interface Progress {
  /** Begins a phase. `unit` "bytes" shows sizes and a rate; any other word is shown behind the counts. */
  start(label: string, options?: { total?: number; unit?: string }): Phase;
}

/** How often a line is written where it can't be rewritten, in seconds. */
const sparse = 10;

/**
 * Progress on `stream`: one line rewritten ten times a second in a terminal; elsewhere a plain line every ten seconds,
 * so that short work says nothing.
 */
export function progressOn(
  stream: { isTTY?: boolean; columns?: number; write(text: string): unknown },
  now: () => number = () => performance.now() / 1000,
): Progress {
  return {
    start(label, { total: expected, unit = "" } = {}) {
      const began = now();
      let total = expected;
      let done = 0;
      let written = began;
      let shown = false;
      const estimate = new Estimate(now);

      const line = (): string => {
        const parts: string[] = [];
        const size = (n: number) => (unit === "bytes" ? bytes(n) : `${n}`);
        if (total !== undefined && total > 0) {
          parts.push(`${Math.floor((100 * Math.min(done, total)) / total)} %`);
          parts.push(`${size(done)} of ${size(total)}${unit && unit !== "bytes" ? ` ${unit}` : ""}`);
        } else if (done > 0) parts.push(`${size(done)}${unit && unit !== "bytes" ? ` ${unit}` : ""}`);
        const rate = estimate.rate();
        if (rate !== undefined && rate > 0) {
          if (unit === "bytes") parts.push(`${bytes(Math.round(rate))}/s`);
          if (total !== undefined && done < total) parts.push(`${duration((total - done) / rate)} left`);
        }
        return [label, parts.join(" · ")].filter(Boolean).join("  ");
      };

      return {
        update(n, newTotal) {
          done = n;
          if (newTotal !== undefined) total = newTotal;
          estimate.add(n);
          const time = now();
          if (stream.isTTY) {
            if (shown && time - written < 0.1) return;
            const width = (stream.columns || 80) - 1;
            stream.write(`\r${line().slice(0, width)}\x1b[K`);
          } else {
            if (time - written < sparse) return;
            stream.write(`${line()}\n`);
          }
          shown = true;
          written = time;
        },
        end(text) {
          if (stream.isTTY && shown) stream.write("\r\x1b[K");
          if (text) stream.write(`${text}\n`);
          shown = false;
        },
      };
    },
  };
}

/** How fast it goes now: over the last ten seconds, and only after one second, since the first figures mislead. */
class Estimate {
  private readonly seen: { time: number; done: number }[] = [];
  private readonly now: () => number;
  constructor(now: () => number) {
    this.now = now;
  }
  add(done: number): void {
    const time = this.now();
    const last = this.seen.at(-1);
    if (last && time - last.time < 0.1) return;
    this.seen.push({ time, done });
    while (this.seen.length > 2 && time - this.seen[0]!.time > 10) this.seen.shift();
  }
  rate(): number | undefined {
    const first = this.seen[0];
    const last = this.seen.at(-1);
    if (!first || !last || last.time - first.time < 1) return undefined;
    return (last.done - first.done) / (last.time - first.time);
  }
}
