/**
 * What boxes do: what the graph says, and what is measured. Each box's units are switched off in the real model, attention
 * live, or, under a contrast, take the other prompt's values, its whole blocks with them; all boxes in one batch. And
 * which likely tokens gain or lose by it.
 *
 * A box's effect is foretold for the very change that is measured, so that the two can be held against each other.
 */
import type { PromptBasis } from "../features/basis.ts";
import { PromptDictionary } from "../features/dictionary/basis.ts";
import { featuresOn } from "../interventions/dictionary-features.ts";
import { holdFeatures } from "../interventions/hold-features.ts";
import type { LiveFeatures } from "../interventions/live-features.ts";
import { unitsHeld } from "../interventions/units-held.ts";
import { runVariants, type Variant } from "../interventions/variants.ts";
import { likely } from "../models/generate.ts";
import type { Recording } from "../models/record.ts";
import type { SupernodeInfo } from "./document.ts";
import type { Graph } from "./graph.ts";
import { parseNodeId } from "./node.ts";
import { directionOf, type Target } from "./target.ts";
import { contrastValues } from "./verify/contrast-values.ts";
import type { Block } from "./verify/early-blocks.ts";
import { predictFromGraph, predictFrozen, type UnitChange } from "./verify/predict.ts";

export interface RoleInput {
  readonly recording: Recording;
  readonly basis: PromptBasis;
  readonly graph: Graph;
  readonly contrast: Recording | undefined;
  readonly target: Target;
  /** [vocabulary] of the undisturbed run, where the target stands. */
  readonly logits: Float32Array;
  /** What a whole block of features adds to the answer, by node id; in neurons it is worked out. */
  readonly blockEffect: (id: string) => number;
  readonly show: (id: number) => string;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, of: number) => void) | undefined;
}

/** Tokens that any of the runs finds likely: the words in which a role is told. */
const LIKELY = 50;
const NAMED = 4;
/** In logits. Words that move less are noise: a box that moves none by more has no role. */
const LEAST = 0.05;

/** Boxes of units with their effect and what they do. A unit's value is no function of the logits: its boxes stay as they are. */
export async function withRoles(boxes: readonly SupernodeInfo[], input: RoleInput): Promise<readonly SupernodeInfo[]> {
  const { recording, logits, target, signal, progress } = input;
  const sets = boxes.flatMap(box => (box.kind === "units" ? [{ box, ...membersOf(box, input.basis) }] : []));
  if (!target.token || sets.length === 0) return boxes;
  progress?.(0, sets.length);
  const features = featuresOn(input.basis, recording.model);
  const changes = await changesOf(sets, input, features);
  const predicted = await predictions(sets, changes, input);
  const variants: Variant[] = [];
  for (const [i, set] of sets.entries()) variants.push(await without(set, changes[i]!, input, features));
  const streams = await runVariants(recording, variants, { positions: [target.position], signal, progress });
  const before = explained(logits, target.token);
  const told = new Map<SupernodeInfo, SupernodeInfo>();
  for (const [i, { box }] of sets.entries()) {
    const off = await recording.model.logits(streams[i]!);
    const measured = explained(off, target.token) - before;
    told.set(box, {
      ...box,
      ...effectAndReads(box, -predicted[i]!),
      does: { ...words(logits, off, input.show), measured, predicted: predicted[i]! },
    });
  }
  return boxes.map(box => told.get(box) ?? box);
}

/** What is explained, of logits [vocabulary]: one less another, or less the mean of all. */
function explained(logits: Float32Array, { id, foil }: NonNullable<Target["token"]>): number {
  if (foil !== undefined) return logits[id]! - logits[foil]!;
  let mean = 0;
  for (const v of logits) mean += v / logits.length;
  return logits[id]! - mean;
}

/** The effect, with what the box reads told for its sign: for or against what it does. */
function effectAndReads(box: SupernodeInfo, effect: number): Pick<SupernodeInfo, "effect" | "reads"> {
  const turned = (Math.sign(effect) || 1) !== (Math.sign(box.effect) || 1);
  return { effect, reads: turned ? box.reads.map(read => ({ ...read, share: -read.share })) : box.reads };
}

interface Members {
  /** The basis's numbers. */
  readonly units: readonly number[];
  /** Whole MLPs. */
  readonly blocks: readonly (Block & { readonly id: string })[];
}

function membersOf({ members }: SupernodeInfo, basis: PromptBasis): Members {
  const units: number[] = [];
  const blocks: (Block & { id: string })[] = [];
  for (const id of members) {
    const node = parseNodeId(id);
    const unit = node?.kind === "unit" ? basis.number(node) : undefined;
    if (unit !== undefined) units.push(unit);
    if (node?.kind === "mlp") blocks.push({ id, layer: node.layer, position: node.position });
  }
  return { units, blocks };
}

/** Of each box: the values that its units take. In neurons a whole block is all of its units. */
async function changesOf(
  sets: readonly Members[],
  { basis, contrast }: RoleInput,
  features: LiveFeatures | undefined,
): Promise<UnitChange[][]> {
  const units = sets.map(set => {
    const all = new Set(set.units);
    if (!features)
      for (const { layer, position } of set.blocks)
        for (let index = 0; index < basis.basis.width; index++) all.add(basis.number({ layer, position, index })!);
    return [...all];
  });
  const other = contrast && (await contrastValues(units.flat(), basis, contrast, features));
  return units.map(some => some.map(unit => ({ unit, value: other ? other(unit) : 0 })));
}

/** What the graph says that each change does to the answer. */
async function predictions(
  sets: readonly Members[],
  changes: readonly (readonly UnitChange[])[],
  { recording, basis, graph, target, blockEffect }: RoleInput,
): Promise<number[]> {
  const asked = changes.map(some => ({ changes: some }));
  if (basis instanceof PromptDictionary) {
    const byUnits = await predictFromGraph(graph, basis)(asked);
    return byUnits.map((v, i) => sets[i]!.blocks.reduce((sum, block) => sum - blockEffect(block.id), v));
  }
  const direction = await directionOf(recording, target.token!.id, target.token!.foil);
  return predictFrozen(recording, basis, { direction, position: target.position })(asked);
}

/** The run without the box. */
async function without(
  set: Members,
  changes: readonly UnitChange[],
  { recording, basis, contrast }: RoleInput,
  features: LiveFeatures | undefined,
): Promise<Variant> {
  const mode = { attention: "live" } as const;
  if (!features || !contrast || set.blocks.length === 0)
    return unitsHeld({ recording, basis, features }, changes, mode);
  const places = set.units.map(unit => basis.place(unit));
  return holdFeatures(recording, contrast, features, { features: places, coarse: set.blocks }, "charted", mode);
}

/** The likely tokens that the box raises and lowers most. What it does to all alike changes no probability: it is taken away. */
function words(logits: Float32Array, without: Float32Array, show: (id: number) => string) {
  const some = new Set([...likely(logits, LIKELY), ...likely(without, LIKELY)].map(t => t.id));
  const changes = [...some].map(id => ({ id, change: logits[id]! - without[id]! }));
  const mean = changes.reduce((sum, c) => sum + c.change, 0) / changes.length;
  const centred = changes.map(c => ({ text: show(c.id), change: c.change - mean })).sort((a, b) => b.change - a.change);
  const least = Math.max(LEAST, 0.15 * Math.max(...centred.map(c => Math.abs(c.change))));
  return {
    raises: centred.filter(c => c.change > least).slice(0, NAMED),
    lowers: centred
      .filter(c => c.change < -least)
      .slice(-NAMED)
      .reverse(),
  };
}
