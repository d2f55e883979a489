/** What boxes do that were regrouped by hand, measured as a trace measures its own: each switched off in the real model. */

import { boxLabel } from "../attribution/box-label.ts";
import type { TraceDocument } from "../attribution/document.ts";
import { parseNodeId } from "../attribution/node.ts";
import { roles } from "../attribution/role.ts";
import { story } from "../attribution/story.ts";
import { shown } from "../models/prompt.ts";
import { logitsAt } from "../models/record.ts";
import type { CallOptions } from "./instrument.ts";
import type { Scene } from "./resident.ts";
import { traceOf } from "./traces.ts";

/** The document with `does` and labels on boxes that lack them; names that somebody gave stay. */
export async function boxRoles(scene: Scene, document: TraceDocument, options: CallOptions): Promise<TraceDocument> {
  const bare = document.supernodes.filter(box => box.kind === "units" && !box.does);
  const { recording, basis, targets, contrast } = await traceOf(scene, document, options);
  const target = targets[0]!;
  const { token } = target;
  if (!token || bare.length === 0) return document;
  const { tokenizer } = scene.open;
  const logits = await logitsAt(recording, target.position);
  const value = (of: Float32Array) =>
    of[token.id]! - (token.foil === undefined ? of.reduce((a, b) => a + b, 0) / of.length : of[token.foil]!);
  const sets = bare.map(box =>
    box.members.flatMap(id => {
      const node = parseNodeId(id);
      return (node?.kind === "unit" ? basis.number(node) : undefined) ?? [];
    }),
  );
  const measured = await roles(
    recording,
    basis,
    sets,
    bare.map(box => -box.effect),
    logits,
    {
      position: target.position,
      value,
      show: id => shown(tokenizer, id),
      contrast,
      signal: options.signal,
      progress: (done, of) => options.progress?.("roles", done, of),
    },
  );
  const found = new Map(bare.map((box, i) => [box.id, measured[i]!]));
  const nodes = new Map(document.nodes.map(node => [node.id, node]));
  const supernodes = document.supernodes.map(box => {
    const role = found.get(box.id);
    if (!role) return box;
    const { logits: _, ...does } = role;
    const told = { ...box, does };
    const members = box.members.map(id => ({ words: nodes.get(id), effect: nodes.get(id)?.effect ?? 0 }));
    return { ...told, label: boxLabel(told, members, document.tokens) };
  });
  const label = new Map(supernodes.map(box => [box.id, box.label.text]));
  const named = supernodes.map(box => ({
    ...box,
    reads: box.reads.map(read => ({ ...read, label: label.get(read.id) || read.label })),
  }));
  const { superedges, coverage } = document;
  return {
    ...document,
    supernodes: named,
    story: story({ supernodes: named, superedges, coverage, target: document.target }),
  };
}
