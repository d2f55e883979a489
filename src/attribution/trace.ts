/**
 * The whole way from a prompt to its chart.
 *
 * 1. run: the prompt (and the prompt that it is held against) through the model, recorded (`asked-runs.ts`).
 * 2. effects: what each neuron does to the answer over all paths, in the neuron basis (`chosen-neurons.ts`).
 * 3. sweep: rows of the answer and of the units that matter most (`attribute.ts`).
 * 4. chart: pruned, grouped into boxes, labelled (`chart-of.ts`).
 * 5. roles: each box switched off in the real model (`role.ts`).
 *
 * Every stage is a function of plain data that can be called alone; this file only puts them in order.
 */
import type { Basis, PromptBasis } from "../features/basis.ts";
import { neurons } from "../features/neurons.ts";
import type { Stages } from "../models/forward.ts";
import { likely, softmax } from "../models/generate.ts";
import { type Asked, type PromptRequest, shown } from "../models/prompt.ts";
import type { Recording } from "../models/record.ts";
import { type AskedRuns, askedRuns } from "./asked-runs.ts";
import { type Attribution, attribute } from "./attribute.ts";
import { chartOf } from "./chart-of.ts";
import { blocksOfFeatures, isCheap, sufficesOf } from "./chosen-features.ts";
import { type ChosenNeurons, chosenNeurons } from "./chosen-neurons.ts";
import { Clock } from "./clock.ts";
import { coarsen } from "./coarsen.ts";
import type { Balance, SilentUnit, TargetInfo, TokenInfo, TraceDocument } from "./document.ts";
import type { Graph } from "./graph.ts";
import type { Pruning } from "./prune.ts";
import { silentUnits } from "./silent.ts";
import { logitTargets, type Target, unitTargets } from "./target.ts";
import { balanceNote, notesOf, noVersus } from "./trace-notes.ts";

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
  const clock = new Clock();
  const progress = options.progress ?? (() => {});
  const show = (id: number): string => shown(asked.tokenizer, id);
  const basis = options.basis ?? neurons(asked.model);

  const runs = await askedRuns(asked, request, basis, options, clock);
  const { recording, position, contrast } = runs;
  const onPrompt = await basis.on(recording);
  const targets = await targetsOf(runs, onPrompt, request, show);
  const contrastBasis =
    contrast && basis.name !== "neurons" && !runs.unit ? await basis.on(contrast.recording) : undefined;
  // What features do is read off their rows, so a chart of few is chosen from many.
  const fromRows = contrastBasis ? (isCheap(recording.model) ? 3000 : 500) : 0;
  const expand = request.expand ?? Math.max(request.units ?? 500, fromRows);
  const scene: Scene = {
    runs,
    basis: onPrompt,
    contrastBasis,
    targets,
    // A chart of features against a contrast is to be held to 100 nodes (design §6).
    budget: Math.min(request.units ?? 500, contrastBasis ? MOST_FEATURES : Number.POSITIVE_INFINITY),
    expand,
    signal: options.signal,
    progress,
  };

  let chosen: ChosenNeurons | undefined;
  if (basis.name === "neurons" && !runs.unit) {
    progress("effects", 0, 1);
    chosen = await chosenNeurons(runs, onPrompt, scene);
    progress("effects", 1, 1);
    clock.lap("effects");
  }
  const swept = await sweptRows(scene, chosen);
  clock.lap("sweep");

  const chart = await chartOf({
    recording,
    contrast: contrast?.recording,
    basis: onPrompt,
    attribution: swept.attribution,
    effects: chosen?.effects,
    contrastBasis,
    blockEffects: swept.blockEffects,
    silent: swept.silent,
    suffices: contrastBasis && (await sufficesOf(runs, onPrompt, swept.attribution.graph)),
    targets,
    targetInfos: targetInfos(runs, targets, show),
    logits: runs.logits,
    position,
    budget: scene.budget,
    request,
    changed: runs.changed !== undefined,
    show,
    signal: options.signal,
    progress,
    clock,
  });
  const balance = chosen?.balance ?? chart.balance;
  const document: TraceDocument = {
    ...about(runs, basis, options.precision, show),
    ...chart.parts,
    ...(balance ? { balance } : {}),
    ...(chart.silent.length > 0 ? { silent: chart.silent } : {}),
    ...measures(swept.attribution),
    notes: notes(scene, swept.attribution, balance, options.precision, show),
    timings: clock.seconds,
  };
  return {
    document,
    graph: swept.attribution.graph,
    pruning: chart.pruning,
    recording,
    contrast: contrast?.recording,
    basis: onPrompt,
    targets,
  };
}

/** What the stages after the runs share. */
interface Scene {
  readonly runs: AskedRuns;
  readonly basis: PromptBasis;
  /** The dictionary on the contrast. */
  readonly contrastBasis: PromptBasis | undefined;
  readonly targets: readonly Target[];
  /** Most nodes of the chart. */
  readonly budget: number;
  /** Most units whose rows are computed. */
  readonly expand: number;
  readonly signal: AbortSignal | undefined;
  readonly progress: NonNullable<TraceOptions["progress"]>;
}

async function targetsOf(
  { recording, unit, position, answer, foil, logits }: AskedRuns,
  basis: PromptBasis,
  { allLikely = false }: TraceRequest,
  show: (id: number) => string,
): Promise<readonly Target[]> {
  if (unit) return unitTargets(basis, [{ ...unit, position }]);
  return logitTargets(recording, choices(answer, foil, logits, allLikely), id => JSON.stringify(show(id)), position);
}

/** The rows, first layers' blocks made one node each where a contrast is charted; and what is silent here. */
async function sweptRows(
  { runs, basis, contrastBasis, targets, budget, expand, signal, progress }: Scene,
  chosen: ChosenNeurons | undefined,
): Promise<{
  attribution: Attribution;
  silent: readonly SilentUnit[];
  /** In a dictionary: what the features of each whole block add to the answer, by node id. */
  blockEffects?: ReadonlyMap<string, number>;
}> {
  const { recording, contrast, answer, foil, position } = runs;
  const circuit = chosen?.circuit;
  const swept = await attribute(recording, basis, targets, {
    // Under a contrast the circuit is the chart: expanding others would put them beside it.
    expand: circuit ? Math.min(expand, circuit.units.length) : expand,
    ...(chosen ? { first: chosen.first } : {}),
    signal,
    progress: (done, of) => progress("sweep", done, of),
  });
  if (!contrast || !contrastBasis)
    return { attribution: { ...swept, graph: coarsen(swept.graph, circuit?.coarse ?? []) }, silent: [] };
  const { coarse, effects: blockEffects } = blocksOfFeatures(
    swept.graph,
    recording,
    contrast.recording,
    contrastBasis,
    budget,
  );
  const silent =
    foil === undefined
      ? []
      : await silentUnits({
          basis,
          contrast: contrast.recording,
          contrastBasis,
          answer: { id: answer, foil },
          position,
          expand,
          coarse,
          signal,
        });
  return { attribution: { ...swept, graph: coarsen(swept.graph, coarse) }, silent, blockEffects };
}

function targetInfos(
  { unit, logits }: AskedRuns,
  targets: readonly Target[],
  show: (id: number) => string,
): TargetInfo[] {
  const info = (id: number): TokenInfo => ({ id, text: show(id) });
  const probabilities = softmax(logits);
  return targets.map((target, i) => ({
    ...(unit ? { id: -1, text: target.what } : info(target.token!.id)),
    node: `target.${i}`,
    ...(target.token?.foil === undefined ? {} : { foil: info(target.token.foil) }),
    value: target.value,
    probability: target.token ? probabilities[target.token.id]! : 1,
    position: target.position,
    what: target.what,
  }));
}

/** What was asked of which model. */
function about(
  { prompt, recording, contrast, changed, logits }: AskedRuns,
  basis: Basis,
  weights: string,
  show: (id: number) => string,
) {
  const { model } = recording;
  const info = (id: number): TokenInfo => ({ id, text: show(id) });
  return {
    format: "lucida-trace",
    version: 1,
    model: {
      name: model.name,
      family: model.config.family.name,
      layers: model.layers,
      dModel: model.config.dModel,
      dMlp: model.config.dMlp,
      vocabulary: model.config.vocabulary,
      weights,
    },
    basis: basis.name,
    prompt: prompt.text,
    ...(contrast
      ? {
          versus: {
            prompt: contrast.prompt.text,
            tokens: contrast.prompt.ids.map(info),
            answer: info(contrast.answer),
            found: contrast.found,
          },
        }
      : {}),
    ...(changed ? { changed } : {}),
    tokens: prompt.ids.map(info),
    top: likely(logits, 10).map(t => ({ ...info(t.id), logit: t.logit, probability: t.probability })),
  } as const;
}

const measures = (attribution: Attribution) => ({
  checks: { rowSum: attribution.rowSum, frozenLogits: attribution.frozenTargets },
  sweep: {
    expanded: attribution.expanded,
    sources: attribution.sources,
    unexpanded: attribution.unexpanded,
  },
});

function notes(
  { runs, basis, contrastBasis }: Scene,
  attribution: Attribution,
  balance: Balance | undefined,
  precision: string,
  show: (id: number) => string,
): string[] {
  const { lookedInVain, answer, recording } = runs;
  return [
    ...(lookedInVain === undefined ? [] : [noVersus(lookedInVain, JSON.stringify(show(answer)))]),
    ...(balance ? [balanceNote(balance)] : []),
    ...(contrastBasis
      ? [`against a contrast at most ${MOST_FEATURES} features are charted, those that change most`]
      : []),
    ...notesOf(attribution, recording, precision),
    ...(basis.notes ?? []),
  ];
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
