/** A bench's figures as a table, held against an earlier run and against the goals; and as lines of `bench/results.md`. */
import type { Figure } from "./question.ts";

export interface BenchReport {
  readonly format: "lucida-bench";
  readonly version: 1;
  readonly lucida: string;
  readonly date: string;
  readonly machine: string;
  readonly model: string;
  /** Work waiting for processors before the bench began, a processor: above 0.3, times say little. */
  readonly loadBefore: number;
  readonly figures: readonly Figure[];
}

export function number({ value, unit }: Pick<Figure, "value" | "unit">): string {
  if (unit === "share") return `${(100 * value).toFixed(0)} %`;
  if (unit === "times") return `${value.toFixed(1)} times`;
  if (unit === "exponent") return `size^${value.toFixed(2)}`;
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

/** "goal under 6 s: met" */
export function judged({ value, goal, unit }: Figure): { met: boolean; text: string } | undefined {
  if (!goal) return undefined;
  const met = value <= (goal.most ?? Infinity) && value >= (goal.least ?? -Infinity);
  const bound = number({ value: goal.most ?? goal.least!, unit });
  return { met, text: `goal ${goal.most === undefined ? "over" : "under"} ${bound}` };
}

/** Rows [name, value, goal, against] of the table. */
export function rows(report: BenchReport, against?: BenchReport): string[][] {
  const before = new Map(against?.figures.map(f => [f.name, f]));
  return report.figures.map(figure => {
    const goal = judged(figure);
    const other = before.get(figure.name);
    const ratio = other && other.value !== 0 ? `× ${(figure.value / other.value).toFixed(2)} of ${number(other)}` : "";
    return [figure.name, number(figure), goal ? `${goal.text}: ${goal.met ? "met" : "missed"}` : "", ratio];
  });
}

/** A section for `bench/results.md`. */
export function markdown(report: BenchReport): string {
  const lines = rows(report).map(([name, value, goal]) => `| ${name} | ${value} | ${goal} |`);
  return [
    `## ${report.date}, ${report.model}`,
    "",
    `Lucida ${report.lucida} on ${report.machine}; load before it began ${report.loadBefore.toFixed(2)} a processor.`,
    "",
    "| question | figure | goal |",
    "|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}
