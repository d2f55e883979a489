/** Does the chart work (design §6)? And if not, every reason why not. */
import type { Verification } from "../document.ts";
import type { GapShares } from "./gap.ts";

export type { GapShares };

/** What a chart must reach. */
const bar = { sufficiency: [0.8, 1.25], necessity: 0.6, spearman: 0.7 } as const;

export interface Evidence {
  readonly gap?: GapShares;
  readonly nodes: number;
  readonly mostNodes: number;
  /** Of each box, the main test. */
  readonly pairs: readonly { readonly predicted: number; readonly live: number }[];
  readonly spearman: number | undefined;
  /** The highest that predictions agree with matched random sets in place of the boxes, but for the top 2.5 %. */
  readonly spearmanControls: number | undefined;
  /** Of the boxes: root mean square of measured minus predicted effects, in logits. */
  readonly error?: number | undefined;
  /** The least of it with matched random sets in place of the boxes, but for the lowest 2.5 %. */
  readonly errorControls?: number | undefined;
  /** Mean over random partitions of the same units. */
  readonly spearmanPartition: number | undefined;
  readonly seed: number;
  readonly controls: number;
}

/**
 * The boxes must be predicted better than random units of the same places. Over a handful of boxes both can be ranked
 * perfectly; then the sizes decide, which a ranking does not see (decision 10).
 */
function againstControls({ error, errorControls }: Evidence, rho: number, chance: number): string[] {
  const ranks = `${chance.toFixed(2)} against ${rho.toFixed(2)}`;
  if (rho > chance + 1e-9) return [];
  if (rho < chance - 1e-9) return [`random units of the same places agree better: ${ranks}`];
  if (error !== undefined && errorControls !== undefined && error < errorControls) return [];
  const sizes =
    error === undefined || errorControls === undefined
      ? ""
      : `, and in size: off by ${errorControls.toFixed(2)} against ${error.toFixed(2)} logits`;
  return [`random units of the same places agree as well in rank (${ranks})${sizes}`];
}

export function judge(evidence: Evidence): Verification {
  const { gap, pairs, spearman: rho, spearmanControls } = evidence;
  const reasons: string[] = [];
  if (evidence.nodes > evidence.mostNodes)
    reasons.push(`the chart has ${evidence.nodes} nodes; ${evidence.mostNodes} are the most`);
  if (!gap) reasons.push("no contrast was run, so nobody knows whether the chart suffices");
  else reasons.push(...gapReasons(gap));
  if (rho === undefined) reasons.push(`${pairs.length} boxes are too few, or too alike, to compare predictions with`);
  else {
    if (!(rho >= bar.spearman))
      reasons.push(
        `predicted and measured effects of boxes agree to ${rho.toFixed(2)} (rank correlation); ${bar.spearman} is asked`,
      );
    if (spearmanControls !== undefined) reasons.push(...againstControls(evidence, rho, spearmanControls));
  }
  const signs = new Set(pairs.map(p => Math.sign(p.predicted)).filter(s => s !== 0));
  if (pairs.length > 0 && signs.size < 2) reasons.push("all boxes push the same way, so their ranking says little");
  return {
    works: reasons.length === 0,
    reasons,
    ...(gap ? { sufficiency: gap.sufficiency, necessity: gap.necessity } : {}),
    nodes: evidence.nodes,
    ...(rho === undefined ? {} : { spearman: rho }),
    ...(spearmanControls === undefined ? {} : { spearmanControls }),
    ...(evidence.error === undefined ? {} : { error: evidence.error }),
    ...(evidence.errorControls === undefined ? {} : { errorControls: evidence.errorControls }),
    ...(evidence.spearmanPartition === undefined ? {} : { spearmanPartition: evidence.spearmanPartition }),
    seed: evidence.seed,
    controls: evidence.controls,
  };
}

const percent = (v: number) => `${Math.round(100 * v)} %`;

/** Does a chart that brings about this share of the difference alone suffice? */
export const isSufficient = (share: number): boolean => share >= bar.sufficiency[0] && share <= bar.sufficiency[1];

/** Why a chart's sufficiency and necessity do not do; empty where they do. */
export function gapReasons(gap: GapShares): string[] {
  const reasons: string[] = [];
  const [low, high] = bar.sufficiency;
  if (!isSufficient(gap.sufficiency)) {
    reasons.push(
      `the chart alone brings about ${percent(gap.sufficiency)} of the difference; ${percent(low)} to ${percent(high)} are asked`,
    );
  }
  if (gap.nothing !== undefined && gap.nothing >= low) {
    reasons.push(
      `tokens and attention bring about ${percent(gap.nothing)} of the difference without any MLP: why attention looks where it does is not in this chart`,
    );
  }
  if (!(gap.necessity >= bar.necessity)) {
    reasons.push(
      `without the chart ${percent(gap.necessity)} of the difference goes; at least ${percent(bar.necessity)} are asked`,
    );
  }
  return reasons;
}
