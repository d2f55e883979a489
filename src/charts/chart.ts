/**
 * What there is to draw of a trace, whatever it is drawn with: boxes in the order of the flow, links with their share,
 * words for what each box reads and does, and what is not drawn.
 *
 * The terminal, the SVG and the page all take their facts from here, so that they cannot tell different stories.
 * Knows neither places nor colours.
 *
 * A link's `share` is how much of the answer's influence passes along it, its `input` how much of what its target takes
 * in (errors and all that is not drawn included). Both come from the document's shares; a document without them gets
 * input = share of the absolute weights, share = input times the target box's share.
 */
import type {
  Coverage,
  Label,
  SuperedgeInfo,
  SupernodeInfo,
  TokenInfo,
  TraceDocument,
  Verdict,
} from "../attribution/document.ts";
import { joinedTokens, percent, quoted, signed, tokenText } from "./text.ts";

export interface ChartBox {
  readonly id: string;
  /** 1, 2, 3 ... in the order of the flow; token boxes and "other" boxes have none. */
  readonly number?: number;
  readonly kind: "tokens" | "units" | "other" | "answer";
  readonly label: string;
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

export interface ChartLink {
  readonly source: string;
  readonly target: string;
  readonly weight: number;
  readonly input: number;
  readonly share: number;
  /** It runs against the order of the boxes, or between two "other" boxes: listed, not drawn. */
  readonly back: boolean;
  readonly drawn: boolean;
}

export interface ChartToken {
  readonly position: number;
  readonly text: string;
  /** Share of the answer that starts here; 0 where no box of tokens holds it. */
  readonly share: number;
  readonly box?: string;
}

export interface Chart {
  readonly prompt: string;
  readonly tokens: readonly ChartToken[];
  /** Tokens, then units and others from the bottom up, the answer last. */
  readonly boxes: readonly ChartBox[];
  readonly answer: ChartBox;
  readonly answerText: string;
  readonly probability: number;
  /** What is explained, in words, with its value. */
  readonly what: string;
  readonly versus?: { readonly prompt: string; readonly answer: string; readonly found: boolean };
  readonly links: readonly ChartLink[];
  /** Links too weak (or backward) to draw, and the share of all flow between boxes that they carry. */
  readonly undrawn: { readonly count: number; readonly share: number };
  readonly coverage: Coverage;
  /** The chart's own verdict, as words; absent when nobody has verified it. */
  readonly verdict?: { readonly works: boolean; readonly text: string; readonly reasons: readonly string[] };
}

export interface ChartOptions {
  /** Links that carry less of the answer than this are listed, not drawn. */
  readonly minimumShare?: number;
}

export function chart(document: TraceDocument, options: ChartOptions = {}): Chart {
  const minimum = options.minimumShare ?? 0.015;
  const answerId = document.supernodes.find(s => s.kind === "target")?.id ?? document.target.node;
  const errors = errorShares(document, answerId);
  const kindOf = new Map(document.nodes.map(node => [node.id, node.kind]));
  const ordered = order(document);
  const named = new Map(ordered.map(s => [s.id, labelOf(s, document.tokens, placeOf(s, document.tokens)).label]));
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
  const answer = answerBox(document, answerId, errors.get(answerId) ?? 0, nameOf);
  boxes.push(answer);
  const links = linksOf(document, boxes, answerId, errors, minimum);
  const flow = links.reduce((sum, link) => sum + link.share, 0);
  const undrawn = links.filter(link => !link.drawn);
  const versus = document.versus;
  const verdict = verdictOf(document);
  return {
    prompt: document.prompt,
    tokens: tokensOf(document, boxes),
    boxes,
    answer,
    answerText: tokenText(document.target.text),
    probability: document.target.probability,
    what: `${document.target.what} = ${signed(document.target.value)}`,
    ...(versus
      ? { versus: { prompt: versus.prompt, answer: tokenText(versus.answer.text), found: versus.found } }
      : {}),
    links,
    undrawn: {
      count: undrawn.length,
      share: flow > 0 ? undrawn.reduce((sum, link) => sum + link.share, 0) / flow : 0,
    },
    coverage: document.coverage,
    ...(verdict ? { verdict } : {}),
  };
}

/** “reads “Dallas”, “state” → for Texas, Houston; against Florida”, or as much of it as is known. */
export function roleOf(box: ChartBox, most = 3): string {
  const reads = readsOf(box, most);
  const does = doesOf(box, most);
  return [reads && `reads ${reads}`, does && `→ ${does}`].filter(Boolean).join(" ");
}

export function readsOf(box: ChartBox, most = 3): string {
  return box.reads
    .slice(0, most)
    .map(r => r.text)
    .join(", ");
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
function memberPositions(box: Pick<SupernodeInfo, "members" | "positions">): number[] {
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

function linksOf(
  document: TraceDocument,
  boxes: readonly ChartBox[],
  answerId: string,
  errors: ReadonlyMap<string, number>,
  minimum: number,
): ChartLink[] {
  const rank = new Map(boxes.map((box, i) => [box.id, i]));
  const shareOf = new Map(boxes.map(box => [box.id, box.share]));
  const loose = new Set(boxes.filter(box => box.kind === "other").map(box => box.id));
  const home = (id: string) => (id === document.target.node ? answerId : id);
  const edges: SuperedgeInfo[] = document.superedges
    .map(edge => ({ ...edge, source: home(edge.source), target: home(edge.target) }))
    .filter(edge => edge.source !== edge.target && rank.has(edge.source) && rank.has(edge.target) && edge.weight !== 0);
  const total = new Map<string, number>();
  // What enters a box from above, where the document says what share of the answer each edge carries.
  const entered = new Map<string, number>([[answerId, 1]]);
  for (const edge of edges) entered.set(edge.source, (entered.get(edge.source) ?? 0) + (edge.share ?? 0));
  for (const edge of edges) total.set(edge.target, (total.get(edge.target) ?? 0) + Math.abs(edge.weight));
  const links = edges.map(edge => {
    const { source, target, weight } = edge;
    const back = (loose.has(source) && loose.has(target)) || rank.get(source)! >= rank.get(target)!;
    if (edge.share !== undefined) {
      const whole = entered.get(target) ?? 0;
      return {
        source,
        target,
        weight,
        input: whole > 0 ? Math.min(1, edge.share / whole) : 0,
        share: edge.share,
        back,
      };
    }
    const input = (Math.abs(edge.weight) / total.get(edge.target)!) * (1 - (errors.get(edge.target) ?? 0));
    const share = input * Math.min(1, shareOf.get(edge.target)!);
    return { source, target, weight, input, share, back };
  });
  links.sort((a, b) => b.share - a.share || (a.source + a.target < b.source + b.target ? -1 : 1));
  // No box of units hangs loose: its strongest way in and its strongest way out are drawn however weak they are.
  const units = new Set(boxes.filter(b => b.kind === "units" || b.kind === "answer").map(b => b.id));
  const reached = new Set<string>();
  return links.map(link => {
    const way = !link.back;
    const firstIn = way && units.has(link.target) && !reached.has(`>${link.target}`);
    const firstOut = way && units.has(link.source) && !reached.has(`${link.source}>`);
    if (firstIn) reached.add(`>${link.target}`);
    if (firstOut) reached.add(`${link.source}>`);
    return { ...link, drawn: way && (link.share >= minimum || firstIn || firstOut) };
  });
}

/** Of each box's absolute input, the share that comes from error nodes. */
function errorShares(document: TraceDocument, answerId: string): Map<string, number> {
  const error = new Set(document.nodes.filter(n => n.kind === "error").map(n => n.id));
  if (error.size === 0) return new Map();
  const home = new Map<string, string>();
  for (const supernode of document.supernodes) for (const id of supernode.members) home.set(id, supernode.id);
  home.set(document.target.node, answerId);
  const known = new Map(document.nodes.map(n => [n.id, n.mass]));
  const all = new Map<string, number>();
  const wrong = new Map<string, number>();
  // Of a node whose whole input is known, that counts; of another, what the document's edges add up to.
  for (const [id, box] of home) all.set(box, (all.get(box) ?? 0) + (known.get(id) ?? 0));
  for (const { source, target, weight } of document.edges) {
    const box = home.get(target);
    if (!box) continue;
    if (known.get(target) === undefined) all.set(box, (all.get(box) ?? 0) + Math.abs(weight));
    if (error.has(source)) wrong.set(box, (wrong.get(box) ?? 0) + Math.abs(weight));
  }
  return new Map([...wrong].map(([box, mass]) => [box, mass / all.get(box)!]));
}

function tokensOf(document: TraceDocument, boxes: readonly ChartBox[]): ChartToken[] {
  const holder = new Map<number, ChartBox>();
  for (const box of boxes) {
    if (box.kind === "tokens") for (const position of memberPositions(box)) holder.set(position, box);
  }
  return document.tokens.map((token, position) => {
    const box = holder.get(position);
    return { position, text: tokenText(token.text), share: box?.share ?? 0, ...(box ? { box: box.id } : {}) };
  });
}

function verdictOf(document: TraceDocument): Chart["verdict"] {
  const verify = document.verify;
  if (!verify) return undefined;
  const parts = [
    verify.sufficiency === undefined ? "" : `alone it recovers ${percent(verify.sufficiency)} of the gap`,
    verify.necessity === undefined ? "" : `without it ${percent(verify.necessity)} is lost`,
  ].filter(Boolean);
  const figures = parts.length ? `: ${parts.join(", ")}` : "";
  return {
    works: verify.works,
    text: verify.works ? `This chart works${figures}` : `This chart does not work${figures}`,
    reasons: verify.reasons,
  };
}
