/**
 * What the worker can do, method by method: the seam between the server, which knows requests and files, and the model,
 * which runs in a process of its own. Both sides import this and nothing of each other.
 */
import type { TraceDocument } from "../attribution/document.ts";
import type {
  BasisChoice,
  ContrastInput,
  Contrasts,
  ErrorInfo,
  Generated,
  GenerateInput,
  Heads,
  Indexed,
  IndexInput,
  Intervened,
  InterveneInput,
  ModelState,
  Prediction,
  PromptInput,
  Tokens,
  TraceInput,
  UnitFacts,
  UnitInput,
  Watched,
  WatchInput,
} from "./api.ts";

export interface Methods {
  load: { input: Record<string, never>; result: ModelState };
  tokens: { input: PromptInput; result: Tokens };
  predict: { input: PromptInput; result: Prediction };
  trace: { input: TraceInput; result: TraceDocument };
  verify: { input: { readonly document: TraceDocument }; result: TraceDocument };
  roles: { input: { readonly document: TraceDocument }; result: TraceDocument };
  contrast: { input: ContrastInput; result: Contrasts };
  intervene: { input: InterveneInput; result: Intervened };
  generate: { input: GenerateInput; result: Generated };
  watch: { input: WatchInput; result: Watched };
  unit: { input: UnitInput; result: UnitFacts };
  heads: {
    input: { readonly document: TraceDocument; readonly source: string; readonly target: string };
    result: Heads;
  };
  bases: { input: Record<string, never>; result: readonly BasisChoice[] };
  index: { input: IndexInput; result: Indexed };
}
export type Method = keyof Methods;

/** To the worker. */
export type Request =
  | { readonly call: number; readonly method: Method; readonly model: string; readonly input: unknown }
  | { readonly cancel: number };

/** From the worker. */
export type Reply =
  | { readonly call: number; readonly result: unknown }
  | { readonly call: number; readonly error: ErrorInfo & { readonly cancelled?: boolean; readonly bug?: boolean } }
  | { readonly call: number; readonly part: unknown }
  | { readonly call: number; readonly stage: string; readonly done: number; readonly total: number }
  | { readonly resident: ModelState | undefined };

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((stage: string, done: number, total: number) => void) | undefined;
  /** A piece of the result, as soon as it is there. */
  readonly part?: ((part: unknown) => void) | undefined;
}
