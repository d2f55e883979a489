/**
 * Automatic boxes: from hundreds of units to the 5-12 groups of a flow chart.
 *
 * 1. Prompt tokens that matter become token boxes, the tokens of one word together.
 * 2. Units (and coarse `mlp` nodes) start as atoms: each alone when few, else by position, layer band and side (for or
 *    against the answer). Real models spread the mass over thousands of neurons, so no single one is a box.
 * 3. Atoms are joined bottom-up where they read the same tokens, feed the same places with the same sign and lie close
 *    in depth and position; a heavy group for the answer and a heavy one against it stay apart. So layer bands form
 *    where profiles change, not at fixed quarters of the depth.
 * 4. The stage is kept at which the best few groups hold most and blur least; the rest is "other", a box a position.
 *    Where all of them push one way though a good part of the units pushes the other, that part gets a box of its own.
 *
 * How much a node matters is the size of its signed effect on the answer, for or against. Influence would not do: in a
 * real model's neurons 99 % of it sits on tens of thousands of contributions that cancel, and follows no argument.
 *
 * Knows nothing of labels; deterministic.
 */
import { agglomerate } from "./agglomerate.ts";
import type { Graph } from "./graph.ts";
import { type Profile, profiles } from "./profile.ts";
import { wordOf } from "./words.ts";

export interface Group {
  readonly kind: "tokens" | "units" | "other";
  /** Node numbers, ascending. */
  readonly members: readonly number[];
  /** The user's or a file's own name for it. */
  readonly name?: string;
}

export interface GroupingOptions {
  /** [node] 1 = drawn. */
  readonly shown: Uint8Array;
  /** [node] influence on the answer (`influence`, everything counted): only nodes that have any are put in boxes. */
  readonly influence: Float64Array;
  /** [node] signed contribution to the answer. */
  readonly effect: ArrayLike<number>;
  readonly tokens: readonly { readonly text: string }[];
  /** Positions at which a contrast has another token: what everything turns on, so their words have a box, however little they weigh. */
  readonly differ?: ReadonlySet<number> | undefined;
  /** Boxes of tokens and units together: the dial. `usualBoxes` when left out. */
  readonly boxes?: number | undefined;
  /** What a unit writes, where that is at hand: units that write alike belong together. */
  readonly decoder?: ((node: number) => Float32Array | undefined) | undefined;
}

/** How strongly each difference keeps atoms apart (squared distances; each term is at most 1, 2 or 4 before its weight). */
const weigh = { reads: 0.6, feeds: 0.4, side: 0.25, depth: 4, word: 0.3, position: 1, decoder: 0.4 };
/** A unit is left to "other" rather than put in a box from whose middle it is farther than this (squared). */
const outside = 0.6;
/**
 * One more box must hold, or unblur, this share of what matters. Where there are few units 2 % make four or five boxes, whose
 * ranks agree by luck (`docs/log.md`, eighth session); where there are hundreds 1 % splits what belongs together.
 */
const each = (units: number) => (units <= 128 ? 0.01 : 0.02);
const mostAtoms = 360;
/** Boxes of a chart where nobody says how many: with ten, fewer charts hold (`docs/log.md`, fifth session). */
export const usualBoxes = 12;
/** Units that push against all boxes are heard in a box of their own when they hold this share of what matters. */
const heard = 0.02;
/** A box spans at most so many words: more is no place in the argument. */
const widest = 3;

export function chooseGroups(graph: Graph, options: GroupingOptions): Group[] {
  const boxes = Math.max(2, options.boxes ?? usualBoxes);
  const tokens = tokenGroups(graph, options, Math.max(1, Math.round(boxes * 0.35)));
  const room = boxes - tokens.filter(group => group.kind === "tokens").length;
  return [...tokens, ...unitGroups(graph, options, Math.max(1, room))];
}

function tokenGroups(graph: Graph, options: GroupingOptions, most: number): Group[] {
  const { influence, effect, tokens, differ } = options;
  const words = wordOf(tokens);
  const groups = new Map<number, { members: number[]; mass: number; differs: boolean }>();
  let total = 0;
  graph.nodes.forEach((node, i) => {
    if (node.kind !== "embedding") return;
    const differs = differ?.has(node.position) ?? false;
    // Where the first blocks are charted whole, a token may speak through them alone, and so have no edge of its own.
    if (influence[i]! <= 0 && !differs) return;
    const word = words[node.position] ?? -1 - node.position;
    const group = groups.get(word) ?? { members: [], mass: 0, differs: false };
    groups.set(word, {
      members: [...group.members, i],
      mass: group.mass + Math.abs(effect[i]!),
      differs: group.differs || differs,
    });
    total += Math.abs(effect[i]!);
  });
  const heavy = [...groups.entries()]
    .sort(([v, a], [w, b]) => Number(b.differs) - Number(a.differs) || b.mass - a.mass || v - w)
    .map(entry => entry[1]);
  const matter = heavy.filter((group, i) => i < most && (group.differs || group.mass >= 0.04 * total));
  const rest = heavy.filter(group => !matter.includes(group)).flatMap(group => group.members);
  const boxes = matter.map(({ members }): Group => ({ kind: "tokens", members }));
  boxes.sort((a, b) => a.members[0]! - b.members[0]!);
  return rest.length > 0 ? [...boxes, { kind: "other", members: rest.sort((a, b) => a - b) }] : boxes;
}

interface Atom extends Profile {
  readonly members: readonly number[];
  readonly mass: number;
  readonly layer: number;
  readonly position: number;
  readonly decoder: Float64Array | undefined;
}

function unitGroups(graph: Graph, options: GroupingOptions, most: number): Group[] {
  const units = [...graph.nodes.keys()].filter(i => {
    const { kind } = graph.nodes[i]!;
    return options.shown[i] && options.influence[i]! > 0 && (kind === "unit" || kind === "mlp");
  });
  const atoms = atomsOf(graph, units, options).slice(0, mostAtoms);
  const words = wordOf(options.tokens);
  const word = (position: number) => words[position] ?? position;
  const depth = Math.max(1, ...atoms.map(atom => atom.layer)) + 1;

  const boxed = (some: readonly Atom[], count: number): number[][] =>
    agglomerate({
      mass: some.map(atom => atom.mass),
      distance: (a, b) => distance(some[a]!, some[b]!, depth, word),
      place: some.map(atom => word(atom.position)),
      widest,
      most: count,
      outside,
      each: each(units.length),
    }).map(({ members }) => members.flatMap(i => some[i]!.members).sort((a, b) => a - b));
  const push = (members: readonly number[]) => members.reduce((sum, i) => sum + options.effect[i]!, 0);

  let chosen = boxed(atoms, most);
  const side = Math.sign(chosen[0] ? push(chosen[0]) : 0);
  if (most > 1 && side !== 0 && chosen.every(box => push(box) * side > 0)) {
    const others = atoms.filter(atom => push(atom.members) * side < 0);
    const mass = (some: readonly Atom[]) => some.reduce((sum, atom) => sum + atom.mass, 0);
    const [apart] = mass(others) >= heard * mass(atoms) ? boxed(others, 1) : [];
    if (apart) {
      const there = new Set(apart);
      chosen = [
        ...boxed(
          atoms.filter(atom => !there.has(atom.members[0]!)),
          most - 1,
        ),
        apart,
      ];
    }
  }
  const boxes = chosen.map((members): Group => ({ kind: "units", members }));
  const inBox = new Set(boxes.flatMap(box => box.members));
  const rest = units.filter(unit => !inBox.has(unit));
  return [...boxes, ...otherGroups(graph, rest, options.effect)];
}

/** Units as they are when few; else joined by position, layer band and side, in the narrowest bands that are few enough. */
function atomsOf(graph: Graph, units: readonly number[], options: GroupingOptions): Atom[] {
  const profile = profiles(graph, units, options.influence, options.effect);
  const keys = (band: number) =>
    units.map((unit, i) => {
      const node = graph.nodes[unit]!;
      if (node.kind !== "unit" && node.kind !== "mlp") return "";
      if (band === 0) return `${unit}`;
      return `${node.position} ${Math.floor(node.layer / band)} ${profile[i]!.side < 0 ? "against" : "for"}`;
    });
  let key = keys(0);
  for (let band = 1; new Set(key).size > mostAtoms && band <= 8; band *= 2) key = keys(band);
  const groups = new Map<string, number[]>();
  key.forEach((name, i) => {
    const group = groups.get(name);
    if (group) group.push(i);
    else groups.set(name, [i]);
  });
  const atoms = [...groups.values()].map(places => atomOf(graph, units, places, profile, options));
  return atoms.sort((a, b) => b.mass - a.mass || a.members[0]! - b.members[0]!);
}

function atomOf(
  graph: Graph,
  units: readonly number[],
  places: readonly number[],
  profile: readonly Profile[],
  { effect, decoder }: GroupingOptions,
): Atom {
  let [mass, layer, side] = [0, 0, 0];
  const reads = new Float64Array(profile[places[0]!]!.reads.length);
  const feeds = new Float64Array(profile[places[0]!]!.feeds.length);
  let writes: Float64Array | undefined;
  for (const place of places) {
    const node = graph.nodes[units[place]!]!;
    const m = Math.abs(effect[units[place]!]!) + 1e-12; // a node without effect still has a place
    mass += m;
    layer += m * ("layer" in node && typeof node.layer === "number" ? node.layer : 0);
    side += m * profile[place]!.side;
    addTo(reads, profile[place]!.reads, m);
    addTo(feeds, profile[place]!.feeds, m);
    const row = decoder?.(units[place]!);
    if (!row) continue;
    writes ??= new Float64Array(row.length);
    const length = Math.hypot(...row) || 1;
    const sign = Math.sign(graph.activation[units[place]!]!) || 1; // a neuron that is negative here writes the opposite
    for (let i = 0; i < row.length; i++) writes[i]! += (sign * m * row[i]!) / length;
  }
  const node = graph.nodes[units[places[0]!]!]!;
  return {
    members: places.map(place => units[place]!),
    mass,
    layer: layer / mass,
    position: "position" in node ? node.position : 0,
    side: side / mass,
    reads: reads.map(v => v / mass),
    feeds,
    decoder: writes,
  };
}

function addTo(sum: Float64Array, more: Float64Array, times: number): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += times * more[i]!;
}

function distance(a: Atom, b: Atom, depth: number, word: (position: number) => number): number {
  let reads = 0;
  for (let i = 0; i < a.reads.length; i++) reads += (a.reads[i]! - b.reads[i]!) ** 2;
  const place = a.position === b.position ? 0 : word(a.position) === word(b.position) ? weigh.word : weigh.position;
  return (
    weigh.reads * reads +
    weigh.feeds * (1 - cosine(a.feeds, b.feeds)) +
    weigh.side * (a.side - b.side) ** 2 +
    weigh.depth * ((a.layer - b.layer) / depth) ** 2 +
    (a.decoder && b.decoder ? weigh.decoder * (1 - cosine(a.decoder, b.decoder)) : 0) +
    place
  );
}

function cosine(a: Float64Array, b: Float64Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return aa > 0 && bb > 0 ? dot / Math.sqrt(aa * bb) : 0;
}

/** What is in no box, by position; from the fourth position on all in one. */
function otherGroups(graph: Graph, rest: readonly number[], effect: ArrayLike<number>): Group[] {
  const byPosition = new Map<number, number[]>();
  for (const i of rest) {
    const node = graph.nodes[i]!;
    const position = "position" in node ? node.position : 0;
    const group = byPosition.get(position);
    if (group) group.push(i);
    else byPosition.set(position, [i]);
  }
  const mass = (members: readonly number[]) => members.reduce((sum, i) => sum + Math.abs(effect[i]!), 0);
  const sorted = [...byPosition.entries()].sort((a, b) => mass(b[1]) - mass(a[1]) || a[0] - b[0]).map(e => e[1]);
  const groups = sorted.length > 3 ? [...sorted.slice(0, 2), sorted.slice(2).flat()] : sorted;
  return groups.map(members => ({ kind: "other", members: members.sort((a, b) => a - b) }));
}
