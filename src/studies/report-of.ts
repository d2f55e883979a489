/** What a study found, whole: the JSON that is printed and kept, and from which pages are made. */
import type { Finding, Row, Verdict } from "./finding.ts";
import type { Null } from "./scene.ts";
import type { Share } from "./stats.ts";

export interface GateResult {
  readonly measure: "exact" | "choice";
  readonly share: Share;
  readonly need: number;
  readonly passed: boolean;
  /** What the answer would be right in by chance, where that is not next to nothing: half of all choices between two. */
  readonly chance?: number;
  /** Among training prompts, for comparison. */
  readonly training?: Share;
  /** By the values of a label: what the model was shown in its training and what it never was. */
  readonly told?: readonly { readonly label: string; readonly value: string; readonly share: Share }[];
  readonly rows: readonly Row[];
}

export interface StudyReport {
  readonly format: "lucida-study";
  readonly version: 1;
  readonly study: string;
  readonly title: string;
  readonly question: string;
  readonly ability: string;
  readonly after?: string;
  readonly model: string;
  readonly weights: string;
  readonly seed: number;
  readonly ground: "specimen" | "any";
  readonly note?: string;
  readonly null?: Null;
  readonly verdict: Verdict;
  /** One sentence for a curious person. */
  readonly sentence: string;
  readonly gate: GateResult;
  readonly findings: readonly Finding[];
  readonly items: { readonly training: number; readonly heldOut: number };
  readonly runs: number;
}
