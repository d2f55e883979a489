/** What may come in, checked: each schema is the type of the same name in api.ts, with limits and their sentences. */
import { z } from "zod";
import type * as api from "./api.ts";

/** Longer prompts than this are no prompt for a trace; the model's own context is checked later, in tokens. */
const text = z.string().max(200_000, "a prompt of more than 200,000 characters");
const whole = (least: number, most: number) => z.int().min(least).max(most);
const modelName = z.string().min(1, "the model has no name").max(1000);

const message = z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: text });
const promptFields = {
  prompt: text.optional(),
  chat: z.union([z.boolean(), z.array(message).min(1).max(200)]).optional(),
  ids: z
    .array(whole(0, 2 ** 31))
    .min(1)
    .max(100_000)
    .optional(),
};
const one = (input: { prompt?: unknown; chat?: unknown; ids?: unknown }) =>
  input.ids !== undefined || input.prompt !== undefined || Array.isArray(input.chat);
const noPrompt = "there is no prompt: give prompt, chat or ids";

export const promptInput = z.strictObject({ model: modelName, ...promptFields }).refine(one, noPrompt);

const inBasis = { basis: z.string().min(1).max(1000).optional() };

const node = z.string().max(60);
const change = z
  .strictObject({
    nodes: z.array(node).min(1, "a change of no node").max(20_000),
    do: z.enum(["scale", "set", "swap"]),
    value: z.number().min(-1e4).max(1e4).optional(),
    everyToken: z.boolean().optional(),
    at: z.array(whole(0, 100_000)).min(1, "no position was chosen").max(5000).optional(),
    from: text.optional(),
  })
  .refine(c => c.do === "swap" || c.value !== undefined, "scale and set need a value");
const changes = z.array(change).min(1, "there is no change").max(64);

const traceInput = z
  .strictObject({
    ...promptFields,
    ...inBasis,
    versus: z.union([text, promptFields.ids.unwrap()]).optional(),
    findVersus: z.boolean().optional(),
    target: z.string().max(200).optional(),
    foil: z.string().max(200).optional(),
    units: whole(1, 20_000).optional(),
    boxes: whole(1, 40).optional(),
    verify: z.boolean().optional(),
    position: whole(0, 100_000).optional(),
    save: z.boolean().optional(),
    changes: changes.optional(),
  })
  .refine(one, noPrompt);

const unit = z.strictObject({ layer: whole(0, 1000), index: whole(0, 1e7) });

export const jobInputs = {
  load: z.strictObject({}),
  trace: traceInput,
  verify: z.strictObject({ document: z.string().max(120) }),
  roles: z.strictObject({ document: z.string().max(120) }),
  contrast: z.strictObject({ ...promptFields, target: z.string().max(200).optional() }).refine(one, noPrompt),
  intervene: z
    .strictObject({
      ...promptFields,
      ...inBasis,
      changes,
      versus: text.optional(),
      watch: z
        .array(whole(0, 2 ** 31))
        .max(64)
        .optional(),
      tokens: whole(0, 200).optional(),
    })
    .refine(one, noPrompt),
  generate: z
    .strictObject({
      ...promptFields,
      tokens: whole(1, 500),
      temperature: z.number().min(0).max(10).optional(),
      seed: whole(0, 2 ** 31).optional(),
    })
    .refine(one, noPrompt),
  watch: z
    .strictObject({
      ...promptFields,
      ...inBasis,
      units: z.array(unit).min(1).max(64),
      tokens: whole(0, 500).optional(),
    })
    .refine(one, noPrompt),
  unit: unit.extend(inBasis),
  heads: z.strictObject({ document: z.string().max(120), source: node, target: node }),
  bases: z.strictObject({}),
  index: z.strictObject({
    ...inBasis,
    text: z.array(z.string().min(1).max(4000)).max(64).optional(),
    tokens: whole(1000, 100_000_000).optional(),
  }),
} satisfies { [K in api.JobKind]: z.ZodType<api.JobKinds[K]["input"]> };

export const jobRequest = z.discriminatedUnion(
  "kind",
  Object.entries(jobInputs).map(([kind, input]) =>
    z.strictObject({
      kind: z.literal(kind),
      model: modelName,
      input,
      client: z.string().max(64).optional(),
      early: z.boolean().optional(),
    }),
  ) as never,
) as unknown as z.ZodType<api.JobRequest>;

export const runChange = z.strictObject({
  title: z.string().min(1).max(300).optional(),
  deleted: z.boolean().optional(),
});

export const exportFormat = z.enum(["json", "html", "svg", "graph", "lucida", "txt"]);
