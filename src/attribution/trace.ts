/**
 * The whole way from a prompt to its chart.
 *
 * 1. run: the prompt (and the prompt that it is held against) through the model, recorded.
 * 2. effects: what each neuron does to the answer over all paths (in the neuron basis).
 * 3. sweep: rows of the answer and of the units that matter most.
 * 4. chart: pruned, grouped into boxes, labelled.
 * 5. roles: each box switched off in the real model.
 *
 * Every stage is a function of plain data that can be called alone; this file only puts them in order.
 */
import { Problem } from "../core/problem.ts";
import type { Basis, PromptBasis } from "../features/basis.ts";
import { heldAt, neurons } from "../features/neurons.ts";
import type { Stages } from "../models/forward.ts";
import { argmax, likely, softmax } from "../models/generate.ts";
import type { Model } from "../models/model.ts";
import type { ProgramName } from "../models/programs.ts";
import { type Asked, type Prompt, type PromptRequest, promptOf, shown, tokenNamed } from "../models/prompt.ts";
import { logitsAt, type Recording, recordRun } from "../models/record.ts";
import { attribute } from "./attribute.ts";
import { chartOf } from "./chart-of.ts";
import { Clock } from "./clock.ts";
import { coarsen } from "./coarsen.ts";
import { findVersus, givenVersus } from "./contrast/versus.ts";
import type { Balance, TokenInfo, TraceDocument } from "./document.ts";
import type { Graph } from "./graph.ts";
import type { Pruning } from "./prune.ts";
import { silentUnits } from "./silent.ts";
import { logitTargets, type Target, unitTargets } from "./target.ts";
import { totalEffects } from "./total-effects.ts";
import { balanceNote, notesOf, noVersus } from "./trace-notes.ts";
import { balancedCircuit } from "./verify/balance.ts";
import { type Circuit, chooseCircuit, earlyLayers, firstDifference, strongestUnits } from "./verify/circuit.ts";
import { question } from "./verify/gap.ts";
import { rankUnits } from "./verify/rank.ts";

export interface TraceRequest extends PromptRequest {
  /** The prompt it is held against: same number of tokens, another answer. */
  readonly versus?: string | readonly number[] | undefined;
  /**
   * Look for such a prompt where none is given and the question is why the answer is what it is: no foil, no unit, no
   * other position, not all likely answers together.
   */
  readonly findVersus?: boolean | undefined;
  /** The token to explain (its text, or "#id"); the most probable one when left out. A unit: "unit 12.345". */
  readonly target?: string | undefined;
  /** Explain the target's logit minus this token's. */
  readonly foil?: string | undefined;
  /** Where the answer is read; the last position when left out. */
  readonly position?: number | undefined;
  /** Most units and coarse nodes that the chart keeps. Default 500. */
  readonly units?: number | undefined;
  /** Most units whose rows are computed; as many as `units` when left out. */
  readonly expand?: number | undefined;
  /** Boxes of the story. */
  readonly boxes?: number | undefined;
  /** Thresholds of pruning, or "none": everything that was computed is in the document. */
  readonly prune?: "none" | { readonly nodes: number; readonly edges: number } | undefined;
  /** Explain the top tokens up to 95 % of the probability together, as circuit-tracer does, not the answer alone. */
  readonly allLikely?: boolean | undefined;
}

export interface TraceOptions {
  readonly basis?: Basis | undefined;
  /** In words, for the document: "float32". */
  readonly precision: string;
  /** Traces the model as it is under changes: given the run without them, what changes it, and that in words. */
  readonly under?: ((natural: Recording) => Promise<{ stages: Stages; words: readonly string[] }>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Stage by name, and how far it is. */
  readonly progress?: ((stage: string, done: number, of: number) => void) | undefined;
}

/** Most features in a chart against a contrast. */
const MOST_FEATURES = 100;

/** Everything that a trace made, for what comes after: verification, exports. */
export interface Traced {
  readonly document: TraceDocument;
  readonly graph: Graph;
  readonly pruning: Pruning;
  readonly recording: Recording;
  readonly contrast: Recording | undefined;
  readonly basis: PromptBasis;
  readonly targets: readonly Target[];
}

/** Throws a Problem for a prompt, target, foil or contrast that makes no sense for this model. */
export async function trace(asked: Asked, request: TraceRequest, options: TraceOptions): Promise<Traced> {
  const { model, tokenizer } = asked;
  const clock = new Clock();
  const progress = options.progress ?? (() => {});
  const show = (id: number): string => JSON.stringify(shown(tokenizer, id));
  const info = (id: number): TokenInfo => ({ id, text: shown(tokenizer, id) });

  const prompt = promptOf(request, asked);
  const given = request.versus === undefined ? undefined : givenVersus(request.versus, request.chat, asked, prompt);
  const position = positionOf(request.position, prompt.ids.length);
  const basis = options.basis ?? neurons(model);

  const record = (ids: readonly number[], share: number, change?: Stages) =>
    recordRun(model, ids, {
      readTaps: basis.readTaps,
      change,
      signal: options.signal,
      progress: layer => progress("run", share * model.layers + layer + 1, (given ? 2 : 1) * model.layers),
    });
  await loadPrograms(model, basis, (done, of) => progress("load", done, of), options.signal, given !== undefined);
  clock.lap("load");
  const natural = await record(prompt.ids, 0);
  const under = options.under && (await options.under(natural));
  if (under && basis.name !== "neurons")
    throw new Problem(`a changed model can be traced in its own neurons, not in ${basis.name}`, { advice: "neurons" });
  const recording = under ? await record(prompt.ids, 0, under.stages) : natural;
  const logits = await logitsAt(recording, position);
  const unit = unitNamed(request.target);
  const answer = request.target === undefined || unit ? argmax(logits) : tokenNamed(request.target, asked);
  clock.lap("run");
  const looked =
    !given && !under && wantsVersus(request, position, prompt)
      ? await findVersus(asked, request, recording, {
          answer,
          signal: options.signal,
          progress: (done, of) => progress("versus", done, of),
        })
      : undefined;
  if (looked) clock.lap("versus");
  const versus = given ?? looked?.found[0];
  const contrast = versus && (await record(versus.ids, given ? 1 : 0));
  const versusLogits = contrast && (await logitsAt(contrast, position));
  clock.lap("run");

  const versusAnswer = versusLogits && argmax(versusLogits);
  const foil = request.foil === undefined ? versusAnswer : tokenNamed(request.foil, asked);
  if (!unit && foil === answer) {
    throw new Problem(
      request.foil === undefined
        ? `both prompts are answered with ${show(answer)}, so there is nothing to tell them apart by`
        : `the foil is the answer itself, ${show(answer)}`,
      { advice: request.foil === undefined ? "another --versus prompt, or a --foil" : "another --foil" },
    );
  }
  const onPrompt = await basis.on(recording);
  const targets = unit
    ? await unitTargets(onPrompt, [{ ...unit, position }])
    : await logitTargets(recording, choices(answer, foil, logits, request.allLikely ?? false), show, position);

  const contrastBasis = contrast && basis.name !== "neurons" && !unit ? await basis.on(contrast) : undefined;
  // A chart of features against a contrast is to be held to 100 nodes (design §6).
  const budget = Math.min(request.units ?? 500, contrastBasis ? MOST_FEATURES : Number.POSITIVE_INFINITY);
  const expand = request.expand ?? request.units ?? 500;
  let effects: readonly Float32Array[] | undefined;
  let first: readonly number[] | undefined;
  let circuit: Circuit | undefined;
  let balance: Balance | undefined;
  if (basis.name === "neurons" && !unit) {
    progress("effects", 0, 1);
    const direction = await directionOf(recording, answer, foil);
    effects = await totalEffects(
      recording,
      { direction, position },
      { contrast, signal: options.signal, ...(under ? { passes: passing(recording) } : {}) },
    );
    if (contrast) {
      // Only where the prompts differ can anything tell them apart; early blocks, which read tokens, are charted whole.
      const from = firstDifference(prompt.ids, versus!.ids);
      const limits = { nodes: budget, coarseLayers: earlyLayers(model.layers), from, signal: options.signal };
      if (foil !== undefined && !under && position === recording.tokens - 1) {
        const asks = await question(recording, contrast, answer, foil);
        const balanced = await balancedCircuit(asks, await rankUnits(asks, limits), limits);
        circuit = balanced;
        balance = balanced.balance;
      } else circuit = chooseCircuit(recording, effects, limits);
      first = circuit.units.flatMap(place => onPrompt.number(place) ?? []).slice(0, expand);
    } else {
      const none = effects.map(values => new Uint8Array(values.length));
      first = strongestUnits(effects, Math.min(expand, budget), none).map(({ layer, at }) => {
        const { width } = basis;
        return onPrompt.number({ layer, position: Math.floor(at / width), index: at % width })!;
      });
    }
    progress("effects", 1, 1);
    clock.lap("effects");
  }

  const swept = await attribute(recording, onPrompt, targets, {
    // Under a contrast the circuit is the chart: expanding others would put them beside it.
    expand: circuit ? Math.min(expand, circuit.units.length) : expand,
    ...(first ? { first } : {}),
    signal: options.signal,
    progress: (done, of) => progress("sweep", done, of),
  });
  const coarse =
    circuit?.coarse ?? (contrastBasis ? earlyBlocks(recording, firstDifference(prompt.ids, versus!.ids)) : []);
  const attribution = { ...swept, graph: coarsen(swept.graph, coarse) };
  clock.lap("sweep");

  const silent =
    contrast && contrastBasis && foil !== undefined
      ? await silentUnits({
          basis: onPrompt,
          contrast,
          contrastBasis,
          answer: { id: answer, foil },
          position,
          expand,
          coarse,
          signal: options.signal,
        })
      : [];
  if (contrastBasis) clock.lap("sweep");

  const probabilities = softmax(logits);
  const chart = await chartOf({
    recording,
    contrast,
    basis: onPrompt,
    attribution,
    effects,
    contrastBasis,
    silent,
    targets,
    targetInfos: targets.map((target, i) => ({
      ...(unit ? { id: -1, text: target.what } : info(target.token!.id)),
      node: `target.${i}`,
      ...(target.token?.foil === undefined ? {} : { foil: info(target.token.foil) }),
      value: target.value,
      probability: target.token ? probabilities[target.token.id]! : 1,
      position: target.position,
      what: target.what,
    })),
    logits,
    position,
    budget,
    request,
    changed: under !== undefined,
    show: id => shown(tokenizer, id),
    signal: options.signal,
    progress,
    clock,
  });

  const document: TraceDocument = {
    format: "lucida-trace",
    version: 1,
    model: {
      name: model.name,
      family: model.config.family.name,
      layers: model.layers,
      dModel: model.config.dModel,
      dMlp: model.config.dMlp,
      vocabulary: model.config.vocabulary,
      weights: options.precision,
    },
    basis: basis.name,
    prompt: prompt.text,
    ...(versus && versusAnswer !== undefined
      ? { versus: { prompt: versus.text, tokens: versus.ids.map(info), answer: info(versusAnswer), found: !given } }
      : {}),
    ...(under ? { changed: under.words } : {}),
    tokens: prompt.ids.map(info),
    top: likely(logits, 10).map(t => ({ ...info(t.id), logit: t.logit, probability: t.probability })),
    ...chart.parts,
    ...(balance ? { balance } : {}),
    ...(chart.silent.length > 0 ? { silent: chart.silent } : {}),
    checks: { rowSum: attribution.rowSum, frozenLogits: attribution.frozenTargets },
    sweep: { expanded: attribution.expanded, sources: attribution.sources, unexpanded: attribution.unexpanded },
    notes: [
      ...(looked && !versus ? [noVersus(looked.tried, show(answer))] : []),
      ...(balance ? [balanceNote(balance)] : []),
      ...(contrastBasis
        ? [`against a contrast at most ${MOST_FEATURES} features are charted, those that change most`]
        : []),
      ...notesOf(attribution, recording, options.precision),
      ...(onPrompt.notes ?? []),
    ],
    timings: clock.seconds,
  };
  return { document, graph: attribution.graph, pruning: chart.pruning, recording, contrast, basis: onPrompt, targets };
}

/** [layer][token, dMlp] 0 for units that an intervention holds: nothing upstream acts through them. */
function passing(recording: Recording): Uint8Array[] {
  return recording.read.map(({ hidden }, layer) =>
    Uint8Array.from(hidden!, (_, at) => (heldAt(recording, layer, at) ? 0 : 1)),
  );
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
}

/** In features too, the first layers' MLPs are charted whole; where there are too many for half of the chart, none. */
function earlyBlocks({ model, tokens }: Recording, from: number): { layer: number; position: number }[] {
  const blocks: { layer: number; position: number }[] = [];
  for (let layer = 0; layer < earlyLayers(model.layers); layer++)
    for (let position = from; position < tokens; position++) blocks.push({ layer, position });
  return blocks.length <= MOST_FEATURES / 2 ? blocks : [];
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

function choices(answer: number, foil: number | undefined, logits: Float32Array, allLikely: boolean) {
  if (!allLikely || foil !== undefined) return [{ id: answer, ...(foil === undefined ? {} : { foil }) }];
  const top = likely(logits, 10);
  let sum = 0;
  const end = top.findIndex(t => (sum += t.probability) >= 0.95);
  const kept = top.slice(0, end < 0 ? 10 : end + 1).filter(t => t.id !== answer);
  const own = likely(logits, logits.length).find(t => t.id === answer)!;
  return [own, ...kept].map(t => ({ id: t.id, weight: t.probability }));
}

/** The direction of the normed final stream that is explained. */
export async function directionOf(
  recording: Recording,
  answer: number,
  foil: number | undefined,
): Promise<Float32Array<ArrayBuffer>> {
  const { model } = recording;
  const row = await model.unembeddingRow(answer);
  const against = foil === undefined ? await model.unembeddingMean() : await model.unembeddingRow(foil);
  return row.map((v, i) => v - against[i]!);
}
