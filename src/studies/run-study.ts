/**
 * Runs one study on one model, in steps that can be kept and taken up again:
 *
 * 1. items: the prompts of the first ground that fits the model.
 * 2. gate: can the model do it at all, on held-out prompts?
 * 3. tests: each by itself, on prompts that the model gets right.
 * 4. nulls: each test that claims something once more, on what it must fail on; one that passes there is void.
 * 5. verdict.
 *
 * Everything is settled by the document, the model and the seed, so a run that was killed ends the same.
 */
import { Problem } from "../core/problem.ts";
import { hash } from "../training/corpus/random.ts";
import type { Encoder } from "../training/tokenizer/encoder.ts";
import { againstNull, claimsSomething, type Finding, type Row } from "./finding.ts";
import { type Item, ofSplit } from "./item.ts";
import type { Ask, Lab } from "./lab.ts";
import { corpusItems } from "./prompts/corpus.ts";
import { templateItems } from "./prompts/template.ts";
import type { GateResult, StudyReport } from "./report-of.ts";
import { type Null, type Scene, some } from "./scene.ts";
import { shareOf } from "./stats.ts";
import { type Ground, type Measure, type Study, type Test, takesEitherNull } from "./study.ts";
import { runTest } from "./tests/index.ts";
import { guardTexts } from "./texts.ts";
import { sentenceOf, settled, verdictOf } from "./verdict.ts";

/** Keeps what a step made, by a key that says what went into it. */
export interface Memo {
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown): Promise<void>;
}

export interface StudyOptions {
  readonly seed?: number | undefined;
  /** The specimen's encoder, when the model has its tokenizer. */
  readonly encoder?: Encoder | undefined;
  /** The whole study on a null: nothing may hold. */
  readonly null?: Null | undefined;
  /** Makes the tests even where the gate fails: for nulls, which must fail both. */
  readonly force?: boolean | undefined;
  /** At most so many held-out prompts a test. */
  readonly most?: number | undefined;
  readonly precision: string;
  /** Which weights these are: part of every key. */
  readonly fingerprint: string;
  readonly memo?: Memo | undefined;
  progress?(stage: string, done: number, of: number): void;
}

/** Version of the protocol: results kept from before a change must not be taken for new ones. */
const PROTOCOL = 4;

export async function runStudy(study: Study, lab: Lab, options: StudyOptions): Promise<StudyReport> {
  const seed = options.seed ?? 1;
  const ground = groundFor(study, options.encoder !== undefined);
  const memo = keeper(options, study, lab.model.name, seed);
  const items = itemsOf(ground, lab, options.encoder, seed);
  const before = lab.runs;
  const behaved = await memo("gate", () =>
    behave(ground, items, lab, (done, of) => options.progress?.("gate", done, of)),
  );
  const right = new Set(behaved.right);
  const gate = behaved.gate;
  const findings: Finding[] = [];
  if (gate.passed || options.force) {
    const texts = await guardTexts(ground, lab.tokenizer, options.encoder);
    for (const [i, written] of ground.tests.entries()) {
      const test = { ...written, count: Math.min(written.count, options.most ?? written.count) };
      const scene: Scene = {
        lab,
        items,
        right: item => options.force === true || right.has(item.id),
        texts,
        seed,
        null: options.null === undefined ? undefined : nullOf(test, options.null),
        progress: (done, of) => options.progress?.(test.title, done, of),
      };
      const key = `${i} ${JSON.stringify(test)}`;
      const found = (await memo(`test ${key}`, () => runTest(test, scene))).map(settled);
      if (options.null !== undefined || !found.some(claimsSomething)) {
        findings.push(...found);
        continue;
      }
      const onNull = await memo(`null ${key}`, () => runTest(test, { ...scene, null: test.failsOn }));
      findings.push(...found.map(f => (claimsSomething(f) ? againstNull(f, test.failsOn, likewise(onNull, f)) : f)));
    }
  }
  const verdict = verdictOf(options.force ? { ...gate, passed: true } : gate, findings);
  return {
    format: "lucida-study",
    version: 1,
    study: study.name,
    title: study.title,
    question: study.question,
    ability: study.ability,
    ...(study.after === undefined ? {} : { after: study.after }),
    model: lab.model.name,
    weights: options.precision,
    seed,
    ground: ground.on,
    ...(ground.note === undefined ? {} : { note: ground.note }),
    ...(options.null === undefined ? {} : { null: options.null }),
    verdict,
    sentence: sentenceOf({ ...study, ...ground.says }, verdict, gate, findings),
    gate,
    findings,
    items: { training: ofSplit(items, "train").length, heldOut: ofSplit(items, "held-out").length },
    runs: lab.runs - before,
  };
}

/** The asked null, or the test's own where that one would change nothing in it. */
const nullOf = (test: Test, asked: Null): Null =>
  asked === "random weights" || takesEitherNull(test.test) ? asked : test.failsOn;

/** The same finding on the null: a test that ends early there gives one for all. */
function likewise(onNull: readonly Finding[], { title }: Finding): Finding | undefined {
  return (onNull.find(f => f.title === title) ?? onNull[0]) as Finding | undefined;
}

/** The specimen's own ground where the model has its tokenizer, else the one for any model. */
export function groundFor(study: Study, specimen: boolean): Ground {
  const own = specimen ? study.grounds.find(g => g.on === "specimen") : undefined;
  const ground = own ?? study.grounds.find(g => g.on === "any");
  if (ground) return ground;
  throw new Problem(`the study "${study.name}" has prompts for the specimen only`, {
    advice: "--model specimen, or a study with a ground for any model",
  });
}

export function itemsOf(
  ground: Ground,
  lab: Pick<Lab, "tokenizer" | "model">,
  encoder: Encoder | undefined,
  seed: number,
): Item[] {
  const items = ground.prompts.flatMap(source => {
    if (!("task" in source)) return templateItems(source, lab.tokenizer);
    if (!encoder)
      throw new Problem(
        `the task "${source.task}" is of the specimen's corpus, and ${lab.model.name} has another tokenizer`,
      );
    return corpusItems(source, encoder, seed);
  });
  const seen = new Set<string>();
  return items.filter(item => {
    const key = `${item.split} ${item.id}`;
    const fresh =
      !seen.has(key) && item.answerIds.length > 0 && item.ids.length + item.answerIds.length < lab.model.config.context;
    seen.add(key);
    return fresh;
  });
}

/** Every item as it is: which are right, and the gate. */
async function behave(
  ground: Ground,
  items: readonly Item[],
  lab: Lab,
  progress: (done: number, of: number) => void,
): Promise<{ right: string[]; gate: GateResult }> {
  const { measure, need, applyTo, count, tell } = ground.gate;
  const right: string[] = [];
  const rows = new Map<string, Row>();
  const asked = [...ofSplit(items, "held-out"), ...sampled(ofSplit(items, "train"))];
  const asks: { item: Item; ask: Ask }[] = asked.flatMap(item => asksOf(item, measure).map(ask => ({ item, ask })));
  const readings = await lab.plain(
    asks.map(a => a.ask),
    done => progress(done, asks.length),
  );
  readings.forEach((reading, i) => {
    const { item } = asks[i]!;
    const ok = measure === "exact" ? reading.exact : reading.gap > 0;
    if (ok && right.at(-1) !== item.id) right.push(item.id);
    if (!rows.has(item.id) || ok)
      rows.set(item.id, {
        prompt: item.prompt,
        before: item.answer.trim(),
        after: measure === "exact" ? lab.text(reading.said).trim() : ok ? item.answer.trim() : (item.foil ?? "").trim(),
        ok,
      });
  });
  const known = new Set(right);
  const marks = (of: readonly Item[]) => of.map(item => known.has(item.id));
  const judged = some(ofSplit(items, "held-out", applyTo), count);
  const share = shareOf(marks(judged));
  return {
    right,
    gate: {
      measure,
      share,
      need,
      // Half of all choices are right by chance, and eight of ten can be.
      passed: share.n > 0 && share.value >= need && (measure === "exact" || share.low > EVEN),
      ...(measure === "choice" ? { chance: EVEN } : {}),
      training: shareOf(marks(some(ofSplit(asked, "train", applyTo), count))),
      ...(tell === undefined ? {} : { told: toldApart(ofSplit(items, "held-out"), tell, count, marks) }),
      rows: judged.map(item => rows.get(item.id)!),
    },
  };
}

/** Right by chance, of a choice between two. */
const EVEN = 0.5;

/** The share by the values of a label, the items outside the gate's own question included. */
function toldApart(
  items: readonly Item[],
  label: string,
  count: number,
  marks: (of: readonly Item[]) => boolean[],
): NonNullable<GateResult["told"]> {
  const values = [...new Set(items.flatMap(item => item.labels[label] ?? []))].sort();
  return values.map(value => ({
    label,
    value,
    share: shareOf(marks(some(ofSplit(items, "held-out", { [label]: value }), count))),
  }));
}

/** Enough training items of each kind to choose places and layers by; the others are only learnt from. */
function sampled(items: readonly Item[], each = 48): Item[] {
  const kinds = new Map<string, Item[]>();
  for (const item of items) {
    const key = `${item.labels.task} ${item.labels.kind} ${item.labels.language} ${item.labels.template} ${item.versus !== undefined}`;
    const had = kinds.get(key);
    if (had) had.push(item);
    else kinds.set(key, [item]);
  }
  return [...kinds.values()].flatMap(members => some(members, each));
}

/** An item's answer, and where any of several is right, each of those. */
function asksOf(item: Item, measure: Measure): Ask[] {
  if (measure === "choice") return [{ ids: item.ids, wanted: item.answerIds, own: item.foilIds ?? [] }];
  return [item.answerIds, ...item.otherIds].map(wanted => ({ ids: item.ids, wanted, own: [] }));
}

export function keeper(options: Omit<StudyOptions, "progress">, study: Study, model: string, seed: number) {
  const about = JSON.stringify([
    PROTOCOL,
    options.fingerprint,
    model,
    seed,
    options.null ?? "",
    options.force ?? false,
    options.encoder !== undefined,
    study.name,
    hash(JSON.stringify(study.grounds.map(g => [g.prompts, g.gate]))),
  ]);
  return async <T>(step: string, make: () => Promise<T>): Promise<T> => {
    if (!options.memo) return make();
    const key = `${about} ${step}`;
    const had = await options.memo.get(key);
    if (had !== undefined) return had as T;
    const made = await make();
    await options.memo.put(key, made);
    return made;
  };
}
