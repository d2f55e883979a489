/**
 * The first stage of a trace: the prompt, and the one that it is held against, run and recorded; and which answer is
 * asked about, over which other.
 */
import { Problem } from "../core/problem.ts";
import type { Basis } from "../features/basis.ts";
import type { Stages } from "../models/forward.ts";
import { argmax } from "../models/generate.ts";
import type { Model } from "../models/model.ts";
import type { ProgramName } from "../models/programs.ts";
import { type Asked, type Prompt, promptOf, shown, tokenNamed } from "../models/prompt.ts";
import { logitsAt, type Recording, recordRun } from "../models/record.ts";
import type { Clock } from "./clock.ts";
import { findVersus, givenVersus } from "./contrast/versus.ts";
import type { TraceOptions, TraceRequest } from "./trace.ts";

export interface AskedRuns {
  readonly prompt: Prompt;
  readonly recording: Recording;
  /** Where the answer is read. */
  readonly position: number;
  /** [vocabulary] of the prompt there. */
  readonly logits: Float32Array;
  /** The unit that is explained in place of a token. */
  readonly unit: { readonly layer: number; readonly index: number } | undefined;
  readonly answer: number;
  /** The token that the answer is explained against: the foil that was asked for, or the contrast's answer. */
  readonly foil: number | undefined;
  readonly contrast: RunContrast | undefined;
  /** Where a contrast was looked for and none found: how many prompts were tried. */
  readonly lookedInVain: number | undefined;
  /** What changed the model while it ran, in words. */
  readonly changed: readonly string[] | undefined;
}

export interface RunContrast {
  readonly prompt: Prompt;
  readonly recording: Recording;
  /** Its most probable token. */
  readonly answer: number;
  /** Lucida found it: nobody gave it. */
  readonly found: boolean;
}

/** Throws a Problem for a prompt, target, foil or contrast that makes no sense for this model. */
export async function askedRuns(
  asked: Asked,
  request: TraceRequest,
  basis: Basis,
  options: TraceOptions,
  clock: Clock,
): Promise<AskedRuns> {
  const { model } = asked;
  const { signal, progress } = options;
  const prompt = promptOf(request, asked);
  const given = request.versus === undefined ? undefined : givenVersus(request.versus, request.chat, asked, prompt);
  const position = positionOf(request.position, prompt.ids.length);
  const unit = unitNamed(request.target);

  const record = (ids: readonly number[], share: number, change?: Stages) =>
    recordRun(model, ids, {
      readTaps: basis.readTaps,
      change,
      signal,
      progress: layer => progress?.("run", share * model.layers + layer + 1, (given ? 2 : 1) * model.layers),
    });
  await loadPrograms(model, basis, (done, of) => progress?.("load", done, of), signal, given !== undefined);
  clock.lap("load");
  const natural = await record(prompt.ids, 0);
  const under = options.under && (await options.under(natural));
  if (under && basis.name !== "neurons")
    throw new Problem(`a changed model can be traced in its own neurons, not in ${basis.name}`, { advice: "neurons" });
  const recording = under ? await record(prompt.ids, 0, under.stages) : natural;
  const logits = await logitsAt(recording, position);
  const answer = request.target === undefined || unit ? argmax(logits) : tokenNamed(request.target, asked);
  clock.lap("run");
  const looked =
    !given && !under && wantsVersus(request, position, prompt)
      ? await findVersus(asked, request, recording, {
          answer,
          signal,
          progress: (done, of) => progress?.("versus", done, of),
        })
      : undefined;
  if (looked) clock.lap("versus");
  const versus = given ?? looked?.found[0];
  const other = versus && (await record(versus.ids, given ? 1 : 0));
  const contrast =
    other && versus
      ? { prompt: versus, recording: other, answer: argmax(await logitsAt(other, position)), found: !given }
      : undefined;
  clock.lap("run");

  const foil = request.foil === undefined ? contrast?.answer : tokenNamed(request.foil, asked);
  if (!unit && foil === answer) throw sameAnswer(JSON.stringify(shown(asked.tokenizer, answer)), request);
  return {
    prompt,
    recording,
    position,
    logits,
    unit,
    answer,
    foil,
    contrast,
    lookedInVain: looked && !versus ? looked.tried : undefined,
    changed: under?.words,
  };
}

function sameAnswer(answer: string, { foil }: TraceRequest): Problem {
  if (foil !== undefined) return new Problem(`the foil is the answer itself, ${answer}`, { advice: "another --foil" });
  return new Problem(`both prompts are answered with ${answer}, so there is nothing to tell them apart by`, {
    advice: "another --versus prompt, or a --foil",
  });
}

/** What a trace will run, layer by layer, so that each weight is read from the file once. */
export async function loadPrograms(
  model: Model,
  basis: Basis,
  progress: (done: number, of: number) => void,
  signal: AbortSignal | undefined,
  contrast = false,
): Promise<void> {
  const names: ProgramName[] = ["attend", "read", "write", "attendPull"];
  if (basis.name === "neurons") names.push("unitsPull", "downPull", "readPull");
  if (basis.name === "neurons" && contrast) names.push("unitsGradient", "readGradient", "attendGradient");
  for (let layer = 0; layer < model.layers; layer++) {
    signal?.throwIfAborted();
    await model.prepare(layer, names);
    progress(layer + 1, model.layers);
  }
  await model.loadUnembedding();
}

function wantsVersus(request: TraceRequest, position: number, prompt: Prompt): boolean {
  if (!request.findVersus || request.foil !== undefined || request.allLikely || unitNamed(request.target)) return false;
  return position === prompt.ids.length - 1;
}

function positionOf(position: number | undefined, tokens: number): number {
  if (position === undefined) return tokens - 1;
  if (!(Number.isInteger(position) && position >= 0 && position < tokens)) {
    throw new Problem(`position ${position} is outside the prompt, which has positions 0 to ${tokens - 1}`);
  }
  return position;
}

/** "unit 12.345" as a place. */
function unitNamed(target: string | undefined): { layer: number; index: number } | undefined {
  const match = /^unit (\d+)\.(\d+)$/.exec(target ?? "");
  return match ? { layer: Number(match[1]), index: Number(match[2]) } : undefined;
}
