/** Boxes followed through charts of growing prompts: the same where their units (layer, number, place) largely are. Pure. */
import type { SupernodeInfo, TraceDocument } from "../../../attribution/document.ts";

export interface Thread {
  readonly key: string;
  readonly label: string;
  /** [frame] share of the answer; undefined where it is not there. */
  readonly shares: readonly (number | undefined)[];
  /** The first frame that has it. */
  readonly first: number;
}

/** Two boxes with this much in common (of the smaller) are one. */
const alike = 0.25;

export function threads(frames: readonly TraceDocument[]): Thread[] {
  const made: { label: string; units: Set<string>; shares: (number | undefined)[]; first: number }[] = [];
  frames.forEach((frame, t) => {
    const boxes = frame.supernodes.filter(s => s.kind === "units");
    const taken = new Set<number>();
    const pairs = boxes
      .flatMap(box => {
        const units = unitsOf(box);
        return made.map((thread, i) => ({ box, i, units, share: overlap(units, thread.units) }));
      })
      .filter(p => p.share >= alike)
      .sort((a, b) => b.share - a.share);
    const placed = new Set<SupernodeInfo>();
    for (const { box, i, units } of pairs) {
      if (taken.has(i) || placed.has(box)) continue;
      taken.add(i);
      placed.add(box);
      made[i]!.shares[t] = box.share;
      // It is followed by what it is now, and what it was.
      for (const unit of units) made[i]!.units.add(unit);
    }
    for (const box of boxes) {
      if (placed.has(box)) continue;
      const shares = new Array<number | undefined>(t).fill(undefined);
      shares[t] = box.share;
      made.push({ label: box.label.text || box.id, units: unitsOf(box), shares, first: t });
    }
  });
  return made
    .map((thread, i) => ({
      key: `${i}`,
      label: thread.label,
      shares: frames.map((_, t) => thread.shares[t]),
      first: thread.first,
    }))
    .sort((a, b) => most(b) - most(a));
}

const most = (thread: Thread) => Math.max(...thread.shares.map(s => s ?? 0));

/** Units without their place: a thought that is carried on stands at a new token. */
function unitsOf(box: SupernodeInfo): Set<string> {
  return new Set(box.members.map(m => m.replace(/^(unit\.\d+)\.\d+\.(\d+)$/, "$1.$2")));
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const unit of a) if (b.has(unit)) shared++;
  return shared / Math.max(1, Math.min(a.size, b.size));
}
