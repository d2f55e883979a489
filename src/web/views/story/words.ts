/** Words that the story view uses in several places. */
import type { Label } from "../../../attribution/document.ts";
import type { ChartBox } from "../../../charts/chart.ts";

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

/** What a screen reader says of a box, in one sentence. */
export function spoken(box: ChartBox, share: string): string {
  const name =
    box.kind === "answer" ? `answer: ${box.label}` : box.kind === "tokens" ? `token ${box.label}` : box.label;
  const parts = [
    box.number ? `${box.number}. ${name}` : name,
    box.kind === "answer" ? "" : `${share} of the answer, ${box.effect < 0 ? "against" : "for"} it`,
    box.verdict?.word ?? "",
    box.error > 0 ? "partly fed by error" : "",
  ];
  return parts.filter(Boolean).join(", ");
}
