/** The four shares that say how much of the answer a chart explains, in the order and words used everywhere. */
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
      name: "explained",
      share: coverage.explained,
      meaning: "runs through the boxes and tokens of this chart",
    },
    { key: "error", name: "error", share: coverage.error, meaning: "the dictionary could not rebuild it" },
    { key: "bias", name: "bias", share: coverage.bias, meaning: "the model adds it whatever the prompt says" },
    { key: "hidden", name: "hidden", share: coverage.hidden, meaning: "runs through units that are in no box" },
  ];
}
