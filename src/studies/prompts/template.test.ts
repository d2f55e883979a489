import { expect, test } from "vitest";
import type { Tokenizer } from "../../formats/tokenizer/tokenizer.ts";
import { prompts, type TemplatePrompts } from "../study.ts";
import { templateItems } from "./template.ts";

/** Characters as tokens. */
const tokenizer = {
  encode: (text: string) => [...text].map(c => c.codePointAt(0)!),
  decode: (ids: readonly number[]) => String.fromCodePoint(...ids),
} as unknown as Tokenizer;
const countries = ["France", "Italy", "Spain", "Kenya", "Peru", "Chad", "Cuba", "Iran", "Iraq", "Mali"];
const source = (holdBy: string) =>
  prompts.parse({
    templates: ["A {country}| x", "B {country}| x", "C {country}| x", "D {country}| x", "E {country}| x"],
    holdBy,
    rows: countries.map(country => ({ country })),
  }) as TemplatePrompts;
const halves = (holdBy: string, label: string) => {
  const items = templateItems(source(holdBy), tokenizer);
  const of = (split: string) => new Set(items.filter(i => i.split === split).map(i => i.labels[label]!));
  return [of("train"), of("held-out")] as const;
};

test("held by a column, none of its values is on both sides; held by template, no sentence is, and every value is", () => {
  const [learnt, tested] = halves("country", "country");
  expect(learnt.size + tested.size).toBe(countries.length);
  const [sentences, others] = halves("template", "template");
  expect(sentences.size + others.size).toBe(5);
  expect(Math.min(sentences.size, others.size)).toBeGreaterThan(0);
  for (const side of halves("template", "country")) expect(side.size).toBe(countries.length);
});
