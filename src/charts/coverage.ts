/**
 * The four shares that say where the answer's influence runs, by size and not by sign, in the order and words used
 * everywhere. In raw neurons nearly all is left out of a chart that works: it is small, for and against, and cancels.
 */
import type { Coverage } from "../attribution/document.ts";

export interface CoveragePart {
  readonly key: keyof Coverage;
  readonly name: string;
  readonly share: number;
  /** What the share is, for people who meet it for the first time. */
  readonly meaning: string;
}

export function coverageParts(coverage: Coverage): readonly CoveragePart[] {
  return [
    {
      key: "explained",
      name: "in the chart",
      share: coverage.explained,
      meaning: "by size, runs through the boxes and tokens of this chart",
    },
    { key: "error", name: "error", share: coverage.error, meaning: "the dictionary could not rebuild it" },
    { key: "bias", name: "bias", share: coverage.bias, meaning: "the model adds it whatever the prompt says" },
    {
      key: "hidden",
      name: "left out",
      share: coverage.hidden,
      meaning: "by size, runs through units that are in no box",
    },
  ];
}
