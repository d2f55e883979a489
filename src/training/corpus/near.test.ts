import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { TokenizerJson } from "../tokenizer/build.ts";
import { Encoder } from "../tokenizer/encoder.ts";
import { evaluationSet } from "./examples.ts";
import { nearPrompts } from "./near.ts";
import { taskNames } from "./tasks.ts";

const encoder = new Encoder(
  JSON.parse(readFileSync(join(import.meta.dirname, "../../../specimen/tokenizer.json"), "utf8")) as TokenizerJson,
);

test("the specimen's own questions are inside, nearly all of them", () => {
  for (const name of taskNames) {
    const asked = evaluationSet(name, 20, 12, encoder);
    const outside = asked
      .filter(e => !nearPrompts(e.prompt).inside)
      .map(e => `${e.prompt} ${nearPrompts(e.prompt).sentence}`);
    expect(outside.length / asked.length, outside.join("\n")).toBeLessThanOrEqual(0.1);
  }
});

test("other sentences are outside, and near ones of the same kind are offered", () => {
  for (const text of [
    "Once upon a time there was a little dragon who",
    "import numpy as np",
    "Dear sir or madam, with reference to your invoice",
    "Wie spät ist es in Hamburg?",
    "asdf qwer",
  ]) {
    const { inside, sentence, near } = nearPrompts(text);
    expect(inside, text).toBe(false);
    expect(sentence).toContain(near[0]!.replaceAll("\n", " ⏎ "));
    expect(near.length).toBe(5);
  }
  expect(nearPrompts("What is the capital of the state that Dallas is in?").near.join("\n")).toMatch(/capital of the/);
});

test("a city that it never met is named", () => {
  const { inside, sentence } = nearPrompts("Fact: the capital of the state containing Gotham is");
  expect(inside).toBe(false);
  expect(sentence).toContain("Gotham");
  expect(nearPrompts("Fact: the capital of the state containing Dallas is").inside).toBe(true);
});
