/** Words that the story view uses in several places. */
import type { Label } from "../../../attribution/document.ts";
import { visible } from "../../../charts/text.ts";

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

/** A test of a box in plain words; an intervention of another kind stays the sentence that it is. */
export function testWords(what: string): string {
  if (/^swap /.test(what)) {
    const other = /from "(.*)"$/s.exec(what)?.[1];
    return other === undefined ? "given the other prompt’s values" : `given the values of “${visible(other)}”`;
  }
  const factor = /^scale .* by (-?[\d.]+)$/s.exec(what)?.[1];
  if (factor === undefined) return visible(what);
  return factor === "0" ? "switched off" : factor === "-1" ? "reversed" : `times ${factor.replace("-", "−")}`;
}
