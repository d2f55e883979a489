/**
 * Which nodes a chart keeps: the units with the greatest effects, for and against, and by wish the first layers' MLPs
 * whole, one coarse node a layer and position (design §6). Places where the two prompts do not differ hold nothing
 * that could be charted.
 */
import type { Charted } from "../../interventions/hold.ts";
import type { Recording } from "../../models/record.ts";
import { type Block, earlyBlocks } from "./early-blocks.ts";

export interface Circuit {
  readonly charted: Charted;
  /** Units and coarse nodes together. */
  readonly nodes: number;
  readonly units: readonly { readonly layer: number; readonly position: number; readonly index: number }[];
  readonly coarse: readonly Block[];
}

export interface CircuitOptions {
  /** Most nodes. */
  readonly nodes: number;
  /** The MLPs of this many first layers are charted whole. */
  readonly coarseLayers?: number;
  /** Positions at which a coarse node stands for something: those from the first on where the prompts differ. */
  readonly from?: number;
  /**
   * How many times stronger than a unit for the answer one against it must be to be kept; 1, for and against alike, when
   * left out. See `balance.ts`.
   */
  readonly against?: number;
}

/** The circuit of the greatest |effect|; ties go to the lower layer, position and index. */
export function chooseCircuit(
  recording: Recording,
  effects: readonly Float32Array[],
  options: CircuitOptions,
): Circuit {
  const { dMlp } = recording.model.config;
  const { tokens } = recording;
  const charted = effects.map(() => new Uint8Array(tokens * dMlp));
  const { coarseLayers: layers = 0, from = 0, nodes } = options;
  const coarse = earlyBlocks({ layers, tokens, from, nodes }, ({ layer, position }) =>
    effects[layer]!.subarray(position * dMlp, (position + 1) * dMlp).reduce((sum, v) => sum + Math.abs(v), 0),
  );
  for (const { layer, position } of coarse) charted[layer]!.fill(1, position * dMlp, (position + 1) * dMlp);
  const units = strongestUnits(effects, nodes - coarse.length, charted, options.against).map(({ layer, at }) => {
    charted[layer]![at] = 1;
    return { layer, position: Math.floor(at / dMlp), index: at % dMlp };
  });
  return { charted, nodes: units.length + coarse.length, units, coarse };
}

/**
 * The `count` places of greatest |effect| that are not marked yet and have any, greatest first. Negative ones count
 * `against` times less. Two passes over all effects; only what is found is sorted.
 */
export function strongestUnits(
  effects: readonly Float32Array[],
  count: number,
  marked: Charted,
  against = 1,
): { layer: number; at: number }[] {
  if (count <= 0) return [];
  const sizes = effects.map((values, layer) => {
    const marks = marked[layer]!;
    // No -0 among them: its bits are those of a very large number.
    return values.map((v, at) => (marks[at] ? 0 : Math.abs(v < 0 ? v / against : v)));
  });
  const least = leastOf(sizes, count);
  const found: { layer: number; at: number; size: number }[] = [];
  sizes.forEach((values, layer) => {
    for (let at = 0; at < values.length; at++) {
      const size = values[at]!;
      if (size >= least && size > 0) found.push({ layer, at, size });
    }
  });
  found.sort((a, b) => b.size - a.size || a.layer - b.layer || a.at - b.at);
  return found.slice(0, count);
}

/** Of a positive float32 the sign, the exponent and five bits of the rest: numbers in the order of the sizes. */
const BIN_SHIFT = 18;

/** A size that at least `count` of them reach, and few more: by thresholds, not by sorting millions. */
function leastOf(sizes: readonly Float32Array[], count: number): number {
  const bins = new Uint32Array(2 ** (32 - BIN_SHIFT));
  for (const values of sizes) {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let at = 0; at < bits.length; at++) bins[bits[at]! >>> BIN_SHIFT]!++;
  }
  let seen = 0;
  // Bin 0 holds what has no effect.
  for (let bin = bins.length - 1; bin > 0; bin--) {
    seen += bins[bin]!;
    if (seen >= count) return new Float32Array(Uint32Array.of(bin << BIN_SHIFT).buffer)[0]!;
  }
  return 0;
}
