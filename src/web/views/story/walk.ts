/**
 * Walking a chart by keyboard: to the strongest input, the strongest output, or the next-best of the list one came
 * from. Pure, so that it can be tested without a screen.
 */
import type { Chart } from "../../../charts/chart.ts";

export type Step = "input" | "output" | "next" | "previous";

/** Boxes that feed `id` (or that it feeds), strongest first. */
export function neighbours(chart: Chart, id: string, way: "input" | "output"): string[] {
  const here = way === "input" ? "target" : "source";
  const there = way === "input" ? "source" : "target";
  return chart.links
    .filter(link => link[here] === id && !link.back)
    .sort((a, b) => b.share - a.share)
    .map(link => link[there]);
}

export interface Walk {
  readonly at: string;
  /** The list that "next" and "previous" go through. */
  readonly list: readonly string[];
}

export function walk(chart: Chart, from: Walk, step: Step): Walk {
  if (step === "input" || step === "output") {
    const list = neighbours(chart, from.at, step);
    return list.length ? { at: list[0]!, list } : from;
  }
  const list = from.list.includes(from.at) ? from.list : chart.boxes.map(box => box.id);
  const i = list.indexOf(from.at) + (step === "next" ? 1 : -1);
  return { at: list[Math.max(0, Math.min(list.length - 1, i))] ?? from.at, list };
}
