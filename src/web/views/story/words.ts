/** Words that the story view uses in several places. */
import type { Label } from "../../../attribution/document.ts";

export const labelSource: Readonly<Record<Label["source"] | "place", string>> = {
  says: "named after the tokens it promotes",
  reads: "named after the tokens it reads",
  examples: "named after its examples in a corpus",
  role: "named after what it reads and does",
  user: "named by you",
  model: "named by a language model",
  contrast: "named after what differs from the other prompt",
  place: "no label yet; shown by its place",
};
