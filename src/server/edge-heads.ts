/** One edge of a chart, split over the attention heads that carry it. */
import { type Source, splitEdge } from "../attribution/heads.ts";
import { parseNodeId } from "../attribution/node.ts";
import { unitTargets } from "../attribution/target.ts";
import type { Traced } from "../attribution/trace.ts";
import { Problem } from "../core/problem.ts";
import type { Heads } from "./api.ts";
import type { CallOptions, Methods } from "./instrument.ts";
import type { Scene } from "./resident.ts";
import { traceOf } from "./traces.ts";

/** Heads that are listed. */
const most = 24;

export async function edgeHeads(scene: Scene, input: Methods["heads"]["input"], options: CallOptions): Promise<Heads> {
  const traced = await traceOf(scene, input.document, options);
  const split = await splitEdge(
    traced.recording,
    traced.basis,
    await sourceOf(traced, input.source),
    await targetOf(traced, input.target),
  );
  const rest = split.heads.slice(most);
  return {
    weight: split.weight,
    direct: split.direct,
    heads: split.heads.slice(0, most),
    others: { count: rest.length, weight: rest.reduce((sum, h) => sum + h.weight, 0) },
  };
}

async function sourceOf({ basis, recording }: Traced, id: string): Promise<Source> {
  const node = parseNodeId(id);
  const { dModel } = recording.model.config;
  if (node?.kind === "embedding") {
    const at = node.position * dModel;
    return { layer: -1, position: node.position, vector: recording.embedding.slice(at, at + dModel) };
  }
  if (node?.kind === "unit") {
    const number = basis.number(node);
    if (number !== undefined)
      return { layer: node.layer, position: node.position, vector: await basis.decoder(number) };
  }
  if (node?.kind === "mlp") {
    const at = node.position * dModel;
    const vector = recording.mlpOut[node.layer]?.slice(at, at + dModel);
    if (vector) return { layer: node.layer, position: node.position, vector };
  }
  throw new Problem(`what ${id} writes cannot be followed through heads`, { advice: "an edge from a unit or a token" });
}

async function targetOf({ basis, targets, document }: Traced, id: string) {
  const node = parseNodeId(id);
  if (node?.kind === "target") {
    const target = targets[node.index];
    if (target) return target;
  }
  if (node?.kind === "unit") {
    const [target] = await unitTargets(basis, [node]);
    if (target) return target;
  }
  throw new Problem(`${id} is no target of "${document.prompt.slice(0, 40)}"`, {
    advice: "an edge to a unit or the answer",
  });
}
