/**
 * One contrast pair put to the test: does the chart that a trace would draw work, and how many nodes does it take?
 *
 * `quick` leaves out the boxes: no rows, no controls, only what the chart alone brings about and what goes without it,
 * for a hundredth of a minute a pair. In the neuron basis only.
 */
import { Problem } from "../../core/problem.ts";
import { random } from "../../core/random.ts";
import type { Basis } from "../../features/basis.ts";
import { firstDifference } from "../../interventions/hold.ts";
import { argmax } from "../../models/generate.ts";
import { type Asked, promptOf, shown } from "../../models/prompt.ts";
import { logitsAt, type Recording, recordRun } from "../../models/record.ts";
import { givenVersus } from "../contrast/versus.ts";
import type { Balance, Verification } from "../document.ts";
import { trace } from "../trace.ts";
import { balancedCircuit, circuitByChance } from "./balance.ts";
import { type Curve, sufficiencyCurve } from "./curve.ts";
import { earlyLayers } from "./early-blocks.ts";
import { type GapShares, gapOf, gapShares, type Question, question } from "./gap.ts";
import { rankUnits } from "./rank.ts";
import { verifyTrace } from "./verify-trace.ts";
import { gapReasons } from "./works.ts";

export interface Pair {
  readonly prompt: string;
  readonly versus: string;
  readonly category: string;
}

export interface PairResult extends Pair {
  readonly answer: string;
  readonly versusAnswer: string;
  readonly tokens: number;
  /** How far logit(answer) − logit(contrast's answer) moves between the prompts. */
  readonly gap: number;
  /** All of design §6; with `quick`, sufficiency and necessity alone. */
  readonly works: boolean;
  /** As `works`, had units for and against been chosen alike: of sufficiency and necessity alone. */
  readonly sufficesAlike?: boolean;
  /** As many units at random, by the same rule (`circuitByChance`); in neurons. */
  readonly chance?: GapShares & { readonly suffices: boolean };
  readonly reasons: readonly string[];
  readonly sufficiency?: number;
  readonly necessity?: number;
  readonly nodes: number;
  readonly balance?: Balance;
  readonly spearman?: number;
  readonly spearmanControls?: number;
  readonly curve?: Curve;
  readonly seconds: number;
}

export interface PairOptions {
  readonly basis?: Basis | undefined;
  readonly precision: string;
  /** Most nodes: 500, with a dictionary 100. */
  readonly nodes?: number | undefined;
  /** Sizes of the curve; none leaves it out. Neuron basis only. */
  readonly sizes?: readonly number[];
  readonly quick?: boolean;
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((stage: string, done: number, of: number) => void) | undefined;
}

/** Throws a Problem when the prompts differ in length or have one answer. */
export async function measurePair(asked: Asked, pair: Pair, options: PairOptions): Promise<PairResult> {
  const start = performance.now();
  const neurons = !options.basis || options.basis.name === "neurons";
  if (options.quick && !neurons)
    throw new Problem("quick tests need no boxes, and so no dictionary", { advice: "the basis neurons, or all tests" });
  const nodes = options.nodes ?? (neurons ? 500 : 100);
  const found = options.quick ? await quickly(asked, pair, nodes, options) : await wholly(asked, pair, nodes, options);
  const { q, verification, ...rest } = found;
  const limits = limitsOf(asked, q, nodes, options.signal);
  const { seed = 1, sizes = [] } = options;
  const effects = neurons ? await rankUnits(q, limits) : undefined;
  const chance = effects && (await byChance(q, effects, limits, seed));
  const curve =
    effects && sizes.length > 0 ? await sufficiencyCurve(q, effects, { ...limits, sizes, seed }) : undefined;
  const { sufficiency, necessity, spearman, spearmanControls } = verification;
  const alike = rest.balance?.sufficiencyAlike;
  return {
    ...pair,
    answer: shown(asked.tokenizer, q.answer),
    versusAnswer: shown(asked.tokenizer, q.contrastAnswer),
    tokens: q.prompt.tokens,
    gap: q.onPrompt - q.onContrast,
    works: verification.works,
    reasons: verification.reasons,
    ...rest,
    ...(sufficiency === undefined ? {} : { sufficiency }),
    ...(necessity === undefined ? {} : { necessity }),
    ...(alike === undefined || necessity === undefined
      ? {}
      : { sufficesAlike: gapReasons({ sufficiency: alike, necessity }).length === 0 }),
    ...(chance ? { chance } : {}),
    nodes: verification.nodes,
    ...(spearman === undefined ? {} : { spearman }),
    ...(spearmanControls === undefined ? {} : { spearmanControls }),
    ...(curve ? { curve } : {}),
    seconds: (performance.now() - start) / 1000,
  };
}

interface Found {
  readonly q: Question;
  readonly verification: Pick<
    Verification,
    "works" | "reasons" | "sufficiency" | "necessity" | "nodes" | "spearman" | "spearmanControls"
  >;
  readonly balance?: Balance;
}

const limitsOf = ({ model }: Asked, q: Question, nodes: number, signal: AbortSignal | undefined) => ({
  nodes,
  coarseLayers: earlyLayers(model.layers),
  from: firstDifference(q.prompt.ids, q.contrast.ids),
  signal,
});

type Limits = ReturnType<typeof limitsOf>;

/** What balancing does for units that nobody chose. */
async function byChance(q: Question, effects: readonly Float32Array[], limits: Limits, seed: number) {
  const circuit = await circuitByChance(q, effects, limits, random(seed));
  const [shares] = await gapShares(q, [circuit.charted], { signal: limits.signal });
  return { ...shares!, suffices: gapReasons(shares!).length === 0 };
}

async function wholly(asked: Asked, pair: Pair, nodes: number, options: PairOptions): Promise<Found> {
  const { signal, progress } = options;
  const traced = await trace(
    asked,
    { text: pair.prompt, versus: pair.versus, units: nodes },
    { basis: options.basis, precision: options.precision, signal, progress },
  );
  const document = await verifyTrace(traced, {
    seed: options.seed,
    signal,
    progress: (done, of) => progress?.("verify", done, of),
  });
  const token = traced.targets[0]!.token!;
  return {
    q: await question(traced.recording, traced.contrast!, token.id, token.foil!),
    verification: document.verify!,
    ...(document.balance ? { balance: document.balance } : {}),
  };
}

async function quickly(asked: Asked, pair: Pair, nodes: number, { signal }: PairOptions): Promise<Found> {
  const { model } = asked;
  const prompt = promptOf({ text: pair.prompt }, asked);
  const versus = givenVersus(pair.versus, undefined, asked, prompt);
  const recording = await recordRun(model, prompt.ids, { signal });
  const contrast = await recordRun(model, versus.ids, { signal });
  const q = await question(recording, contrast, await answerOf(recording), await answerOf(contrast));
  const limits = limitsOf(asked, q, nodes, signal);
  const circuit = await balancedCircuit(q, await rankUnits(q, limits), limits);
  const shares = await gapOf(q, circuit.charted, { signal });
  const reasons = gapReasons(shares);
  return {
    q,
    verification: { works: reasons.length === 0, reasons, ...shares, nodes: circuit.nodes },
    balance: circuit.balance,
  };
}

const answerOf = async (recording: Recording): Promise<number> => argmax(await logitsAt(recording));
