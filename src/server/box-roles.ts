/** What boxes do that were regrouped by hand, measured as a trace measures its own: each switched off in the real model. */

import { boxLabel } from "../attribution/box-label.ts";
import type { TraceDocument } from "../attribution/document.ts";
import { withRoles } from "../attribution/role.ts";
import { story } from "../attribution/story.ts";
import { shown } from "../models/prompt.ts";
import { logitsAt } from "../models/record.ts";
import type { CallOptions } from "./instrument.ts";
import type { Scene } from "./resident.ts";
import { traceOf } from "./traces.ts";

/** The document with `does` and labels on boxes that lack them; names that somebody gave stay. */
export async function boxRoles(scene: Scene, document: TraceDocument, options: CallOptions): Promise<TraceDocument> {
  const bare = document.supernodes.filter(box => box.kind === "units" && !box.does);
  const { recording, basis, graph, targets, contrast } = await traceOf(scene, document, options);
  const target = targets[0]!;
  if (!target.token || bare.length === 0) return document;
  const { tokenizer } = scene.open;
  const nodes = new Map(document.nodes.map(node => [node.id, node]));
  const measured = await withRoles(bare, {
    recording,
    basis,
    graph,
    contrast,
    target,
    logits: await logitsAt(recording, target.position),
    blockEffect: id => nodes.get(id)?.effect ?? 0,
    show: id => shown(tokenizer, id),
    signal: options.signal,
    progress: (done, of) => options.progress?.("roles", done, of),
  });
  const found = new Map(measured.map(box => [box.id, box]));
  const supernodes = document.supernodes.map(box => {
    const told = found.get(box.id);
    if (!told) return box;
    const members = box.members.map(id => ({ words: nodes.get(id), effect: nodes.get(id)?.effect ?? 0 }));
    return { ...told, label: boxLabel(told, members, document.tokens) };
  });
  const label = new Map(supernodes.map(box => [box.id, box.label.text]));
  const named = supernodes.map(box => ({
    ...box,
    reads: box.reads.map(read => ({ ...read, label: label.get(read.id) || read.label })),
  }));
  const { superedges, coverage, verify, balance } = document;
  return {
    ...document,
    supernodes: named,
    story: story({ supernodes: named, superedges, coverage, target: document.target, verify, balance }),
  };
}
