import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { forward } from "../../models/forward.ts";
import { argmax } from "../../models/generate.ts";
import { promptOf, typedPositions } from "../../models/prompt.ts";
import { recordRun } from "../../models/record.ts";
import { type OpenModel, openModel } from "../../store/open-model.ts";
import { trace } from "../trace.ts";
import { findVersus } from "./versus.ts";
import { sortOf, wordsOf } from "./words.ts";

/** The embedded model. */
let open: OpenModel;
beforeAll(async () => {
  const path = resolve(import.meta.dirname, "../../../specimen");
  open = await openModel({ kind: "folder", path, name: "specimen", source: "specimen" }, { threads: 1 });
});
afterAll(() => open.close());

const prompts = [
  "Fact: the capital of the state containing Dallas is",
  "Fact: the capital of Ohio is",
  "When Mary and John went to the store, John gave a drink to",
  "calc: 36+59=",
];

const answerOf = async (ids: readonly number[]) =>
  argmax(await open.model.logits((await forward(open.model, [ids])).slice(-open.model.config.dModel)));

test("every contrast is a typable text of as many tokens, differs in one word of its kind, and is answered as it says", async () => {
  for (const text of prompts) {
    const { ids } = promptOf({ text }, open);
    const { found, tried } = await findVersus(open, { text }, await recordRun(open.model, ids));
    expect(found.length, text).toBeGreaterThan(0);
    expect(tried).toBeGreaterThanOrEqual(found.length);
    for (const contrast of found.slice(0, 5)) {
      expect(promptOf({ text: contrast.text }, open).ids, contrast.text).toEqual(contrast.ids);
      expect(contrast.ids).toHaveLength(ids.length);
      const differs = [...ids.keys()].filter(p => ids[p] !== contrast.ids[p]);
      expect(contrast.positions).toEqual(differs);
      const words = wordsOf(open.tokenizer!, ids).filter(w => differs.some(p => p >= w.start && p < w.end));
      expect(words, contrast.text).toHaveLength(1);
      const [word] = words;
      const put = contrast.ids.slice(word!.start, word!.end).map(id => open.tokenizer!.token(id));
      expect(sortOf(put.join(""))).toBe(word!.sort);
      expect(await answerOf(contrast.ids)).toBe(contrast.answer);
      expect(contrast.answer).not.toBe(await answerOf(ids));
      expect(contrast.gap).toBeGreaterThanOrEqual(1);
    }
  }
});

test("names change rather than what is asked about them", async () => {
  const text = prompts[1]!;
  const { ids } = promptOf({ text }, open);
  const { found } = await findVersus(open, { text }, await recordRun(open.model, ids));
  // Among them is "Fact: the continent of Ohio is", which changes the answer as clearly.
  expect(found.some(c => c.text.endsWith("of Ohio is"))).toBe(true);
  expect(found[0]!.text).toMatch(/^Fact: the capital of \p{Lu}\w+ is$/u);
});

test("trace takes the best contrast when asked to look for one, and says so; a foil or another position wants none", async () => {
  const request = { text: prompts[1]!, findVersus: true, units: 40 };
  const { document } = await trace(open, request, { precision: "float32" });
  expect(document.versus!.found).toBe(true);
  expect(document.target.foil).toEqual(document.versus!.answer);
  expect(document.versus!.tokens).toHaveLength(document.tokens.length);
  for (const asked of [{ foil: " Austin" }, { position: 3 }, { findVersus: false }]) {
    const { document } = await trace(open, { ...request, ...asked }, { precision: "float32" });
    expect(document.versus, JSON.stringify(asked)).toBeUndefined();
  }
});

test("a prompt without a word that could be another has no contrast, and the chart says so", async () => {
  const { document } = await trace(open, { text: "of the", findVersus: true, units: 20 }, { precision: "float32" });
  expect(document.versus).toBeUndefined();
  expect(document.notes.join()).toMatch(/no contrast was found: the prompt has no word/);
});

test("words are whole: a splinter or a mark is none, and function words, special tokens and templates stay", () => {
  const tokenizer = open.tokenizer!;
  const ids = tokenizer.encode("The capital of Dallas is 36");
  const words = wordsOf(tokenizer, ids);
  expect(words.map(w => w.text)).toContain("Dallas");
  expect(words.map(w => w.text)).not.toContain("of");
  const dallas = words.find(w => w.text === "Dallas")!;
  expect(dallas.end - dallas.start).toBeGreaterThan(1);
  expect(wordsOf(tokenizer, ids, position => position !== dallas.start).map(w => w.text)).not.toContain("Dallas");
  expect(sortOf(" Dallas")).toBe(" Word");
  expect(sortOf("42")).toBe("number");
  expect(sortOf(" .")).toBeUndefined();
  const all = typedPositions({ text: "The" }, ids, tokenizer);
  expect(ids.filter((id, p) => tokenizer.specialIds.has(id) && all.has(p))).toEqual([]);
});
