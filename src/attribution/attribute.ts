/**
 * From one recorded prompt to its attribution graph.
 *
 * 1. Pull the targets back to all sources.
 * 2. Expand the units that matter most to them so far, in rounds, until the budget is spent or what unexpanded units
 *    could still carry falls below the bound.
 * 3. Put the rows together. Pruning, grouping and drawing happen elsewhere.
 *
 * Knows nothing of files, devices or screens.
 */
import type { PromptBasis } from "../features/basis.ts";
import type { Recording } from "../models/record.ts";
import type { Graph } from "./graph.ts";
import { Frontier } from "./order.ts";
import { Sources } from "./sources.ts";
import { batches, Sweep, type SweepOptions, type SweptRow } from "./sweep.ts";
import type { Target } from "./target.ts";

export interface AttributeOptions {
  /**
   * Most units whose own rows are computed. A budget for all of them is spent on all, also on those from which no path
   * leads to a target, as in circuit-tracer.
   */
  readonly expand: number;
  /** Units (the basis's numbers) that are expanded before any chosen by influence, as far as the budget goes. */
  readonly first?: readonly number[];
  /** Stop when the influence on unexpanded units is at most this share. */
  readonly bound?: number;
  /** See SweepOptions: by default 0 (exact rows) while all sources are no more than a row may keep; else see `KEPT`. */
  readonly floor?: number;
  /** Units expanded in one round; chosen by the budget when left out. */
  readonly round?: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((expanded: number, budget: number, unexpanded: number) => void) | undefined;
}

export interface Attribution {
  readonly graph: Graph;
  /** Largest |row sum − value| as a share of a row's absolute mass. */
  readonly rowSum: number;
  /** Largest |row sum − value| of a target, relative to the largest |value|: the frozen model against the real one. */
  readonly frozenTargets: number;
  readonly expanded: number;
  /** Sources that any row could have. */
  readonly sources: number;
  /** Share of influence on units that were not expanded. */
  readonly unexpanded: number;
}

export async function attribute(
  recording: Recording,
  basis: PromptBasis,
  targets: readonly Target[],
  options: AttributeOptions,
): Promise<Attribution> {
  const sweep = await Sweep.on(recording, basis);
  const sources = new Sources(basis);
  const rows: Row[] = [];
  const all = basis.count + recording.tokens + recording.model.layers;
  const kept = basis.basis.name === "neurons" ? KEPT.neurons : KEPT.features;
  const limits: SweepOptions = {
    floor: options.floor ?? (all <= kept.most ? 0 : kept.floor),
    most: kept.most,
    signal: options.signal,
  };
  let rowSum = 0;
  let frozenTargets = 0;
  const largest = Math.max(1e-9, ...targets.map(t => Math.abs(t.value)));

  const targetNodes = targets.map((_, index) => sources.other({ kind: "target", index }));
  const frontier = new Frontier(
    targetNodes.map((node, i) => ({ node, weight: targets[i]!.weight })),
    node => sources.nodes[node]!,
  );
  const sweepAll = async (which: readonly Target[], nodes: readonly number[]): Promise<void> => {
    for (const batch of batches(which)) {
      const swept = await sweep.rows(
        batch.map(i => which[i]!),
        limits,
      );
      for (const result of swept) {
        const target = which[batch[result.target]!]!;
        const row = assemble(result, target, nodes[batch[result.target]!]!, sources);
        const miss = Math.abs(row.sum - target.value);
        rowSum = Math.max(rowSum, miss / Math.max(row.absolute, 1e-9));
        if (target.layer === recording.model.layers) frozenTargets = Math.max(frozenTargets, miss / largest);
        rows.push(row);
        frontier.add(row.node, row.sources, row.weights, row.droppedAbsolute);
      }
    }
  };

  await sweepAll(targets, targetNodes);
  const done = new Set<number>();
  const bound = options.bound ?? 0;
  options.progress?.(0, options.expand, frontier.unexpanded);
  const expandThese = async (next: readonly number[]): Promise<void> => {
    const units = next.map(node => sources.basisUnit(node)!);
    const encoders = await basis.encoders(units);
    const unitTargets = units.map((unit, i): Target => {
      const place = basis.place(unit);
      return {
        ...encoders[i]!,
        layer: place.layer,
        position: place.position,
        biasLayer: place.layer,
        weight: 1,
        what: "",
      };
    });
    await sweepAll(unitTargets, next);
    for (const node of next) done.add(node);
    options.progress?.(done.size, options.expand, frontier.unexpanded);
  };
  const first = (options.first ?? []).slice(0, options.expand).map(unit => sources.unit(unit));
  for (let i = 0; i < first.length; i += ROUND) await expandThese(first.slice(i, i + ROUND));
  while (done.size < options.expand && frontier.unexpanded > bound) {
    const round = options.round ?? Math.min(ROUND, Math.max(96, done.size));
    const next = frontier.next(Math.min(round, options.expand - done.size));
    if (next.length === 0) break;
    await expandThese(next);
  }
  if (options.expand >= basis.count && bound === 0) {
    const rest = Array.from({ length: basis.count }, (_, unit) => sources.unit(unit)).filter(node => !done.has(node));
    for (let i = 0; i < rest.length; i += ROUND) await expandThese(rest.slice(i, i + ROUND));
  }
  return {
    graph: graphOf(rows, sources, basis, targets, targetNodes),
    rowSum,
    frozenTargets,
    expanded: done.size,
    sources: all,
    unexpanded: frontier.unexpanded,
  };
}

/** Most units in one round. */
const ROUND = 512;
/**
 * Most unit contributions of one row, and the share of its mass below which they are dropped where there could be more.
 * A layer's features are fewer than its neurons, each says more, and other tools keep them all.
 */
const KEPT = {
  neurons: { most: 20_000, floor: 1 / 20_000 },
  features: { most: 50_000, floor: 1e-6 },
} as const;

interface Row {
  readonly node: number;
  readonly sources: Uint32Array;
  readonly weights: Float32Array;
  readonly value: number;
  readonly sum: number;
  readonly absolute: number;
  readonly dropped: number;
  readonly droppedAbsolute: number;
}

/** A swept row with every kind of source under its node number. */
function assemble(swept: SweptRow, target: Target, node: number, sources: Sources): Row {
  const others: [number, number][] = [];
  swept.embeddings.forEach((weight, position) => {
    if (weight !== 0) others.push([sources.other({ kind: "embedding", position }), weight]);
  });
  for (const { layer, source, weight } of swept.vectors) {
    if (weight !== 0) others.push([sources.other({ kind: source.kind, layer, position: source.position }), weight]);
  }
  const biases = swept.biases.slice();
  biases[target.biasLayer]! += target.bias;
  biases.forEach((weight, layer) => {
    if (weight !== 0) others.push([sources.other({ kind: "bias", layer }), weight]);
  });
  if (swept.positionsBias !== 0)
    others.push([sources.other({ kind: "bias", layer: "positions" }), swept.positionsBias]);

  const n = swept.units.length;
  const numbers = new Uint32Array(n + others.length);
  const weights = new Float32Array(n + others.length);
  for (let i = 0; i < n; i++) numbers[i] = sources.unit(swept.units[i]!);
  weights.set(swept.unitWeights);
  let sum = swept.sum;
  let absolute = swept.absolute;
  others.forEach(([number, weight], i) => {
    numbers[n + i] = number;
    weights[n + i] = weight;
    sum += weight;
    absolute += Math.abs(weight);
  });
  return {
    node,
    sources: numbers,
    weights,
    value: target.value,
    sum,
    absolute,
    dropped: swept.dropped,
    droppedAbsolute: swept.droppedAbsolute,
  };
}

function graphOf(
  rows: readonly Row[],
  sources: Sources,
  basis: PromptBasis,
  targets: readonly Target[],
  targetNodes: readonly number[],
): Graph {
  const edges = rows.reduce((sum, row) => sum + row.sources.length, 0);
  const rowStart = new Uint32Array(rows.length + 1);
  const source = new Uint32Array(edges);
  const weight = new Float32Array(edges);
  rows.forEach((row, i) => {
    source.set(row.sources, rowStart[i]!);
    weight.set(row.weights, rowStart[i]!);
    rowStart[i + 1] = rowStart[i]! + row.sources.length;
  });
  const activation = Float32Array.from(sources.nodes, (node, i) => {
    if (node.kind === "unit") return basis.activation(sources.basisUnit(i)!);
    return node.kind === "target" ? targets[node.index]!.value : 1;
  });
  return {
    nodes: sources.nodes,
    activation,
    targets: targetNodes.map((node, i) => ({ node, weight: targets[i]!.weight })),
    rowNode: Uint32Array.from(rows, row => row.node),
    rowStart,
    source,
    weight,
    rowValue: Float64Array.from(rows, row => row.value),
    rowDropped: Float64Array.from(rows, row => row.dropped),
    rowDroppedAbsolute: Float64Array.from(rows, row => row.droppedAbsolute),
  };
}
