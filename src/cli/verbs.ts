/**
 * The verbs, in the order of `lucida --help`. Each is loaded only when it is called.
 */
import type { Verb } from "./verb.ts";

export interface VerbRow {
  readonly name: string;
  readonly summary: string;
  load(): Promise<{ verb: Verb<never> }>;
}

export const verbs: readonly VerbRow[] = [
  {
    name: "trace",
    summary: "the flow chart of what the model thought between prompt and answer",
    load: () => import("./verbs/trace.ts"),
  },
  {
    name: "steer",
    summary: "what the model says before and after units, heads or streams are changed",
    load: () => import("./verbs/steer.ts"),
  },
  {
    name: "verify",
    summary: "a saved chart, or a prompt's, put to the test in the real model",
    load: () => import("./verbs/verify.ts"),
  },
  {
    name: "study",
    summary: "questions of the field asked of a model: what it can do, how, and how sure that is; a report card",
    load: () => import("./verbs/study.ts"),
  },
  {
    name: "predict",
    summary: "the most probable next tokens of a prompt",
    load: () => import("./verbs/predict.ts"),
  },
  {
    name: "generate",
    summary: "text from a model, token by token",
    load: () => import("./verbs/generate.ts"),
  },
  {
    name: "worker",
    summary: "do pieces of large grids that others have put into a queue",
    load: () => import("./verbs/worker.ts"),
  },
  {
    name: "train",
    summary: "train a dictionary of features for a model, or the specimen, the small model that Lucida brings along",
    load: () => import("./verbs/train.ts"),
  },
  {
    name: "index",
    summary: "what every unit fires on, from one pass over a corpus",
    load: () => import("./verbs/index-verb.ts"),
  },
  {
    name: "features",
    summary: "look at units: show one, find them by texts or a phrase, or the ones like one",
    load: () => import("./verbs/features.ts"),
  },
  {
    name: "bench",
    summary: "figures of this machine: loading, predicting, tracing, growth, memory",
    load: () => import("./verbs/bench.ts"),
  },
  {
    name: "models",
    summary: "what is on this machine and what to start with; sizes and licences",
    load: () => import("./verbs/models.ts"),
  },
  {
    name: "serve",
    summary: "the page, on this machine (what lucida alone does)",
    load: () => import("./verbs/serve.ts"),
  },
];
