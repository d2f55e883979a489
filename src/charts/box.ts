/**
 * The boxes of a chart: in which order they come, what each is called, where it stands, what it reads and does, in words.
 * Knows neither places nor colours.
 */
import type { Label, SupernodeInfo, TokenInfo, TraceDocument, Verdict } from "../attribution/document.ts";
import { joinedTokens, quoted, tokenText } from "./text.ts";

export interface ChartBox {
  readonly id: string;
  /** 1, 2, 3 ... in the order of the flow; token boxes and "other" boxes have none. */
  readonly number?: number;
  readonly kind: "tokens" | "units" | "other" | "answer";
  readonly label: string;
  /** The label where its place stands beside it: a role without “at …”. */
  readonly short: string;
  readonly labelSource: Label["source"] | "place";
  readonly confidence: number;
  /** `at “of”, layers 12–16` */
  readonly place: string;
  /** What feeds it, strongest first: “Dallas” 61 %. */
  readonly reads: readonly { readonly id: string; readonly text: string; readonly share: number }[];
  readonly does?: { readonly raises: readonly string[]; readonly lowers: readonly string[] };
  readonly share: number;
  readonly effect: number;
  /** Share of its input that comes out of error nodes: what the dictionary could not rebuild. */
  readonly error: number;
  readonly verdict?: Verdict;
  readonly positions: readonly [first: number, last: number];
  readonly layers: readonly [first: number, last: number];
  readonly members: readonly string[];
  /** Some member is a whole MLP block. */
  readonly coarse: boolean;
}

/** All boxes, the answer last. `errors`: share of each box's input that comes out of error nodes. */
export function boxesOf(document: TraceDocument, answerId: string, errors: ReadonlyMap<string, number>): ChartBox[] {
  const kindOf = new Map(document.nodes.map(node => [node.id, node.kind]));
  const ordered = order(document);
  const units = ordered.filter(s => s.kind === "units").map(s => s.id);
  // A box that is only known by its role is called by its number, which is shorter than its role.
  const named = new Map(
    ordered.map(s => {
      const { label, labelSource } = labelOf(s, document.tokens, placeOf(s, document.tokens));
      const own = s.kind !== "units" || (labelSource !== "role" && labelSource !== "place");
      return [s.id, own ? label : `box ${units.indexOf(s.id) + 1}`];
    }),
  );
  const nameOf = (id: string, label: string) => named.get(id) ?? tokenText(label);
  let number = 0;
  const boxes = ordered.map((supernode): ChartBox => {
    const kind = supernode.kind === "target" ? "answer" : supernode.kind;
    const place = placeOf(supernode, document.tokens);
    const label = labelOf(supernode, document.tokens, place);
    const does = supernode.does;
    return {
      id: supernode.id,
      ...(kind === "units" ? { number: ++number } : {}),
      kind,
      ...label,
      short: label.labelSource === "role" ? withoutPlace(label.label) : label.label,
      place,
      reads: supernode.reads.map(r => ({ id: r.id, text: nameOf(r.id, r.label), share: r.share })),
      ...(does
        ? { does: { raises: does.raises.map(t => tokenText(t.text)), lowers: does.lowers.map(t => tokenText(t.text)) } }
        : {}),
      share: supernode.share,
      effect: supernode.effect,
      error: errors.get(supernode.id) ?? 0,
      ...(supernode.verdict ? { verdict: supernode.verdict } : {}),
      positions: supernode.positions,
      layers: supernode.layers,
      members: supernode.members,
      coarse: supernode.members.some(id => kindOf.get(id) === "mlp"),
    };
  });
  boxes.push(answerBox(document, answerId, errors.get(answerId) ?? 0, nameOf));
  return boxes;
}

/** The place in a role: attribution/box-label.ts writes it in front. */
const roleAt = /^at ‘.*?’: (?=for )/su;

/** A role without “at …”, for where the place is said already. */
export function withoutPlace(role: string): string {
  return role.replace(roleAt, "");
}

/** “reads “Dallas”, “state” → for Texas, Houston; against Florida”, or as much of it as is known. */
export function roleOf(box: ChartBox, most = 3): string {
  const reads = readsOf(box, most);
  const does = doesOf(box, most);
  return [reads && `reads ${reads}`, does && `→ ${does}`].filter(Boolean).join(" ");
}

export function readsOf(box: ChartBox, most = 3): string {
  const texts = box.reads.slice(0, most).map(r => r.text);
  const numbered = texts.filter(text => /^box \d+$/.test(text));
  if (numbered.length < 2) return texts.join(", ");
  // “boxes 5, 1, Dallas”: the numbers together, where the strongest stood.
  const together = `boxes ${numbered.map(text => text.slice(4)).join(", ")}`;
  return texts.flatMap(text => (text === numbered[0] ? [together] : numbered.includes(text) ? [] : [text])).join("; ");
}

export function doesOf(box: ChartBox, most = 3): string {
  const raises = box.does?.raises.slice(0, most).join(", ");
  const lowers = box.does?.lowers.slice(0, most).join(", ");
  return [raises && `for ${raises}`, lowers && `against ${lowers}`].filter(Boolean).join("; ");
}

/** `12 → 16` as “layers 12–16”, one layer as “layer 12”. */
export function layersOf([first, last]: readonly [number, number]): string {
  return first === last ? `layer ${first}` : `layers ${first}–${last}`;
}

function placeOf(supernode: SupernodeInfo, tokens: readonly TokenInfo[]): string {
  const [first, last] = supernode.positions;
  const name = (position: number) => quoted(tokens[position]?.text ?? `position ${position}`);
  const at = first === last ? `at ${name(first)}` : `at ${name(first)} … ${name(last)}`;
  return supernode.kind === "tokens" ? at : `${at}, ${layersOf(supernode.layers)}`;
}

function labelOf(supernode: SupernodeInfo, tokens: readonly TokenInfo[], place: string) {
  const { text, source, confidence } = supernode.label;
  if (supernode.kind === "tokens" && source !== "user") {
    const places = memberPositions(supernode);
    const label = joinedTokens(
      places.map(position => tokens[position]?.text ?? ""),
      i => places[i] === places[i - 1]! + 1,
    );
    return { label, labelSource: "place" as const, confidence: 1 };
  }
  if (supernode.kind === "other" && (!text.trim() || text === "other")) {
    const label = `other at ${quoted(tokens[supernode.positions[0]]?.text ?? "")}`;
    return { label, labelSource: "place" as const, confidence: 1 };
  }
  // A role without any confidence is the box's place again, for want of words.
  const words = source === "role" && confidence === 0 ? ("place" as const) : source;
  if (text.trim()) return { label: tokenText(text), labelSource: words, confidence };
  return { label: place, labelSource: "place" as const, confidence: 0 };
}

/** Prompt positions of a box of tokens: its embeddings', or all of its span when it names none. */
export function memberPositions(box: Pick<SupernodeInfo, "members" | "positions">): number[] {
  const positions = box.members.flatMap(id => (id.startsWith("embedding.") ? [Number(id.slice(10))] : []));
  const [first, last] = box.positions;
  return positions.length > 0
    ? positions.sort((a, b) => a - b)
    : Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function answerBox(
  document: TraceDocument,
  id: string,
  error: number,
  nameOf: (id: string, label: string) => string,
): ChartBox {
  const { target } = document;
  const given = document.supernodes.find(s => s.id === id);
  return {
    id,
    kind: "answer",
    label: tokenText(target.text),
    short: tokenText(target.text),
    labelSource: "place",
    confidence: 1,
    place: `after ${quoted(document.tokens[target.position]?.text ?? "")}`,
    reads: given?.reads.map(r => ({ id: r.id, text: nameOf(r.id, r.label), share: r.share })) ?? [],
    share: 1,
    effect: target.value,
    error,
    positions: [target.position, target.position],
    layers: [document.model.layers, document.model.layers],
    members: [target.node],
    coarse: false,
  };
}

/**
 * Tokens in prompt order, then others, then units so that each comes after what feeds it, lower layers first where that
 * leaves a choice. Where units run in a circle, the one that takes least from those still to come goes first.
 */
function order(document: TraceDocument): SupernodeInfo[] {
  const of = (kind: SupernodeInfo["kind"]) => document.supernodes.filter(s => s.kind === kind);
  const byPlace = (a: SupernodeInfo, b: SupernodeInfo) => a.positions[0] - b.positions[0] || (a.id < b.id ? -1 : 1);
  const middle = (s: SupernodeInfo) => (s.layers[0] + s.layers[1]) / 2;
  const waiting = of("units").sort((a, b) => middle(a) - middle(b) || byPlace(a, b));
  const units: SupernodeInfo[] = [];
  while (waiting.length > 0) {
    const ids = new Set(waiting.map(s => s.id));
    const takes = new Map<string, number>();
    for (const { source, target, weight, share } of document.superedges)
      if (source !== target && ids.has(source))
        takes.set(target, (takes.get(target) ?? 0) + (share ?? Math.abs(weight)));
    const least = Math.min(...waiting.map(s => takes.get(s.id) ?? 0));
    const next = waiting.findIndex(s => (takes.get(s.id) ?? 0) === least);
    units.push(...waiting.splice(next, 1));
  }
  return [...of("tokens").sort(byPlace), ...of("other").sort(byPlace), ...units];
}
