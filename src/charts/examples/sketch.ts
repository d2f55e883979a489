/**
 * A made-up trace from a few lines: the gallery's and the tests' examples. The numbers hang together as in a real one
 * (members carry their box's influence, node edges add up to the superedges, coverage to 1) but nobody measured them,
 * and each document says so in its notes. Knows nothing of drawing.
 */
import type {
  Coverage,
  EdgeInfo,
  Label,
  ModelInfo,
  NodeInfo,
  SupernodeInfo,
  TokenInfo,
  TraceDocument,
  VerdictWord,
  Verification,
} from "../../attribution/document.ts";

export interface BoxSketch {
  readonly id: string;
  readonly label: string;
  readonly source?: Label["source"];
  readonly at: number | readonly [number, number];
  /** Left out: a box of tokens. */
  readonly layers?: readonly [number, number];
  readonly other?: boolean;
  /** How many units; `coarse` ones are whole MLP blocks. */
  readonly units?: number;
  readonly coarse?: boolean;
  readonly share: number;
  readonly effect: number;
  /** From which box, with what weight. */
  readonly from?: Readonly<Record<string, number>>;
  /** Share of its input from error nodes. */
  readonly error?: number;
  readonly raises?: readonly string[];
  readonly lowers?: readonly string[];
  readonly measured?: number;
  readonly verdict?: VerdictWord;
}

export interface Sketch {
  readonly model: ModelInfo;
  readonly basis: string;
  readonly tokens: readonly string[];
  readonly answer: string;
  readonly foil?: string;
  readonly what: string;
  readonly value: number;
  readonly probability: number;
  readonly top: readonly (readonly [text: string, logit: number, probability: number])[];
  readonly versus?: { readonly tokens: readonly string[]; readonly answer: string; readonly found: boolean };
  readonly boxes: readonly BoxSketch[];
  /** What reaches the answer directly. */
  readonly into: Readonly<Record<string, number>>;
  readonly answerError?: number;
  readonly sentences: readonly (readonly [text: string, ...boxes: string[]])[];
  readonly paths: readonly (readonly [share: number, effect: number, ...boxes: string[]])[];
  readonly coverage: Coverage;
  readonly verify?: Verification;
  readonly notes?: readonly string[];
}

/** Numbers from a seed (mulberry32), so that an example is the same every time. */
function generator(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const token = (text: string): TokenInfo => ({
  id: [...text].reduce((h, c) => (h * 31 + c.codePointAt(0)!) % 49152, 7),
  text,
});

export function sketch(s: Sketch): TraceDocument {
  const random = generator(s.tokens.length * 101 + s.boxes.length);
  const byId = new Map(s.boxes.map(b => [b.id, b]));
  const span = (b: BoxSketch): [number, number] => (typeof b.at === "number" ? [b.at, b.at] : [b.at[0], b.at[1]]);
  const last = s.tokens.length - 1;
  const nodes: NodeInfo[] = [];
  const edges: EdgeInfo[] = [];
  const members = new Map<string, string[]>();
  const parts = (count: number) => {
    const raw = Array.from({ length: count }, (_, i) => (0.6 + 0.4 * random()) / (i + 1));
    const sum = raw.reduce((a, b) => a + b, 0);
    return raw.map(x => x / sum);
  };
  for (const box of s.boxes) {
    const [first, end] = span(box);
    const ids: string[] = [];
    const count = box.layers ? (box.units ?? 8) : end - first + 1;
    for (const [i, part] of parts(count).entries()) {
      const position = first + (i % (end - first + 1));
      const layer = box.layers ? box.layers[0] + Math.floor(random() * (box.layers[1] - box.layers[0] + 1)) : 0;
      const index = Math.floor(random() * s.model.dMlp);
      const kind = !box.layers ? "embedding" : box.coarse ? "mlp" : "unit";
      const id =
        kind === "embedding"
          ? `embedding.${position}`
          : kind === "mlp"
            ? `mlp.${layer}.${position}`
            : `unit.${layer}.${position}.${index}`;
      if (ids.includes(id)) continue;
      ids.push(id);
      nodes.push({
        id,
        kind,
        ...(kind === "embedding" ? {} : { layer }),
        position,
        ...(kind === "unit" ? { index } : {}),
        activation: kind === "unit" ? (random() - 0.35) * 6 : 1,
        influence: box.share * part,
        effect: box.effect * part,
        supernode: box.id,
        expanded: kind === "unit" && i < 6,
        ...(kind === "unit" && box.raises && i < 4
          ? {
              label: {
                text: `says “${box.raises[i % box.raises.length]!.trim()}”`,
                source: "says",
                confidence: 0.4 + 0.5 * part,
              },
              promotes: box.raises.slice(i % 2),
              suppresses: box.lowers ?? [],
            }
          : {}),
      });
    }
    members.set(box.id, ids);
  }
  const superedges: EdgeInfo[] = [];
  const join = (from: string, to: string, weight: number, targets: readonly string[]) => {
    superedges.push({ source: from, target: to, weight });
    const sources = members.get(from) ?? [];
    const shares = parts(Math.min(6, sources.length));
    for (const [i, share] of shares.entries())
      edges.push({ source: sources[i]!, target: targets[i % targets.length]!, weight: weight * share });
  };
  const errorInto = (share: number | undefined, targets: readonly string[], position: number, layer: number) => {
    if (!share) return;
    const mass = edges.filter(e => targets.includes(e.target)).reduce((sum, e) => sum + Math.abs(e.weight), 0);
    const id = `error.${layer}.${position}`;
    if (!nodes.some(n => n.id === id))
      nodes.push({ id, kind: "error", layer, position, activation: 1, influence: share * 0.2, expanded: false });
    edges.push({ source: id, target: targets[0]!, weight: (mass * share) / (1 - share) });
  };
  for (const box of s.boxes) {
    for (const [from, weight] of Object.entries(box.from ?? {})) join(from, box.id, weight, members.get(box.id)!);
    errorInto(box.error, members.get(box.id)!, span(box)[1], Math.max(0, (box.layers?.[0] ?? 1) - 1));
  }
  nodes.push({ id: "target.0", kind: "target", position: last, activation: s.value, influence: 1, expanded: true });
  for (const [from, weight] of Object.entries(s.into)) join(from, "target.0", weight, ["target.0"]);
  errorInto(s.answerError, ["target.0"], last, s.model.layers - 1);
  nodes.push({ id: "bias.0", kind: "bias", layer: 0, activation: 1, influence: s.coverage.bias, expanded: false });
  edges.push({ source: "bias.0", target: "target.0", weight: 0.02 * s.value });

  const supernodes = s.boxes.map((box): SupernodeInfo => {
    const inputs = Object.entries(box.from ?? {});
    const mass = inputs.reduce((sum, [, w]) => sum + Math.abs(w), 0) / (1 - (box.error ?? 0));
    const measured = box.measured ?? box.effect * -0.9;
    const word = box.verdict;
    return {
      id: box.id,
      label: { text: box.label, source: box.source ?? "role", confidence: 0.4 + 0.5 * random() },
      kind: box.other ? "other" : box.layers ? "units" : "tokens",
      members: members.get(box.id)!,
      positions: span(box),
      layers: box.layers ? [box.layers[0], box.layers[1]] : [0, 0],
      share: box.share,
      effect: box.effect,
      reads: inputs
        .map(([id, w]) => ({ id, label: byId.get(id)?.label || id, share: w / mass }))
        .sort((a, b) => Math.abs(b.share) - Math.abs(a.share)),
      ...(box.raises
        ? {
            does: {
              raises: box.raises.map((text, i) => ({ text, change: 0.9 / (i + 1) })),
              lowers: (box.lowers ?? []).map((text, i) => ({ text, change: -0.6 / (i + 1) })),
              measured,
              predicted: -box.effect,
            },
          }
        : {}),
      ...(word
        ? {
            verdict: {
              word,
              tests: ["switch off", "reverse", ...(s.versus ? ["take the contrast's values in"] : [])].map(
                (verb, i) => ({
                  what: `${verb} ${box.label || "this box"} (${members.get(box.id)!.length} units)`,
                  predicted: -box.effect * (i === 1 ? 2 : 1),
                  live: measured * (i === 1 ? 1.7 : 1 + 0.1 * i),
                  frozen: -box.effect * (i === 1 ? 2 : 1) * 1.02,
                  controls: Array.from({ length: 20 }, () => (random() + random() + random() - 1.5) * 0.35),
                }),
              ),
            },
          }
        : {}),
    };
  });
  return {
    format: "lucida-trace",
    version: 1,
    model: s.model,
    basis: s.basis,
    prompt: s.tokens.filter(t => t !== "<bos>").join(""),
    ...(s.versus
      ? {
          versus: {
            prompt: s.versus.tokens.filter(t => t !== "<bos>").join(""),
            tokens: s.versus.tokens.map(token),
            answer: token(s.versus.answer),
            found: s.versus.found,
          },
        }
      : {}),
    tokens: s.tokens.map(token),
    target: {
      ...token(s.answer),
      node: "target.0",
      ...(s.foil ? { foil: token(s.foil) } : {}),
      value: s.value,
      probability: s.probability,
      position: last,
      what: s.what,
    },
    targets: [
      {
        ...token(s.answer),
        node: "target.0",
        value: s.value,
        probability: s.probability,
        position: last,
        what: s.what,
      },
    ],
    top: s.top.map(([text, logit, probability]) => ({ ...token(text), logit, probability })),
    nodes,
    edges,
    supernodes,
    superedges,
    story: {
      sentences: s.sentences.map(([text, ...boxes]) => ({ text, boxes })),
      paths: s.paths.map(([share, effect, ...boxes]) => ({ share, effect, boxes })),
    },
    coverage: s.coverage,
    scores: { replacement: 0.71, completeness: 0.9, replacementPruned: 0.58, completenessPruned: 0.84 },
    checks: { rowSum: 3.1e-7, frozenLogits: 8.4e-6 },
    sweep: { expanded: 500, sources: 18432, unexpanded: 0.013 },
    ...(s.verify ? { verify: s.verify } : {}),
    notes: ["A made-up example: no model was run for it.", ...(s.notes ?? [])],
    timings: { load: 1.12, run: 0.09, sweep: 0.84, graph: 0.05, story: 0.31, total: 2.41 },
  };
}
