/** `lucida bench nulls`: of charts that are wrong, the share that verification lets pass; it should be next to none. */
import { basename } from "node:path";
import { type Traced, trace } from "../../../attribution/trace.ts";
import { grafted, type NullKind, nullInWords, nullKinds, shuffled } from "../../../attribution/verify/null-charts.ts";
import { verifyTrace } from "../../../attribution/verify/verify-trace.ts";
import type { Pair } from "../../../attribution/verify/works-pair.ts";
import { Problem, sentence } from "../../../core/problem.ts";
import type { Basis } from "../../../features/basis.ts";
import { type OpenModel, openModel } from "../../../store/open-model.ts";
import { signFlipped } from "../../../studies/null-weights.ts";
import { percent, share, withInterval } from "../../../studies/stats.ts";
import { openBasis } from "../../dictionary.ts";
import { modelFor } from "../../model.ts";
import type { Context } from "../../verb.ts";
import { readPairs, some } from "../works/pairs.ts";

export interface NullsOptions {
  readonly model: string;
  readonly prompts: string;
  readonly basis: string;
  readonly nodes?: number | undefined;
  readonly limit?: number | undefined;
  readonly seed: number;
}

/** Most wrong charts that may pass (design §6: at least 95 in 100 fail). */
const MOST = 0.05;

interface Tried {
  readonly kind: NullKind | "its own";
  readonly prompt: string;
  readonly works: boolean;
  readonly sufficiency?: number;
  readonly reasons: readonly string[];
}

export async function benchNulls(options: NullsOptions, context: Context): Promise<void> {
  const pairs = some(await readPairs(options.prompts), options.limit);
  const found = await modelFor(options.model, context);
  const open = await openModel(found);
  // The same sizes and magnitudes, and none of the knowledge.
  const blank = await openModel(found, { weights: weights => signFlipped(weights, options.seed) });
  const opened = await openBasis(options.basis, open.model, context);
  const blankBasis = await openBasis(options.basis, blank.model, context);
  const phase = context.progress.start(`wrong charts of ${basename(options.prompts)}`, { unit: "pairs" });
  const tried: Tried[] = [];
  const failed: { prompt: string; why: string }[] = [];
  const before: Before[] = [];
  try {
    for (const [i, pair] of pairs.entries()) {
      context.signal.throwIfAborted();
      try {
        const one = new OnePair(pair, options, context.signal);
        const traced = await one.trace(open, opened?.basis);
        tried.push(await one.tried("its own", traced, traced.document));
        tried.push(await one.tried("shuffled", traced, shuffled(traced, options.seed + i)));
        const own: Before = { document: traced.document, category: pair.category };
        const other = before.findLast(b => fits(b, own));
        if (other) tried.push(await one.tried("another prompt", traced, grafted(traced.document, other.document)));
        const unknowing = await one.trace(blank, blankBasis?.basis, traced);
        tried.push(await one.tried("random weights", traced, grafted(traced.document, unknowing.document)));
        before.push(own);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        failed.push({ prompt: pair.prompt, why: sentence(error).split("\n")[0]! });
      }
      phase.update(i + 1, pairs.length);
    }
  } finally {
    phase.end();
    await opened?.close();
    await blankBasis?.close();
    await open.close();
    await blank.close();
  }
  report(tried, failed, { ...options, model: found.name }, context);
}

interface Before extends Pick<Traced, "document"> {
  readonly category: string;
}

/**
 * Can the chart of the one be held against the runs of the other, and should it fail there? Prompts of one category may
 * be answered by one circuit, and then the chart is not wrong.
 */
function fits(a: Before, b: Before): boolean {
  const [one, other] = [a.document, b.document];
  return a.category !== b.category && one.tokens.length === other.tokens.length && one.target.id !== other.target.id;
}

class OnePair {
  private readonly pair: Pair;
  private readonly options: NullsOptions;
  private readonly signal: AbortSignal;

  constructor(pair: Pair, options: NullsOptions, signal: AbortSignal) {
    this.pair = pair;
    this.options = options;
    this.signal = signal;
  }

  /** @param asked the trace whose answers are asked about, where this model would have others */
  trace(open: OpenModel, basis: Basis | undefined, asked?: Traced): Promise<Traced> {
    const { prompt, versus } = this.pair;
    const target = asked?.document.target;
    return trace(
      open,
      {
        text: prompt,
        versus,
        units: this.options.nodes ?? (basis ? 100 : 500),
        ...(target ? { target: `#${target.id}`, foil: `#${target.foil!.id}` } : {}),
      },
      { basis, precision: open.precision, signal: this.signal },
    );
  }

  async tried(kind: Tried["kind"], traced: Traced, document: Traced["document"]): Promise<Tried> {
    const { verify } = await verifyTrace({ ...traced, document }, { seed: this.options.seed, signal: this.signal });
    const { works, reasons, sufficiency } = verify!;
    return { kind, prompt: this.pair.prompt, works, reasons, ...(sufficiency === undefined ? {} : { sufficiency }) };
  }
}

function report(
  tried: readonly Tried[],
  failed: readonly { prompt: string; why: string }[],
  options: NullsOptions,
  context: Context,
): void {
  const of = (kind: Tried["kind"]) => tried.filter(t => t.kind === kind);
  const shareOf = (some: readonly Tried[]) => share(some.filter(t => t.works).length, some.length);
  const nulls = nullKinds.map(kind => ({ kind, passed: shareOf(of(kind)) }));
  const own = shareOf(of("its own"));
  const { seed, basis, model } = options;
  context.result({
    format: "lucida-nulls",
    version: 1,
    model,
    basis,
    seed,
    prompts: basename(options.prompts),
    own,
    nulls: Object.fromEntries(nulls.map(({ kind, passed }) => [kind, passed])),
    failed,
    charts: tried,
  });
  context.out(`${model}, basis ${basis}, ${basename(options.prompts)}`);
  for (const { prompt, why } of failed) context.out(`  not measured: ${JSON.stringify(prompt)}: ${why}`);
  context.out(`charts that are wrong and pass (at most ${percent(MOST)} may):`);
  for (const { kind, passed } of nulls) {
    const line = `  ${kind.padEnd(15)} ${withInterval(passed)}  ${nullInWords[kind]}`;
    context.out(passed.value > MOST ? context.color.yellow(line) : line);
  }
  context.out(`the prompts' own charts that work: ${withInterval(own)}`);
}
