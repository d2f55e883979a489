/** A short phrase about a unit, with where its words come from. The same shape as in a saved trace. */
export interface UnitLabel {
  readonly text: string;
  /** "says": what it does to the next token; "reads": the word that feeds it; "examples": where it fires in a corpus. */
  readonly source: "says" | "reads" | "examples" | "user" | "model";
  /** 0 to 1: how much of the evidence agrees. Below `least` there is no label: none is better than a wrong one. */
  readonly confidence: number;
}

/** The least confidence with which anything is said. */
export const least = 0.35;
