/**
 * Features that speak on the contrast and are silent on the prompt. They tell the prompts apart as much as those that
 * speak here, but no graph of this prompt holds them: what each would do is read off the contrast's own graph.
 */
import type { PromptBasis } from "../features/basis.ts";
import type { Recording } from "../models/record.ts";
import { attribute } from "./attribute.ts";
import type { SilentUnit } from "./document.ts";
import { effects } from "./effect.ts";
import { rowOfNode } from "./flow.ts";
import { nodeId } from "./node.ts";
import { logitTargets } from "./target.ts";

export interface SilentInput {
  readonly basis: PromptBasis;
  readonly contrast: Recording;
  readonly contrastBasis: PromptBasis;
  readonly answer: { readonly id: number; readonly foil?: number };
  readonly position: number;
  /** Most units of the contrast whose rows are computed. */
  readonly expand: number;
  /** Blocks that are charted whole: their features are not named. */
  readonly coarse: readonly { readonly layer: number; readonly position: number }[];
  readonly signal?: AbortSignal | undefined;
}

/** Strongest first; `effect` is what their silence adds to the answer, in logits. */
export async function silentUnits(input: SilentInput): Promise<SilentUnit[]> {
  const { basis, contrast, contrastBasis, answer, position, expand, coarse, signal } = input;
  const whole = new Set(coarse.map(block => `${block.layer} ${block.position}`));
  const targets = await logitTargets(contrast, [answer], String, position);
  const { graph } = await attribute(contrast, contrastBasis, targets, { expand, signal });
  const known = effects(graph);
  const rows = rowOfNode(graph);
  const found: SilentUnit[] = [];
  graph.nodes.forEach((node, i) => {
    if (node.kind !== "unit" || rows[i]! < 0 || known[i] === 0 || basis.number(node) !== undefined) return;
    if (whole.has(`${node.layer} ${node.position}`)) return;
    found.push({ id: nodeId(node), activation: graph.activation[i]!, effect: -known[i]! });
  });
  return found.sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
}
