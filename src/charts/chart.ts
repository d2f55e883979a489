/**
 * What there is to draw of a trace, whatever it is drawn with: boxes in the order of the flow, links with their share,
 * words for what each box reads and does, and what is not drawn.
 *
 * The terminal, the SVG and the page all take their facts from here, so that they cannot tell different stories.
 * Knows neither places nor colours.
 *
 * A link's `input` is its share of what its target takes in (absolute, errors included); its `share` is that times the
 * target box's share of the answer: how much of the answer passes along it. Width and percentages are the latter.
 */
import type {
  Coverage,
  EdgeInfo,
  Label,
  SupernodeInfo,
  TokenInfo,
  TraceDocument,
  Verdict,
} from "../attribution/document.ts";
import { percent, quoted, signed, tokenText } from "./text.ts";

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
  if (supernode.kind === "other") {
    const label = `other at ${quoted(tokens[supernode.positions[0]]?.text ?? "")}`;
    return { label, labelSource: "place" as const, confidence: 1 };
  }
  if (text.trim()) return { label: tokenText(text), labelSource: source, confidence };
  if (supernode.kind === "tokens") {
    const [first, last] = supernode.positions;
    const label = tokens.slice(first, last + 1).map(t => tokenText(t.text));
    return { label: label.join(" "), labelSource: "place" as const, confidence: 1 };
  }
  return { label: place, labelSource: "place" as const, confidence: 0 };
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

/** Tokens in prompt order, then the rest from the bottom up; two boxes of overlapping layers so that more flows upwards. */
function order(document: TraceDocument): SupernodeInfo[] {
  const drawn = document.supernodes.filter(s => s.kind !== "target");
  const middle = (s: SupernodeInfo) => (s.layers[0] + s.layers[1]) / 2;
  const tokens = drawn.filter(s => s.kind === "tokens").sort((a, b) => a.positions[0] - b.positions[0]);
  const rest = drawn
    .filter(s => s.kind !== "tokens")
    .sort(
      (a, b) =>
        Number(b.kind === "other") - Number(a.kind === "other") ||
        middle(a) - middle(b) ||
        a.positions[0] - b.positions[0] ||
        (a.id < b.id ? -1 : 1),
    );
  const flow = new Map<string, number>();
  for (const edge of document.superedges) flow.set(`${edge.source}>${edge.target}`, Math.abs(edge.weight));
  const between = (a: SupernodeInfo, b: SupernodeInfo) => flow.get(`${a.id}>${b.id}`) ?? 0;
  for (let pass = 0; pass < rest.length; pass++) {
    for (let i = 0; i + 1 < rest.length; i++) {
      const a = rest[i]!;
      const b = rest[i + 1]!;
      const overlap = a.layers[1] >= b.layers[0] && b.layers[1] >= a.layers[0];
      if (a.kind === b.kind && overlap && between(b, a) > between(a, b)) [rest[i], rest[i + 1]] = [b, a];
    }
  }
  return [...tokens, ...rest];
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
  const edges: EdgeInfo[] = document.superedges
    .map(edge => ({ source: home(edge.source), target: home(edge.target), weight: edge.weight }))
    .filter(edge => edge.source !== edge.target && rank.has(edge.source) && rank.has(edge.target) && edge.weight !== 0);
  const total = new Map<string, number>();
  for (const edge of edges) total.set(edge.target, (total.get(edge.target) ?? 0) + Math.abs(edge.weight));
  const links = edges.map(edge => {
    const input = (Math.abs(edge.weight) / total.get(edge.target)!) * (1 - (errors.get(edge.target) ?? 0));
    const share = input * Math.min(1, shareOf.get(edge.target)!);
    const level = loose.has(edge.source) && loose.has(edge.target);
    return { ...edge, input, share, back: level || rank.get(edge.source)! >= rank.get(edge.target)! };
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
  const all = new Map<string, number>();
  const wrong = new Map<string, number>();
  for (const { source, target, weight } of document.edges) {
    const box = home.get(target);
    if (!box) continue;
    all.set(box, (all.get(box) ?? 0) + Math.abs(weight));
    if (error.has(source)) wrong.set(box, (wrong.get(box) ?? 0) + Math.abs(weight));
  }
  return new Map([...wrong].map(([box, mass]) => [box, mass / all.get(box)!]));
}

function tokensOf(document: TraceDocument, boxes: readonly ChartBox[]): ChartToken[] {
  const holder = new Map<number, ChartBox>();
  for (const box of boxes) {
    if (box.kind !== "tokens") continue;
    for (let p = box.positions[0]; p <= box.positions[1]; p++) holder.set(p, box);
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
