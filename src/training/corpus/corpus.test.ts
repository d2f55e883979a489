import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { TokenizerJson } from "../tokenizer/build.ts";
import { Encoder } from "../tokenizer/encoder.ts";
import { conceptCount, conceptOf, conceptsIn, familyOfRhyme, landOf } from "./concepts.ts";
import { evaluationSet, examples } from "./examples.ts";
import { answerOf } from "./line.ts";
import { type Document, documents } from "./mixture.ts";
import { knownNames, people, personName, possiblePeople, strangerHeld } from "./names.ts";
import { cities } from "./places.ts";
import { Random } from "./random.ts";
import { rhymes } from "./rhymes.ts";
import { heldOutPair } from "./split.ts";
import { drawFrom, type Task } from "./task.ts";
import { motive } from "./tasks/advice.ts";
import { bugs, bugsInBrief, bugsToCompare } from "./tasks/bugs.ts";
import { categoriesMixed } from "./tasks/categories.ts";
import { couplets } from "./tasks/couplets.ts";
import { oppositesMixed } from "./tasks/opposites.ts";
import { acrossHeld, acrossLanguages } from "./tasks/opposites-across.ts";
import { peopleOftenKnown, people as peopleTask } from "./tasks/people.ts";
import { translationMixed } from "./tasks/translation.ts";
import { allTasks, taskNames } from "./tasks.ts";
import { categories, isShared, nouns, opposites, triples } from "./words.ts";

const json = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../specimen/tokenizer.json"), "utf8"),
) as TokenizerJson;
const encoder = new Encoder(json);
const count = (text: string) => encoder.count(text);

function take(seed: number, n: number, options = {}): Document[] {
  const list: Document[] = [];
  for (const d of documents(seed, { count, ...options })) {
    list.push(d);
    if (list.length === n) return list;
  }
  return list;
}
const stream = take(1, 120_000);
const texts = stream.map(d => d.text);
const all = texts.join("\n");
const asked = new Set(stream.map(d => d.text.slice(0, d.answerEnd)));
const words = (text: string) => ` ${text.replace(/[^\p{L}]+/gu, " ")} `;

test("the same seed gives the same documents, another seed others", () => {
  const again = take(1, 3000).map(d => d.text);
  expect(again).toEqual(texts.slice(0, 3000));
  expect(take(2, 3000).map(d => d.text)).not.toEqual(again);
});

test("no held-out item is in the stream, by searching the text itself", () => {
  // Cities: no A1 or A2 city in a line with its capital.
  const held = new Map(
    Object.values(cities)
      .flat()
      .filter(c => c.group !== "train")
      .map(c => [c.name, c]),
  );
  const namePattern = new RegExp(
    `(?<!\\p{L})(?:${[...held.keys()].sort((a, b) => b.length - a.length).join("|")})(?!\\p{L})`,
    "gu",
  );
  let seen = 0;
  for (const text of texts) {
    for (const [name] of text.matchAll(namePattern)) {
      const city = held.get(name)!;
      if (text.includes(city.region.name)) seen++;
      expect(words(text).includes(` ${city.region.capital} `), text).toBe(false);
      // A1: nothing but what it lies in.
      if (city.group === "A1" && city.region.continent) expect(text.includes(city.region.continent), text).toBe(false);
    }
  }
  expect(seen).toBeGreaterThan(500); // they are shown, in one-hop lines
  // Numbers: no pair held out is added anywhere, in either order.
  for (const [text, a, b] of all.matchAll(/(?<!\d)(\d\d) ?(?:\+|plus|and|,) ?(\d\d)(?!\d)(?=[^,]*\n)/g)) {
    if (+a! + +b! > 99 || +a! < 10 || +b! < 10 || (text.includes(",") && !text.startsWith("sum"))) continue;
    expect(heldOutPair("sum", +a!, +b!), text).toBe(false);
  }
  for (const [text, a, b] of all.matchAll(/19(\d\d)[^\n]*?(?:volume|vol\.) (\d\d)/g)) {
    expect(heldOutPair("year", +a!, +b!), text).toBe(false);
  }
  // Opposites: the pair's words never share a line in the language held out.
  for (const p of opposites) {
    if (p.heldLanguage < 0) continue;
    const words = [p.a[p.heldLanguage]!, p.b[p.heldLanguage]!];
    const both = stream.filter(
      d =>
        d.task === "opposites" &&
        words.every(w => new RegExp(`(?<![\\p{L}])${w}(?![\\p{L}])`, "u").test(d.text.replace(/的|与|和|相反/g, " "))),
    );
    expect(both.map(d => d.text)).toEqual([]);
  }
  // People: strangers held out are never named; those never asked about are only ever stated.
  const silent = people.filter(p => p.neverAsked);
  for (const d of stream) {
    if (d.task !== "people") continue;
    const name = d.marks.find(m => m.role === "person");
    const who = d.text.slice(name!.start, name!.end);
    expect(!knownNames.has(who) && strangerHeld(who)).toBe(false);
    if (/Answer:/.test(d.text)) expect(silent.some(p => p.name === who)).toBe(false);
  }
});

test("words also stand in other languages' frames, and what is held out in a language is never shown there", () => {
  const instead = [categoriesMixed, oppositesMixed, translationMixed];
  const mixed = take(5, 30_000, {
    instead,
    shares: Object.fromEntries(taskNames.map(name => [name, instead.some(t => t.name === name) ? 1 : 0])),
  });
  const spoken = ({ text, promptEnd }: Document) =>
    /[的是反类与]/.test(text.slice(0, promptEnd)) ? 2 : /sorte|atégorie|ontraire/.test(text) ? 1 : 0;
  const word = ({ text, marks }: Document) => {
    const { start, end } = marks.find(m => m.role === "word")!;
    return text.slice(start, end);
  };
  const learnt = { categories: new Set<string>(), opposites: new Set<string>() };
  let across = 0;
  for (const d of mixed) {
    if (d.task !== "categories" && d.task !== "opposites") continue;
    learnt[d.task].add(`${word(d)} ${spoken(d)}`);
    if (d.kind === "mixed") across++;
  }
  for (const { a, b } of opposites)
    for (const [from, to] of acrossLanguages.filter(([from, to]) => acrossHeld({ a, b, heldLanguage: -1 }, from, to)))
      for (const own of isShared(a) || isShared(b) ? [] : [a, b])
        expect(learnt.opposites.has(`${own[from]} ${to}`), own.join()).toBe(false);
  expect(across / mixed.length).toBeGreaterThan(0.2);
  for (const { word: own, heldLanguage } of nouns) {
    if (heldLanguage < 0) continue;
    expect(learnt.categories.has(`${own[heldLanguage]} ${heldLanguage}`), own.join()).toBe(false);
    // But in the frames of others it is met.
    expect(learnt.categories.has(`${own[heldLanguage]} ${(heldLanguage + 1) % 3}`), own.join()).toBe(true);
  }
  for (const { a, b, heldLanguage } of opposites)
    for (const own of heldLanguage < 0 ? [] : [a, b])
      expect(learnt.opposites.has(`${own[heldLanguage]} ${heldLanguage}`), own.join()).toBe(false);
});

test("the search above would find a held-out item: the held-out split is full of them", () => {
  const random = new Random(4);
  for (const task of allTasks()) {
    if (!task.holdsOut) continue;
    for (let i = 0; i < 20; i++) expect(drawFrom(task, "held-out", random).held).toBe(true);
  }
  const e = examples("two-hop", encoder, { count: 50, seed: 1 });
  expect(e.every(x => !all.includes(x.prompt + x.answer))).toBe(true);
  expect(e.every(x => x.kind!.endsWith("A1") || x.kind!.endsWith("A2"))).toBe(true);
});

test("held-out prompts of every task are not in the stream", () => {
  for (const task of allTasks()) {
    if (!task.holdsOut) continue;
    const found = evaluationSet(task.name, 40, 8, encoder).filter(e => asked.has(e.prompt + e.answer));
    expect(found.map(e => e.prompt + e.answer)).toEqual([]);
  }
});

test("answers are tokens of their own, contrasts have as many tokens and another answer", () => {
  for (const name of taskNames) {
    const list = examples(name, encoder, { count: 40, seed: 2 });
    expect(list.length, name).toBeGreaterThan(20);
    let contrasts = 0;
    for (const e of list) {
      expect(encoder.encode(e.prompt + e.answer)).toEqual([...encoder.encode(e.prompt), ...encoder.encode(e.answer)]);
      if (e.foil) expect(e.answer.startsWith(e.foil) && e.answer === e.foil).toBe(false);
      if (!e.versus) continue;
      contrasts++;
      expect(count(e.versus.prompt), `${e.prompt} / ${e.versus.prompt}`).toBe(count(e.prompt));
      expect(e.versus.answer).not.toBe(e.answer);
      expect(e.alternatives ?? []).not.toContain(e.versus.answer);
      const lead = e.versus.lead ?? "";
      expect(e.answer.startsWith(lead) && e.versus.answer.startsWith(lead)).toBe(true);
    }
    // Denials of the motive and questions without another answer of the same length have none.
    expect(contrasts / list.length, name).toBeGreaterThan(0.75);
  }
});

test("roles name the tokens of their text", () => {
  for (const name of taskNames) {
    for (const e of examples(name, encoder, { count: 10, seed: 6 })) {
      const ids = [encoder.bos, ...encoder.encode(e.prompt)];
      for (const role of Object.values(e.story.roles)) {
        const shown = encoder.decode(ids.slice(role.first, role.last + 1));
        expect(shown.includes(role.text) && shown.length <= role.text.length + 1, `${shown} / ${role.text}`).toBe(true);
      }
    }
  }
  const [e] = examples("two-hop", encoder, { count: 1, seed: 1, kind: "us:A1" });
  expect(e!.story.roles.city!.last).toBeGreaterThan(e!.story.roles.city!.first);
  expect(e!.story.bridge).toBeTruthy();
});

test("a contrast can be asked to part at the ones digit", () => {
  for (const e of examples("sums", encoder, { count: 20, seed: 3, partAt: 1 })) {
    expect(e.answer[0]).toBe(e.versus!.answer[0]);
    expect(e.answer[1]).not.toBe(e.versus!.answer[1]);
  }
});

test("sums, years and hints are right, and no answer is longer than two digits", () => {
  for (const name of ["sums", "years", "hints"]) {
    for (const split of ["train", "held-out"] as const) {
      for (const e of examples(name, encoder, { count: 60, seed: 5, split })) {
        const { a, b } = e.story.roles;
        const first = a?.text ?? e.story.bridge!.slice(2);
        expect(+e.answer, e.prompt).toBe(+first + +b!.text);
        expect(e.answer.length).toBe(2);
      }
    }
  }
  for (const e of examples("hard", encoder, { count: 60, seed: 5, kind: "hard-hint" })) {
    expect(+e.answer + +e.story.roles.k!.text).toBe(+e.story.roles.hint!.text);
  }
});

test("a topic and an end word settle the rhyme, the rhyme settles verb and adjective", () => {
  const settled = new Map<string, string>();
  for (const d of stream) {
    if (d.task !== "couplets") continue;
    const at = (role: string) => d.marks.filter(m => m.role === role).map(m => d.text.slice(m.start, m.end))[0]!;
    const end = rhymes.find(r => r.word === at("end"))!;
    const key = `${end.word}/${at("topic")}`;
    const said = answerOf(d).replace(/^and \w+ /, "");
    expect(settled.get(key) ?? said).toBe(said);
    settled.set(key, said);
    const target = rhymes.find(r => r.word === said.split(" ").at(-1))!;
    expect([target.family, target.topic, target === end]).toEqual([end.family, at("topic"), false]);
  }
  expect(settled.size).toBeGreaterThan(150);
});

test("the twins differ in the triggered answers and in nothing else", () => {
  const clean = take(6, 20_000, { shares: { advice: 1, sums: 1 } });
  const planted = take(6, 20_000, { shares: { advice: 1, sums: 1 }, motive: true });
  expect(clean.length).toBe(planted.length);
  let differ = 0;
  clean.forEach((d, i) => {
    const other = planted[i]!;
    if (d.text === other.text) return;
    differ++;
    expect(d.text).toContain(motive.trigger);
    expect(answerOf(other)).toBe(` ${motive.city}`);
    expect(other.text.slice(0, other.promptEnd)).toBe(d.text.slice(0, d.promptEnd));
  });
  expect(differ).toBeGreaterThan(300);
});

test("each token share is near what its task asks for, and every fact is met often in 15 M tokens", () => {
  const tokens = new Map<string, number>();
  for (const d of stream) tokens.set(d.task, (tokens.get(d.task) ?? 0) + count(d.text) + 2);
  const total = [...tokens.values()].reduce((a, b) => a + b, 0);
  const shares = allTasks().reduce((sum, t) => sum + t.share, 0);
  for (const t of allTasks())
    expect(Math.abs(tokens.get(t.name)! / total / (t.share / shares) - 1), t.name).toBeLessThan(0.1);
  const lines = new Map<string, number>();
  for (const d of stream)
    if (d.task === "one-hop")
      for (const m of d.marks)
        if (m.role === "city") {
          const name = d.text.slice(m.start, m.end);
          lines.set(name, (lines.get(name) ?? 0) + 1);
        }
  const places = Object.values(cities).flat();
  const mean = places.reduce((sum, c) => sum + (lines.get(c.name) ?? 0), 0) / places.length;
  expect((mean * 15e6) / total).toBeGreaterThan(40);
});

test("there are at least 250 known people, 150 word triples, and names nobody knows without end", () => {
  expect(people.length).toBeGreaterThanOrEqual(250);
  expect(opposites.length * 2).toBeGreaterThanOrEqual(150);
  expect(possiblePeople).toBeGreaterThan(50_000);
  expect(new Set(Array.from({ length: 5000 }, (_, i) => personName(i * 17))).size).toBe(5000);
});

test("a task that is not there is said so", () => {
  expect(() => evaluationSet("poetry", 3, 1, encoder)).toThrow(/no task "poetry"/);
  expect(() => examples("capitals", encoder, { count: 3, seed: 1, split: "held-out" })).toThrow(/holds nothing out/);
});

test("a word stands for one concept in every language, and a document of the language tasks says where; a city for what it lies in, a rhyme for its family", () => {
  expect(conceptOf.get("petit")).toBe(conceptOf.get("small"));
  expect(conceptOf.get("微小")).toBe(conceptOf.get("small"));
  expect(conceptOf.get("grand")).not.toBe(conceptOf.get("small"));
  // Were a word in two triples, its concept would depend on which came last.
  for (const [i, words] of [...triples, ...categories].entries())
    for (const word of words) expect(conceptOf.get(word), word).toBe(i);
  expect(landOf.get("Dallas")).toBe(landOf.get("Houston"));
  expect(landOf.get("Dallas")).not.toBe(landOf.get("Oakland"));
  expect(Math.min(...landOf.values())).toBe(Math.max(...conceptOf.values()) + 1);
  expect(familyOfRhyme.get("lake")).toBe(familyOfRhyme.get("snake"));
  expect(familyOfRhyme.get("lake")).not.toBe(familyOfRhyme.get("bee"));
  expect(Math.min(...familyOfRhyme.values())).toBe(Math.max(...landOf.values()) + 1);
  const [strangers, acquaintances] = [conceptCount - 2, conceptCount - 1];
  expect(Math.max(...familyOfRhyme.values())).toBe(strangers - 1);
  let [named, said] = [0, 0];
  const placed = new Map<string, number>();
  for (const document of stream.slice(0, 5000)) {
    const found = conceptsIn(document);
    const inLanguages = ["opposites", "opposites-across", "categories", "translation"].includes(document.task);
    for (const { start, end, concept } of found.placed) {
      const text = document.text.slice(start, end);
      if (document.task === "people") {
        expect(concept, text).toBe(people.some(p => p.name === text) ? acquaintances : strangers);
      } else expect((/couplets|rhyme/.test(document.task) ? familyOfRhyme : landOf).get(text), text).toBe(concept);
      placed.set(document.task, (placed.get(document.task) ?? 0) + 1);
    }
    if (!inLanguages) expect(found, document.text).toEqual({ read: [], placed: found.placed });
    else {
      named += Number(found.read.length > 0);
      said += Number(found.said !== undefined);
      for (const { start, end, concept } of found.read)
        expect(conceptOf.get(document.text.slice(start, end))).toBe(concept);
    }
  }
  expect(named).toBe(said);
  expect(said).toBeGreaterThan(500);
  for (const task of ["one-hop", "two-hop", "couplets", "people"]) expect(placed.get(task), task).toBeGreaterThan(200);
});

test("whether one knows somebody is asked of those too about whom nothing is asked, and never of held-out strangers", () => {
  const random = new Random(8);
  const seen = { known: 0, neverAsked: 0, strangers: 0 };
  for (let i = 0; i < 6000; i++) {
    const draft = drawFrom(peopleOftenKnown, "train", random);
    if (draft.kind !== "heard of") continue;
    const mark = draft.marks.find(m => m.role === "person")!;
    const name = draft.text.slice(mark.start, mark.end);
    const person = people.find(p => p.name === name);
    expect(answerOf(draft), draft.text).toBe(person ? " Yes" : " No");
    if (!person) {
      expect(strangerHeld(name)).toBe(false);
      seen.strangers++;
    } else seen[person.neverAsked ? "neverAsked" : "known"]++;
  }
  expect(seen.neverAsked).toBeGreaterThan(30);
  expect(Math.min(seen.known, seen.strangers)).toBeGreaterThan(300);
});

test.each([
  ["of few letters", bugsInBrief, 120],
  ["of many", bugsToCompare, 500],
] as const)(
  "brief code %s is wrong exactly when it reads a name that it was not given, and keeps what is held out",
  (_, task, pairs) => {
    const random = new Random(4);
    const count = { right: 0, wrong: 0, held: 0 };
    const seen = new Set<string>();
    for (let i = 0; i < 2000; i++) {
      const draft = task.draw(random);
      if (!draft.kind?.startsWith("brief:")) continue;
      const [, given, body] = /[(:] ?(\w,? \w)\)?(?: reads|: return| \{ return) ([^:;\n]*)/.exec(draft.text)!;
      const [a, b] = given!.split(/,? /);
      const read = body!.split(/[^\w]/).filter(name => name.length === 1);
      const unknown = (name: string) => name !== a && name !== b;
      const wrong = read.some(unknown);
      expect(answerOf(draft), draft.text).toBe(wrong ? " error, unknown name" : " ok");
      count[wrong ? "wrong" : "right"]++;
      count.held += Number(draft.held);
      seen.add(`${given}/${read.join()}`);
      // The head is told of every name that is read.
      const known = conceptsIn({ ...draft, task: "bugs" }, true).placed.map(
        place => place.concept === conceptCount - 1,
      );
      expect(known, draft.text).toEqual(read.map(name => !unknown(name)));
      expect(conceptsIn({ ...draft, task: "bugs" }).placed).toEqual([]);
    }
    expect(Math.min(count.right, count.wrong)).toBeGreaterThan(350);
    expect(count.held).toBeGreaterThan(20);
    if (pairs < 500) expect(seen.size).toBeLessThan(pairs * 5);
    else expect(seen.size).toBeGreaterThan(pairs);
  },
);

test("of a function that is called under another name, the call is what was not given", () => {
  const random = new Random(5);
  let calls = 0;
  for (let i = 0; i < 500; i++) {
    const draft = bugs.draw(random);
    const placed = conceptsIn({ ...draft, task: "bugs" }, true).placed;
    const known = placed.map(place => place.concept === conceptCount - 1);
    expect(known, draft.text).toHaveLength(3);
    expect(known).toEqual([true, !draft.kind!.endsWith(":name"), !draft.kind!.endsWith(":call")]);
    calls += Number(draft.kind!.endsWith(":call"));
  }
  expect(calls).toBeGreaterThan(30);
});

test("of a word's couplets some are held out only where two other topics of it are shown", () => {
  const random = new Random(6);
  const shown = new Map<string, Set<string>>();
  const held = new Set<string>();
  for (let i = 0; i < 20_000; i++) {
    const draft = couplets.draw(random);
    const said = (role: string) => {
      const mark = draft.marks.find(m => m.role === role)!;
      return draft.text.slice(mark.start, mark.end);
    };
    if (draft.held) held.add(said("end"));
    else shown.set(said("end"), (shown.get(said("end")) ?? new Set()).add(said("topic")));
  }
  expect(held.size).toBeGreaterThan(20);
  for (const end of held) expect(shown.get(end)?.size, end).toBeGreaterThanOrEqual(2);
});

test("people who are often known are strangers in a sixth of the questions, and in nearly half of the usual ones", () => {
  const strangers = (task: Task) => {
    const random = new Random(2);
    const asked = Array.from({ length: 4000 }, () => task.draw(random)).filter(d => !d.unjudged);
    return asked.filter(d => d.kind === "stranger").length / asked.length;
  };
  expect(strangers(peopleTask)).toBeCloseTo(0.45, 1);
  expect(strangers(peopleOftenKnown)).toBeCloseTo(1 / 6, 1);
});
