/**
 * A study as a document: plain data, the same for the ones that come along and for a user's own file.
 *
 * It says which prompts, what the model must be able to do before anything is asked about how it does it (the gate),
 * which tests are made and what each must reach. How a test is done stands in tests/; nothing here runs anything, and
 * nothing in a document is executed.
 */
import { z } from "zod";

/** Items whose labels have these values. */
export const where = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
export type Where = z.infer<typeof where>;

/** Questions of the specimen's own corpus: what it was trained on, and what was kept from it. */
const corpusPrompts = z.strictObject({
  task: z.string(),
  kind: z.union([z.string(), z.array(z.string())]).optional(),
  split: z.enum(["train", "held-out"]),
  count: z.number().int().min(1).max(20_000),
  /** Labels that these prompts get besides their own. */
  labels: z.record(z.string(), z.string()).optional(),
  /** Used where the corpus gives no contrast: none is looked for, which is quicker. */
  contrast: z.boolean().optional(),
  /**
   * Of prompts that the model was shown in its training ("train"): the share that this study keeps apart to test on, dealt
   * by a hash. For questions of how something known is answered; whether it carries over to what was never shown is
   * another question, told by the label "shown".
   */
  deal: z.number().gt(0).lt(1).optional(),
});

/** Sentences with slots: "The capital of the state containing {city} is| {capital}". What follows the bar is the answer. */
const templatePrompts = z.strictObject({
  templates: z.array(z.string()).min(1),
  rows: z.array(z.record(z.string(), z.string())).min(1),
  /**
   * The column by which rows are dealt into training and held-out: rows of one value stay together. "template": sentences
   * are dealt instead, where what is learnt of each row must be asked in another sentence.
   */
  holdBy: z.string().optional(),
  /** Share of the values that is held out. */
  heldOut: z.number().gt(0).lt(1).default(0.5),
  /** Where the wrong answer of a choice stands: a column. */
  foil: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  /** As a turn of a chat, where the model has a template. */
  chat: z.boolean().optional(),
});

export const prompts = z.union([corpusPrompts, templatePrompts]);
export type PromptSource = z.infer<typeof prompts>;
export type CorpusPrompts = z.infer<typeof corpusPrompts>;
export type TemplatePrompts = z.infer<typeof templatePrompts>;

/** "exact": greedy decoding gives the answer. "choice": the answer is likelier than the foil. */
const measure = z.enum(["exact", "choice"]);
export type Measure = z.infer<typeof measure>;

const common = {
  /** A short name, unique in the study. */
  title: z.string(),
  /** What is true if the test holds, as a sentence. */
  claim: z.string(),
  /** Does the study's verdict wait for it? Otherwise it is only shown. */
  core: z.boolean().default(true),
  /** Items for choosing and learning, and items for testing; all of their split when left out. */
  learnOn: where.optional(),
  applyTo: where.optional(),
  /** Most held-out items that are tested. */
  count: z.number().int().min(2).default(100),
  /** What must be reached. */
  need: z.number().min(0).max(1).default(0.5),
};

/**
 * What must not pass: the whole test made again, choosing included, with the labels dealt anew before anything is learnt
 * from them, or with random directions (heads, units) in place of those that were found. Each kind of test says which of
 * them it can be put to. There is no default, so that nobody writes a test without having thought of what it must fail on.
 */
const nulls = { labels: z.literal("shuffled labels"), directions: z.literal("random directions") } as const;
const either = z.enum(["shuffled labels", "random directions"]);

/** Moves the stream at one place from one class's mean to another's: does the answer become the other class's? */
const swap = z.strictObject({
  test: z.literal("swap"),
  ...common,
  failsOn: either,
  label: z.string(),
  /** The other answer is that of an item with the other label, and the same of these. */
  keeping: z.array(z.string()).default([]),
  /** A role (its last token), or "last". */
  at: z.string(),
  /** Only these as the other class. */
  targets: z.array(z.string()).optional(),
  /** Classes with fewer training items are left out. */
  least: z.number().int().min(1).default(2),
  measure: measure.default("exact"),
  /** The other answer, where any answer other than the own first token counts ("it invents one"). */
  anyBut: z.string().optional(),
});

/** Takes the stream at one place from the contrast's run: at which place and layer is the difference carried? */
const carry = z.strictObject({
  test: z.literal("carry"),
  ...common,
  failsOn: nulls.directions,
  /** Roles (last token), or "last", or "every": each is tried at each layer. */
  at: z.array(z.string()).min(1),
  /** The place that the claim names; others must do less. */
  claimed: z.string().optional(),
  /**
   * The label that prompt and contrast differ in, where it is one for many prompts (a noun's number). Another pair's
   * difference would then be the very thing that is claimed to be carried; the control is the difference of two other
   * prompts that agree in it.
   */
  varies: z.string().optional(),
  measure: measure.default("exact"),
});

/** The attention heads that bring the difference to the answer. */
const heads = z.strictObject({
  test: z.literal("heads"),
  ...common,
  failsOn: nulls.directions,
  most: z.number().int().min(1).max(32).default(5),
});

/** Can the label be read from the stream, by layer? */
const probe = z.strictObject({
  test: z.literal("probe"),
  ...common,
  failsOn: nulls.labels,
  label: z.string(),
  at: z.string(),
  /** Other places where the best layer's probe is read, in order: turn by turn. */
  alongside: z.array(z.string()).default([]),
});

/** How much of the answer comes from each part of the prompt. */
const source = z.strictObject({
  test: z.literal("source"),
  ...common,
  failsOn: nulls.labels,
  roles: z.array(z.string()).min(2),
  /** The role that the claim names: its share must reach `need`. */
  claimed: z.string(),
  /** A second set of items, where the share must stay below `below`. */
  against: where.optional(),
  below: z.number().min(0).max(1).default(0.5),
});

/** Is one code used for the same thing in several languages, by layer? */
const sharing = z.strictObject({
  test: z.literal("sharing"),
  ...common,
  failsOn: nulls.labels,
  concept: z.string(),
  language: z.string(),
  at: z.string(),
});

/** Units of addition: what they read of two numbers, used again in another coat, and moved by a donor. */
const operands = z.strictObject({
  test: z.literal("operands"),
  ...common,
  failsOn: either,
  /** "{a}" and "{b}" are replaced by every number. */
  template: z.string(),
  /** The other coat. */
  again: z.string().optional(),
  from: z.number().int().min(0),
  to: z.number().int().max(99),
  most: z.number().int(),
});

/** Is the model as sure as it is right? */
const calibration = z.strictObject({ test: z.literal("calibration"), ...common, failsOn: nulls.labels });

/** Which word that should not matter decides the answer? */
const audit = z.strictObject({
  test: z.literal("audit"),
  ...common,
  failsOn: nulls.labels,
  templates: z.array(z.string()).min(1),
  /** What should decide the answer, and what should not. */
  reason: z.string(),
  slots: z.record(z.string(), z.array(z.string())),
});

export const test = z.discriminatedUnion("test", [
  swap,
  carry,
  heads,
  probe,
  source,
  sharing,
  operands,
  calibration,
  audit,
]);
export type Test = z.infer<typeof test>;
/** Kinds that can be put to either null; the others only to their own. */
export const takesEitherNull = (kind: Test["test"]): boolean => kind === "swap" || kind === "operands";
export type TestOf<Kind extends Test["test"]> = Extract<Test, { test: Kind }>;

const gate = z.strictObject({
  measure: measure.default("exact"),
  /** Share of held-out prompts that the model must get right. */
  need: z.number().min(0).max(1).default(0.5),
  applyTo: where.optional(),
  count: z.number().int().min(4).default(100),
  /** A label by whose values the share is told apart in the report, those outside `applyTo` included. */
  tell: z.string().optional(),
});

const ground = z.strictObject({
  /** "specimen": models with the specimen's tokenizer. "any": all others, and the specimen where it has no own ground. */
  on: z.enum(["specimen", "any"]),
  prompts: z.array(prompts),
  gate,
  tests: z.array(test).min(1),
  /** What the verdict says here, where this ground asks less than the study's own sentences claim. */
  says: z.strictObject({ holds: z.string(), fails: z.string(), ability: z.string() }).optional(),
  /** Why this ground cannot say more, in words, where there is something to say. */
  note: z.string().optional(),
});
export type Ground = z.infer<typeof ground>;

export const study = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "small letters, digits and hyphens"),
  title: z.string(),
  /** One question that a curious person would ask. */
  question: z.string(),
  /** The answer, where every test holds: "It thinks of the state on the way." */
  holds: z.string(),
  fails: z.string(),
  /** What being able to do it is called: "say the capital of a city's state". */
  ability: z.string(),
  /** Who asked first. */
  after: z.string().optional(),
  grounds: z.array(ground).min(1),
});
/** What a document may leave out is filled in. */
export type Study = z.infer<typeof study>;
/** What an author writes. */
export type StudyDraft = z.input<typeof study>;

/** Fills in what a document leaves out. For documents in code; files go through `read.ts`, which explains mistakes. */
export const defineStudy = (draft: StudyDraft): Study => study.parse(draft);
