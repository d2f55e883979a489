/**
 * A trace put to the test: its boxes and strongest paths against matched random controls in the real model, and, where
 * it has a contrast, whether the chart alone brings the answer about and whether it is lost without it. The document
 * comes back with verdicts on the boxes and `verify` on the chart.
 */
import { PromptDictionary } from "../../features/dictionary/basis.ts";
import { featuresOn } from "../../interventions/dictionary-features.ts";
import type { TraceDocument } from "../document.ts";
import { parseNodeId } from "../node.ts";
import { story } from "../story.ts";
import { directionOf } from "../target.ts";
import type { Traced } from "../trace.ts";
import { chartedFeatures, featureGaps, gapOf, questionAsked } from "./gap.ts";
import { predictFromGraph, predictFrozen } from "./predict.ts";
import { verify } from "./verify.ts";
import type { GapShares } from "./works.ts";

export interface VerifyTraceOptions {
  readonly seed?: number | undefined;
  /** Random sets a box, at least 20. */
  readonly controls?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, of: number) => void) | undefined;
}

/** Most nodes that a chart may have and still be said to work (design §6). */
const MOST = { neurons: 500, dictionary: 100 };
const PATHS = 6;
const WHOLE =
  "whole blocks are tested with the chart, not box by box: nothing at their places is left to compare them with";
const SILENT = "the graph does not know features that are silent on this prompt and would wake";

export async function verifyTrace(traced: Traced, options: VerifyTraceOptions = {}): Promise<TraceDocument> {
  const { document, recording, basis, graph, targets, contrast } = traced;
  const target = targets[0]!;
  if (!target.token)
    return {
      ...document,
      notes: [...document.notes, "a unit's chart is not verified: its boxes are not measured by logits"],
    };
  const direction = await directionOf(recording, target.token.id, target.token.foil);
  const dictionary = basis instanceof PromptDictionary ? basis : undefined;
  const boxes = document.supernodes
    .filter(box => box.kind === "units" || box.kind === "other")
    .map(box => ({ id: box.id, units: box.members.flatMap(id => unitNumber(id, traced)) }))
    .filter(box => box.units.length > 0);
  const charted = document.nodes.filter(node => node.kind === "unit" || node.kind === "mlp");
  const ids = new Set(boxes.map(box => box.id));
  const verified = await verify({
    recording,
    basis,
    features: featuresOn(basis, recording.model),
    direction,
    position: target.position,
    boxes,
    paths: document.superedges
      .filter(edge => ids.has(edge.source) && ids.has(edge.target))
      .slice(0, PATHS)
      .map(edge => [edge.source, edge.target] as const),
    predict: dictionary
      ? predictFromGraph(graph, basis)
      : predictFrozen(recording, basis, { direction, position: target.position }),
    contrast: contrast && document.versus ? { recording: contrast, prompt: document.versus.prompt } : undefined,
    gap: await gapOfTrace(traced, charted),
    nodes: charted.length + (document.silent?.length ?? 0),
    mostNodes: dictionary ? MOST.dictionary : MOST.neurons,
    seed: options.seed,
    controls: options.controls,
    signal: options.signal,
    progress: options.progress,
  });
  const tests = [...verified.verdicts.values()].flatMap(verdict => verdict.tests);
  const missed = tests.reduce((most, t) => Math.max(most, Math.abs(t.predicted - t.frozen)), 0);
  // Features that are silent here and would wake are no nodes of the graph, and the error is a constant of it.
  const silent = `${SILENT}; with attention frozen the boxes' effects were up to ${missed.toFixed(2)} logits from what it says`;
  const notes = [
    ...document.notes.filter(note => !note.startsWith(SILENT) && note !== WHOLE),
    ...(dictionary && tests.length > 0 ? [silent] : []),
    ...(charted.some(node => node.kind === "mlp") ? [WHOLE] : []),
  ];
  const supernodes = document.supernodes.map(box => {
    const verdict = verified.verdicts.get(box.id);
    return verdict ? { ...box, verdict } : box;
  });
  const verification = { ...verified.verification, paths: verified.paths };
  const { superedges, coverage, balance } = document;
  const { format, version, verify: _, ...rest } = document;
  return {
    format,
    version,
    // Before all that is told: whoever reads on should know whether the chart works.
    verify: verification,
    ...rest,
    supernodes,
    story: story({ supernodes, superedges, coverage, target: document.target, verify: verification, balance }),
    notes,
  };
}

function unitNumber(id: string, { basis }: Traced): number[] {
  const node = parseNodeId(id);
  const number = node?.kind === "unit" ? basis.number(node) : undefined;
  return number === undefined ? [] : [number];
}

/** Sufficiency and necessity of what is charted, under a contrast with another answer. */
async function gapOfTrace(traced: Traced, charted: TraceDocument["nodes"]): Promise<GapShares | undefined> {
  const { recording, contrast, targets, basis } = traced;
  const { token, position } = targets[0]!;
  const asked =
    token && (await questionAsked({ prompt: recording, contrast, answer: token.id, foil: token.foil, position }));
  if (!asked) return undefined;
  const live = featuresOn(basis, recording.model);
  if (live) {
    const chart = chartedFeatures([...charted, ...(traced.document.silent ?? [])].map(info => parseNodeId(info.id)));
    const [own, none] = await featureGaps(asked, live, [chart, { features: [] }]);
    return { ...own!, nothing: none!.sufficiency };
  }
  const { dMlp } = recording.model.config;
  const masks = Array.from({ length: recording.model.layers }, () => new Uint8Array(recording.tokens * dMlp));
  for (const info of charted) {
    const node = parseNodeId(info.id);
    if (node?.kind === "unit") masks[node.layer]![node.position * dMlp + node.index] = 1;
    if (node?.kind === "mlp") masks[node.layer]!.fill(1, node.position * dMlp, (node.position + 1) * dMlp);
  }
  return gapOf(asked, masks);
}
