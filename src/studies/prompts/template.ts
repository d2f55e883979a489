/** Items from sentences with slots and rows of values, for any model. */
import { Problem } from "../../core/problem.ts";
import { type ChatMessage, chatPrompt } from "../../formats/chat-template.ts";
import type { Tokenizer } from "../../formats/tokenizer/tokenizer.ts";
import { answerOf, line, promptOf } from "../../training/corpus/line.ts";
import { hash } from "../../training/corpus/random.ts";
import type { Item } from "../item.ts";
import type { TemplatePrompts } from "../study.ts";
import { answerIdsOf, spansOf } from "./spans.ts";

/** Every template with every row. Throws a Problem for a slot that no column fills. */
export function templateItems(source: TemplatePrompts, tokenizer: Tokenizer): Item[] {
  const items: Item[] = [];
  source.templates.forEach((template, t) => {
    for (const row of source.rows) {
      const item = itemOf(source, template, t, row, tokenizer);
      if (item) items.push(item);
    }
  });
  return withContrasts(items, source);
}

function itemOf(
  source: TemplatePrompts,
  template: string,
  number: number,
  row: Readonly<Record<string, string>>,
  tokenizer: Tokenizer,
): Item | undefined {
  const missing = [...template.matchAll(/\{([A-Za-z0-9]+)\}/g)].map(m => m[1]!).filter(slot => row[slot] === undefined);
  if (missing.length > 0) {
    throw new Problem(`the template needs {${missing[0]}}, which the row ${JSON.stringify(row)} does not have`, {
      where: `in the template ${JSON.stringify(template)}`,
      advice: "a value for it in every row",
    });
  }
  const made = line(template.split("|").length === 2 ? `${template}|` : template, row);
  const prompt = promptOf(made);
  const answer = answerOf(made);
  const chat = source.chat && tokenizer.chatTemplate;
  const asked = chat ? chatText(tokenizer, prompt.trim()) : prompt;
  const ids = tokenizer.encode(asked, { special: !(chat && startsWithBos(asked, tokenizer)) });
  const said = chat ? answer.trimStart() : answer;
  const key =
    source.holdBy === undefined
      ? JSON.stringify(row)
      : (row[source.holdBy] ?? (source.holdBy === "template" ? template : ""));
  const foil = source.foil === undefined ? undefined : row[source.foil];
  const idsOf = (text: string) =>
    chat ? tokenizer.encode(text, { special: false }) : answerIdsOf(tokenizer, ids, asked, text);
  // A space that the template puts before the answer stands before the foil as well.
  const wrong = foil === undefined ? undefined : /^\s/.test(said) && !/^\s/.test(foil) ? ` ${foil}` : foil;
  return {
    id: prompt,
    split: hash(`lucida study split/${key}`) / 2 ** 32 < source.heldOut ? "held-out" : "train",
    prompt,
    answer: said,
    ids,
    answerIds: idsOf(said),
    otherIds: [],
    roles: spansOf(
      tokenizer,
      ids,
      prompt,
      made.marks.filter(mark => mark.end <= made.promptEnd),
    ),
    labels: { ...row, template: `${number}`, ...(source.labels ?? {}) },
    ...(wrong === undefined ? {} : { foil: wrong, foilIds: idsOf(wrong) }),
  };
}

function chatText(tokenizer: Tokenizer, prompt: string): string {
  const messages: ChatMessage[] = [{ role: "user", content: prompt }];
  const word = (id: number | undefined) => (id === undefined ? undefined : tokenizer.token(id));
  const bos = word(tokenizer.bosId);
  const eos = word(tokenizer.eosIds[0]);
  return chatPrompt(tokenizer.chatTemplate!, messages, {
    generate: true,
    name: "chat",
    ...(bos === undefined ? {} : { bosToken: bos }),
    ...(eos === undefined ? {} : { eosToken: eos }),
  });
}

const startsWithBos = (text: string, { bosId, token }: Tokenizer): boolean =>
  bosId !== undefined && text.startsWith(token(bosId));

/**
 * Each item's contrast: one of the same template and split, as long, with another answer, sharing a row's "pair" where
 * there is one; chosen by a hash, so that nobody picks.
 */
function withContrasts(items: readonly Item[], source: TemplatePrompts): Item[] {
  return items.map(item => {
    const others = items.filter(
      o =>
        o.labels.template === item.labels.template &&
        o.split === item.split &&
        o.ids.length === item.ids.length &&
        o.answer !== item.answer &&
        (item.labels.pair === undefined || o.labels.pair === item.labels.pair),
    );
    if (others.length === 0) return item;
    const other = others[hash(`${source.holdBy ?? ""}/${item.id}`) % others.length]!;
    const { prompt, answer, ids, answerIds } = other;
    return { ...item, versus: { prompt, answer, ids, answerIds } };
  });
}
