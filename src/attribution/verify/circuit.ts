/**
 * Which nodes a chart keeps: the units with the greatest effects, for and against, and by wish the first layers' MLPs
 * whole, one coarse node a layer and position (design §6). Places where the two prompts do not differ hold nothing
 * that could be charted.
 */
import type { Charted } from "../../interventions/hold.ts";
import type { Recording } from "../../models/record.ts";

export interface Circuit {
  readonly charted: Charted;
  /** Units and coarse nodes together. */
  readonly nodes: number;
  readonly units: readonly { readonly layer: number; readonly position: number; readonly index: number }[];
  readonly coarse: readonly { readonly layer: number; readonly position: number }[];
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

/** The first sixth of the layers: those that read tokens. */
export const earlyLayers = (layers: number): number => Math.ceil(layers / 6);

/** The first position at which two prompts of one length differ; their length when nowhere. */
export function firstDifference(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((id, i) => id !== b[i]);
  return at < 0 ? a.length : at;
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
  const coarse = coarsePlaces(effects, tokens, dMlp, options);
  for (const { layer, position } of coarse) charted[layer]!.fill(1, position * dMlp, (position + 1) * dMlp);
  const { against = 1 } = options;
  const sizes = against === 1 ? effects : effects.map(values => values.map(v => (v < 0 ? v / against : v)));
  const units = strongestUnits(sizes, options.nodes - coarse.length, charted).map(({ layer, at }) => {
    charted[layer]![at] = 1;
    return { layer, position: Math.floor(at / dMlp), index: at % dMlp };
  });
  return { charted, nodes: units.length + coarse.length, units, coarse };
}

/**
 * The first layers' blocks. They may take half of the nodes: in a long prompt, where there are more, those whose units
 * have most effect, else nothing would be left for units.
 */
function coarsePlaces(
  effects: readonly Float32Array[],
  tokens: number,
  dMlp: number,
  { coarseLayers = 0, from = 0, nodes }: CircuitOptions,
): { layer: number; position: number }[] {
  const places: { layer: number; position: number; size: number }[] = [];
  for (let layer = 0; layer < coarseLayers; layer++) {
    for (let position = from; position < tokens; position++) {
      let size = 0;
      for (let at = position * dMlp; at < (position + 1) * dMlp; at++) size += Math.abs(effects[layer]![at]!);
      places.push({ layer, position, size });
    }
  }
  const most = Math.floor(nodes / 2);
  if (places.length > most) {
    places.sort((a, b) => b.size - a.size || a.layer - b.layer || a.position - b.position);
    places.length = most;
    places.sort((a, b) => a.layer - b.layer || a.position - b.position);
  }
  return places.map(({ layer, position }) => ({ layer, position }));
}

/** The `count` places of greatest |effect| that are not marked yet and have any, greatest first. */
export function strongestUnits(
  effects: readonly Float32Array[],
  count: number,
  marked: Charted,
): { layer: number; at: number }[] {
  if (count <= 0) return [];
  const least = leastOf(effects, count, marked);
  const found: { layer: number; at: number; size: number }[] = [];
  effects.forEach((values, layer) => {
    const marks = marked[layer]!;
    for (let at = 0; at < values.length; at++) {
      const size = Math.abs(values[at]!);
      if (size >= least && size > 0 && !marks[at]) found.push({ layer, at, size });
    }
  });
  found.sort((a, b) => b.size - a.size || a.layer - b.layer || a.at - b.at);
  return found.slice(0, count);
}

/** A size that at least `count` unmarked effects reach, and few more: by thresholds, not by sorting millions. */
function leastOf(effects: readonly Float32Array[], count: number, marked: Charted): number {
  const bins = new Uint32Array(4096);
  const bin = (size: number) => Math.min(4095, Math.max(0, Math.floor((Math.log2(size) + 64) * 32)));
  effects.forEach((values, layer) => {
    const marks = marked[layer]!;
    for (let at = 0; at < values.length; at++) {
      const size = Math.abs(values[at]!);
      if (size > 0 && !marks[at]) bins[bin(size)]!++;
    }
  });
  let seen = 0;
  for (let b = 4095; b > 0; b--) {
    seen += bins[b]!;
    if (seen >= count) return 2 ** (b / 32 - 64) * (1 - 1e-6);
  }
  return 0;
}
