/** Items of the specimen's own corpus: every question with its parts, its bridge and its contrast. */
import { internal } from "../../core/problem.ts";
import { type Example, examples } from "../../training/corpus/examples.ts";
import { hash } from "../../training/corpus/random.ts";
import { nouns, opposites, triples } from "../../training/corpus/words.ts";
import type { Encoder } from "../../training/tokenizer/encoder.ts";
import type { Item, Place } from "../item.ts";
import type { CorpusPrompts } from "../study.ts";

/** The English word of a concept, by its word in any language. */
const concepts = new Map<string, string>();
for (const triple of triples) for (const word of triple) concepts.set(word, triple[0]);
const categoryOf = new Map<string, string>(nouns.map(noun => [noun.word[0], noun.category[0]]));
const oppositeOf = new Map<string, string>(
  opposites.flatMap(({ a, b }) => [
    [a[0], b[0]],
    [b[0], a[0]],
  ]),
);

export function corpusItems(source: CorpusPrompts, encoder: Encoder, seed: number, motive = false): Item[] {
  const kinds = source.kind === undefined ? [undefined] : [source.kind].flat();
  const each = Math.ceil(source.count / kinds.length);
  return kinds.flatMap(kind =>
    examples(source.task, encoder, {
      count: each,
      seed,
      split: source.split,
      motive,
      contrast: source.contrast ?? true,
      ...(kind === undefined ? {} : { kind }),
    }).map(example => itemOf(example, encoder, source)),
  );
}

/** A source that deals says which of the shown prompts are kept to test on; else the corpus's split is the study's. */
const splitOf = ({ deal }: CorpusPrompts, { prompt, split }: Example): Item["split"] =>
  deal !== undefined && split === "train" && hash(`lucida study deal/${prompt}`) / 2 ** 32 < deal ? "held-out" : split;

function itemOf(example: Example, encoder: Encoder, source: CorpusPrompts): Item {
  const { prompt, answer, story, split, task, kind, versus, foil, alternatives = [] } = example;
  const shown = split === "train" ? "yes" : "no";
  const ids = [encoder.bos, ...encoder.encode(prompt)];
  const roles: Record<string, Place> = {};
  const labels: Record<string, string> = { task, answer: answer.trim(), shown, ...(kind && { kind }) };
  for (const [role, { first, last, text, also }] of Object.entries(story.roles)) {
    if (last >= ids.length) throw internal(`the role ${role} of ${prompt} lies outside it`);
    roles[role] = { first, last, ...(also ? { also } : {}) };
    labels[role] = text;
  }
  if (story.bridge) labels.bridge = story.bridge;
  Object.assign(labels, derived({ ...labels, prompt }), source.labels ?? {});
  Object.assign(roles, turns(prompt, encoder));
  return {
    id: prompt,
    split: splitOf(source, example),
    prompt,
    answer,
    ids,
    answerIds: encoder.encode(answer),
    otherIds: alternatives.map(text => encoder.encode(text)),
    roles,
    labels,
    ...(foil === undefined ? {} : { foil, foilIds: encoder.encode(foil) }),
    ...(versus && {
      versus: {
        prompt: versus.prompt,
        answer: versus.answer,
        ids: [encoder.bos, ...encoder.encode(versus.prompt)],
        answerIds: encoder.encode(versus.answer),
      },
    }),
  };
}

/** Labels that follow from others. */
function derived(labels: Readonly<Record<string, string>>): Record<string, string> {
  const out: Record<string, string> = {};
  const concept = labels.word === undefined ? undefined : concepts.get(labels.word);
  if (concept !== undefined) {
    out.concept = concept;
    const category = categoryOf.get(concept);
    const opposite = oppositeOf.get(concept);
    if (category) out.category = category;
    if (opposite) out.opposite = opposite;
  }
  const { task, kind } = labels;
  if (task === "opposites" || task === "categories") out.language = kind ?? "English";
  if ((task === "translation" || task === "opposites-across") && kind) {
    const [from, to] = kind.split("-");
    if (from && to) Object.assign(out, { language: from, into: to });
  }
  // "and she chased …": who is told by the first line, and must stay when the rhyme is exchanged.
  if (task === "couplets" && labels.answer) out.who = labels.answer.split(" ")[1] ?? "";
  if (task === "people" && kind) out.known = kind.startsWith("known") ? "known" : "stranger";
  if (task === "agreement" && labels.answer) out.number = /^(is|was|has)\b/.test(labels.answer) ? "singular" : "plural";
  if (task === "bugs" && kind) {
    const [syntax, mistake] = kind.split(":");
    if (syntax && mistake) Object.assign(out, { syntax, mistake, runs: mistake === "none" ? "runs" : "fails" });
  }
  if (task === "age" && kind) {
    const [asks, change] = kind.split(":");
    out.question = labels.prompt?.match(/User: ([^\n]*\?)\nHelper:$/)?.[1] ?? "summary";
    Object.assign(out, { asks: asks!, changed: change === "changed" ? "yes" : "no" });
  }
  if (labels.a !== undefined && labels.b !== undefined && /^\d+$/.test(labels.a) && /^\d+$/.test(labels.b)) {
    out.ones = `${(Number(labels.a) + Number(labels.b)) % 10}`;
  }
  return out;
}

/** The ends of the turns of a conversation: turn1, turn2 … are the line breaks after the helper has spoken. */
function turns(prompt: string, encoder: Encoder): Record<string, Place> {
  if (!prompt.includes("Helper:")) return {};
  const { starts, ends } = encoder.encodeWithPieces(prompt);
  const out: Record<string, Place> = {};
  let turn = 0;
  for (const match of prompt.matchAll(/\nHelper: [^\n]*\n/g)) {
    const end = match.index + match[0].length;
    const at = starts.findIndex((start, i) => start < end && ends[i]! >= end);
    if (at >= 0) out[`turn${++turn}`] = { first: at + 1, last: at + 1 };
  }
  return out;
}
