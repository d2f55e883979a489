/**
 * What the page and scripts say to the server, and what comes back: types alone, shared by both sides. The zod schemas
 * that check them at the border are in schemas.ts, the routes in app.ts; GET /api/openapi.json describes both.
 */
import type { TokenInfo, TraceDocument } from "../attribution/document.ts";

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** A text, turns of a chat, or token ids: one of the three. */
export interface PromptInput {
  readonly prompt?: string | undefined;
  readonly chat?: boolean | readonly ChatMessage[] | undefined;
  readonly ids?: readonly number[] | undefined;
}

/** In which units: "neurons" (when left out), a dictionary's name, a folder, or owner/name of the hub. */
export interface InBasis {
  readonly basis?: string | undefined;
}

export interface BasisChoice {
  /** What to ask for. */
  readonly reference: string;
  readonly name: string;
  readonly fits: boolean;
  readonly kind?: "transcoders" | "cross-layer" | "autoencoders";
  readonly features?: number;
  readonly layers?: number;
  /** Why it does not fit. */
  readonly trouble?: string;
}

export interface TraceInput extends PromptInput, InBasis {
  /** The prompt it is held against, as text or as token ids. */
  readonly versus?: string | readonly number[] | undefined;
  /** Look for such a prompt where none is given; the document's `versus.found` says that it was found. */
  readonly findVersus?: boolean | undefined;
  readonly target?: string | undefined;
  readonly foil?: string | undefined;
  /** Most units that the chart keeps. */
  readonly units?: number | undefined;
  /** Most boxes of the story. */
  readonly boxes?: number | undefined;
  readonly verify?: boolean | undefined;
  readonly position?: number | undefined;
  /** Trace the model as it is with these changes made. */
  readonly changes?: readonly Change[] | undefined;
}

/** What could this prompt be held against? Prompts of as many tokens with another answer. */
export interface ContrastInput extends PromptInput {
  /** The token that they must not have for an answer; the most probable one when left out. */
  readonly target?: string | undefined;
}

export interface Contrasts {
  readonly answer: TokenInfo;
  /** Best first; none where nothing that was tried has clearly another answer. */
  readonly found: readonly {
    /** For people, and for `versus` unless the prompt is a chat: then give `versus` the tokens' ids. */
    readonly prompt: string;
    readonly tokens: readonly TokenInfo[];
    /** Where they differ from the prompt's. */
    readonly positions: readonly number[];
    readonly answer: TokenInfo;
    /** How far the difference of the two answers' logits moves between the prompts. */
    readonly gap: number;
  }[];
  /** Prompts that were run. */
  readonly tried: number;
}

/** What is changed in the model: named nodes of a trace, and what becomes of their activations. */
export interface Change {
  readonly nodes: readonly string[];
  /** "scale" by a factor (0 switches off, −1 reverses), "set" to a value, "swap" for the other prompt's values. */
  readonly do: "scale" | "set" | "swap";
  readonly value?: number | undefined;
  /** Positions at which the units are changed, in place of those that the nodes name. */
  readonly at?: readonly number[] | undefined;
  /** The prompt whose values a swap takes; the request's `versus` when left out. */
  readonly from?: string | undefined;
  /** Also on every new token, when text is generated. */
  readonly everyToken?: boolean | undefined;
}

export interface InterveneInput extends PromptInput, InBasis {
  readonly changes: readonly Change[];
  /** The prompt whose values "swap" takes. */
  readonly versus?: string | undefined;
  /** Tokens whose logits are reported besides the most probable. */
  readonly watch?: readonly number[] | undefined;
  /** New tokens to generate with and without the change; 0 for none. */
  readonly tokens?: number | undefined;
}

export interface Likely extends TokenInfo {
  readonly logit: number;
  readonly probability: number;
}

export interface Intervened {
  readonly before: readonly Likely[];
  readonly live: readonly Likely[];
  readonly frozen: readonly Likely[];
  /** For each watched token, in order. */
  readonly watched: readonly {
    readonly token: TokenInfo;
    readonly before: Likely;
    readonly live: Likely;
    readonly frozen: Likely;
  }[];
  /** Mean of all logits: the answer's value is a logit minus this, where there is no foil. */
  readonly mean: { readonly before: number; readonly live: number; readonly frozen: number };
  readonly text?: { readonly before: readonly string[]; readonly after: readonly string[] };
}

export interface GenerateInput extends PromptInput {
  readonly tokens: number;
  readonly temperature?: number | undefined;
  readonly seed?: number | undefined;
}

export interface Generated {
  readonly prompt: readonly TokenInfo[];
  readonly tokens: readonly TokenInfo[];
}

export interface WatchInput extends PromptInput, InBasis {
  readonly units: readonly { readonly layer: number; readonly index: number }[];
  /** New tokens that the model writes on with, watched as well. */
  readonly tokens?: number | undefined;
}

/** Activations of one more token, as soon as the model has read it. */
export interface WatchedToken extends TokenInfo {
  /** [unit] */
  readonly activations: readonly number[];
  /** Written by the model, not given. */
  readonly written?: boolean;
}

/** Activations of units, token by token. */
export interface Watched {
  readonly tokens: readonly TokenInfo[];
  /** [unit][token] */
  readonly activations: readonly (readonly number[])[];
  /** Tokens at the end that the model wrote. */
  readonly written: number;
}

export interface UnitInput extends InBasis {
  readonly layer: number;
  readonly index: number;
}

export interface UnitFacts {
  readonly layer: number;
  readonly index: number;
  /** Tokens whose logits the unit raises and lowers when it is active (positive), through the final norm. */
  readonly promotes: readonly { readonly text: string; readonly weight: number }[];
  readonly suppresses: readonly { readonly text: string; readonly weight: number }[];
  /** Tokens whose embedding drives it most, by gate (or input) row. */
  readonly reads: readonly { readonly text: string; readonly weight: number }[];
  /** Units of the same layer that write nearly the same: cosine of what they write. */
  readonly nearest: readonly NearUnit[];
  /** What it fires on over a corpus; absent where no index was built. */
  readonly evidence?: UnitEvidence;
}

export interface NearUnit extends UnitInput {
  /** Cosine of what they write, or correlation of where they fire. */
  readonly score: number;
  readonly label?: string;
}

/** A text of the index around the unit's peak. */
export interface UnitExample {
  readonly tokens: readonly string[];
  /** Which token is the peak. */
  readonly at: number;
  readonly value: number;
  /** [token] share of the unit's strongest activation anywhere, signed, −1 to 1. */
  readonly heat: readonly number[];
}

export interface UnitEvidence {
  readonly corpus: string;
  /** Of the corpus that were read. */
  readonly tokens: number;
  /** Share of tokens at which it fires. */
  readonly density: number;
  readonly max: number;
  readonly min: number;
  readonly mean: number;
  /** Counts in equal bins from −range to range. */
  readonly histogram: { readonly range: number; readonly counts: readonly number[] };
  readonly label?: { readonly text: string; readonly confidence: number; readonly examples: number };
  /** Strongest first, then by quantiles of the peaks, from the upper down, then the most negative. */
  readonly quantiles: readonly { readonly name: string; readonly examples: readonly UnitExample[] }[];
  /** Units that fire in the same texts. */
  readonly alike: readonly NearUnit[];
}

export interface IndexInput extends InBasis {
  /** Files or folders of text on this machine; the built-in text when left out. */
  readonly text?: readonly string[] | undefined;
  /** Most tokens to read. */
  readonly tokens?: number | undefined;
}

export interface Indexed {
  readonly tokens: number;
  readonly units: number;
  readonly labelled: number;
  readonly seconds: number;
}

/** One edge of a chart, to be split over the attention heads that carry it. */
export interface HeadsInput {
  /** A saved chart. */
  readonly document: string;
  readonly source: string;
  readonly target: string;
}

export interface Heads {
  readonly weight: number;
  /** What no head carries: straight down the stream of one position. */
  readonly direct: number;
  /** Strongest first; `to` is where the head's query stands, `pattern` how much it looks at the source's position. */
  readonly heads: readonly {
    readonly layer: number;
    readonly head: number;
    readonly to: number;
    readonly weight: number;
    readonly pattern: number;
  }[];
  /** Heads that are not listed, and their sum. */
  readonly others: { readonly count: number; readonly weight: number };
}

/** Long work, by kind. Each is asked for with POST /api/jobs and runs in the queue. */
export interface JobKinds {
  load: { input: Record<string, never>; result: ModelState };
  trace: { input: TraceInput & { readonly save?: boolean | undefined }; result: Traced };
  verify: { input: { readonly document: string }; result: Traced };
  /** Boxes that were regrouped, measured and named. */
  roles: { input: { readonly document: string }; result: Traced };
  contrast: { input: ContrastInput; result: Contrasts };
  intervene: { input: InterveneInput; result: Intervened };
  generate: { input: GenerateInput; result: Generated };
  watch: { input: WatchInput; result: Watched };
  unit: { input: UnitInput; result: UnitFacts };
  heads: { input: HeadsInput; result: Heads };
  bases: { input: Record<string, never>; result: readonly BasisChoice[] };
  index: { input: IndexInput; result: Indexed };
}
export type JobKind = keyof JobKinds;

export interface Traced {
  /** Under which the document is kept; absent when `save` was false. */
  readonly id?: string;
  readonly document: TraceDocument;
}

export interface JobRequest<K extends JobKind = JobKind> {
  readonly kind: K;
  readonly model: string;
  readonly input: JobKinds[K]["input"];
  /** The page that asks: when its event stream is gone, its work is cancelled. Scripts leave it out. */
  readonly client?: string | undefined;
  /**
   * Nobody has asked yet, somebody may: the work gives way to whatever is asked for, and the same request without this
   * takes it over as far as it has come. Nothing is kept of it before.
   */
  readonly early?: boolean | undefined;
}

export interface ErrorInfo {
  readonly what: string;
  readonly where?: string | undefined;
  readonly advice?: string | undefined;
}

export interface JobStatus {
  readonly id: string;
  readonly kind: JobKind;
  readonly state: "queued" | "running" | "done" | "failed" | "cancelled";
  /** Jobs before this one. */
  readonly ahead: number;
  /** What is being done now, in words, and how far. */
  readonly stage?: string;
  readonly done?: number;
  readonly total?: number;
  /** Seconds since it began. */
  readonly seconds?: number;
  readonly error?: ErrorInfo;
}

export interface ModelState {
  readonly name: string;
  readonly family: string;
  readonly layers: number;
  readonly dModel: number;
  readonly dMlp: number;
  readonly vocabulary: number;
  readonly context: number;
  readonly weights: string;
  readonly chat: boolean;
  readonly tokenizer: boolean;
}

export interface ModelChoice {
  readonly name: string;
  readonly here: boolean;
  readonly family: string;
  readonly size: number;
  readonly licence?: string | undefined;
  readonly trouble?: string | undefined;
  readonly gated?: boolean | undefined;
}

export interface Models {
  readonly choices: readonly ModelChoice[];
  /** The one in memory. */
  readonly resident?: ModelState | undefined;
  /** What the server was started with. */
  readonly preferred?: string | undefined;
  /** Seconds that a trace took here, by model: [tokens, seconds], newest last. */
  readonly timings: Readonly<Record<string, readonly (readonly [tokens: number, seconds: number])[]>>;
}

export interface Tokens {
  readonly tokens: readonly TokenInfo[];
  readonly context: number;
}

export interface Prediction extends Tokens {
  readonly top: readonly Likely[];
}

export interface RunInfo {
  readonly id: string;
  readonly title: string;
  readonly answer: string;
  readonly model: string;
  readonly basis: string;
  readonly versus?: string;
  readonly created: string;
  readonly tokens: number;
  /** "works", "does not work", or nobody has verified it. */
  readonly verified?: boolean;
  /** Of a model that was changed while it ran. */
  readonly changed?: boolean;
  readonly deleted?: boolean;
}

export interface Documents {
  readonly gallery: readonly RunInfo[];
  readonly runs: readonly RunInfo[];
}

export type ExportFormat = "json" | "html" | "svg" | "graph" | "lucida" | "txt";

export interface ServerState {
  readonly version: string;
  readonly worker: "running" | "idle" | "restarted";
  /** Bytes. */
  readonly memory: number;
  readonly jobs: readonly JobStatus[];
}

/** Events of GET /api/events. */
export type ServerEvent =
  | { readonly type: "job"; readonly job: JobStatus }
  /** A piece of a job's result, before the whole: of "watch", one token. */
  | { readonly type: "part"; readonly job: string; readonly part: unknown }
  | { readonly type: "model"; readonly resident?: ModelState }
  | { readonly type: "runs" };
