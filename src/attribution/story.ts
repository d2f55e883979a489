/**
 * The chart in words: the strongest paths from prompt tokens through boxes to the answer, and a paragraph that says
 * them, what works against them and what is not explained. No language model: each sentence is read off the boxes, and
 * names the boxes that it speaks of.
 *
 * The share of a path is exact over the boxes: the influence that enters its first box, times the part of each box's
 * influence that goes on along the path. All paths and all that ends elsewhere add up to 1.
 */
import type { Coverage, Story, SuperedgeInfo, SupernodeInfo, TargetInfo } from "./document.ts";

export interface StoryInput {
  readonly supernodes: readonly SupernodeInfo[];
  readonly superedges: readonly SuperedgeInfo[];
  readonly coverage: Coverage;
  readonly target: Pick<TargetInfo, "text" | "foil" | "value">;
}

export type Path = Story["paths"][number];
type Sentence = Story["sentences"][number];

/** A path lighter than this is not worth a line. */
const leastPath = 0.005;
/** A path lighter than this is not worth a clause. */
const leastClause = 0.02;

export function story(input: StoryInput): Story {
  const paths = mainPaths(input.supernodes, input.superedges);
  return { sentences: sentences(input, paths), paths: paths.slice(0, 24) };
}

/**
 * Paths from tokens (and from boxes of whole MLP blocks, whose input is not taken apart) to the answer, heaviest first.
 * `boxes` runs from the token to the answer. `effect` is in the answer's logits.
 */
export function mainPaths(supernodes: readonly SupernodeInfo[], superedges: readonly SuperedgeInfo[]): Path[] {
  const boxes = new Map(supernodes.map(box => [box.id, box]));
  const into = new Map<string, SuperedgeInfo[]>();
  const out = new Map<string, number>();
  for (const edge of superedges) {
    const known = into.get(edge.target);
    if (known) known.push(edge);
    else into.set(edge.target, [edge]);
    out.set(edge.source, (out.get(edge.source) ?? 0) + (edge.share ?? 0));
  }
  const paths: Path[] = [];
  const walk = (edge: SuperedgeInfo, onward: readonly string[], part: number) => {
    const box = boxes.get(edge.source);
    const share = (edge.share ?? 0) * part;
    if (!box || share < leastPath || onward.includes(edge.source)) return;
    const here = [edge.source, ...onward];
    const effect = edge.weight * part;
    if (box.kind === "tokens") paths.push({ boxes: here, share, effect });
    if (box.kind !== "units") return;
    const through = out.get(box.id) ?? 0;
    for (const below of into.get(box.id) ?? []) {
      if (through > 0) walk(below, here, (part * (edge.share ?? 0)) / through);
    }
    const begins = through > 0 ? (box.begins ?? 0) / through : 0;
    if (share * begins >= leastPath) paths.push({ boxes: here, share: share * begins, effect: effect * begins });
  };
  for (const answer of supernodes) {
    if (answer.kind === "target") for (const edge of into.get(answer.id) ?? []) walk(edge, [answer.id], 1);
  }
  return paths.sort((a, b) => b.share - a.share || a.boxes.join().localeCompare(b.boxes.join()));
}

function sentences(input: StoryInput, paths: readonly Path[]): Sentence[] {
  const { target, supernodes } = input;
  const answer = `‘${target.text.trim() || target.text}’`;
  const foil = target.foil && `‘${target.foil.text.trim() || target.foil.text}’`;
  const said: Sentence[] = [];
  if (foil && target.value < 0) {
    const by = Math.abs(target.value).toFixed(1);
    const text = `The model prefers ${foil} to ${answer} here by ${by} logits, so what follows is what speaks for ${answer} all the same.`;
    said.push({ text, boxes: [] });
  }
  const question = foil ? `the choice between ${answer} and ${foil}` : `the influence on ${answer}`;
  const strong = paths.filter(path => path.share >= leastClause);
  const pro = strong.filter(path => path.effect >= 0).slice(0, 3);
  const contra = strong.filter(path => path.effect < 0).slice(0, 2);
  const name = (path: Path) => pathName(path, supernodes, answer);

  const [first, ...more] = pro;
  if (first) {
    said.push({ text: `${upper(name(first))} carries ${percent(first.share)} of ${question}.`, boxes: first.boxes });
    if (more.length > 0) {
      const text = more.map(path => `${name(path)} ${percent(path.share)}`).join(", ");
      said.push({ text: `Beside it: ${text}.`, boxes: unique(more.flatMap(path => path.boxes)) });
    }
  }
  if (!first || first.share < 0.1) said.push(...spread(input, first !== undefined, question));
  if (contra.length > 0) {
    const text = contra.map(path => `${name(path)} ${percent(path.share)}`).join(" and ");
    const whom = foil ? `for ${foil}` : `against ${answer}`;
    said.push({ text: `Speaking ${whom}: ${text}.`, boxes: unique(contra.flatMap(path => path.boxes)) });
  }
  said.push(...loose(input));
  said.push(unexplained(input));
  return said;
}

/** ‘Dallas’ → Texas → ‘Austin’, or "a direct path from ‘Dallas’". */
function pathName(path: Path, supernodes: readonly SupernodeInfo[], answer: string): string {
  const labels = path.boxes.map(id => boxName(supernodes.find(box => box.id === id)) ?? id);
  const steps = labels.slice(0, -1);
  const only = supernodes.find(box => box.id === path.boxes[0]);
  if (steps.length === 1 && only?.kind === "tokens") return `a direct path from ${steps[0]}`;
  return /^says\b/.test(steps.at(-1)!) ? steps.join(" → ") : [...steps, answer].join(" → ");
}

/** A label as it stands in a sentence: one that only names a place ("at ‘of’, layers 12–16") gets a noun. */
function boxName(box: SupernodeInfo | undefined): string | undefined {
  return box?.label.text.startsWith("at ") ? `units ${box.label.text}` : box?.label.text;
}

/** No path stands out: name the boxes instead. */
function spread({ supernodes }: StoryInput, some: boolean, question: string): Sentence[] {
  const boxes = supernodes
    .filter(box => box.kind === "units" && box.share >= leastClause)
    .sort((a, b) => b.share - a.share || a.id.localeCompare(b.id))
    .slice(0, 3);
  if (boxes.length === 0) {
    if (some) return [];
    return [{ text: `No path that can be drawn carries as much as 2 % of ${question}.`, boxes: [] }];
  }
  const list = boxes.map(box => `${boxName(box)} (${percent(box.share)}, ${box.effect < 0 ? "against" : "for"})`);
  const start = some ? "The rest is spread over many paths" : "It is spread over many paths";
  return [{ text: `${start}; most of them run through ${and(list)}.`, boxes: boxes.map(box => box.id) }];
}

/** What runs through nodes that are drawn but in no named box. */
function loose({ supernodes, superedges }: StoryInput): Sentence[] {
  const others = supernodes.filter(box => box.kind === "other");
  const through = (boxes: readonly SupernodeInfo[]) => {
    const ids = new Set(boxes.map(box => box.id));
    return superedges.reduce((sum, edge) => sum + (ids.has(edge.source) ? (edge.share ?? 0) : 0), 0);
  };
  const tokens = others.filter(box => box.layers[1] < 0);
  const units = others.filter(box => !tokens.includes(box));
  const parts = [
    { share: through(tokens), text: "comes from the other tokens", boxes: tokens },
    { share: through(units), text: "runs through units that are in no named box", boxes: units },
  ].filter(part => part.share >= leastClause);
  if (parts.length === 0) return [];
  const text = parts.map(part => `${percent(part.share)} ${part.text}`).join(", ");
  return [{ text: `${upper(text)}.`, boxes: parts.flatMap(part => part.boxes.map(box => box.id)) }];
}

function unexplained({ coverage }: StoryInput): Sentence {
  const missing = 1 - coverage.explained;
  if (missing < 0.005) return { text: "Nothing of note is left unexplained.", boxes: [] };
  const parts = [
    { share: coverage.hidden, text: "in contributions too small to be drawn" },
    { share: coverage.error, text: "in what the dictionary fails to rebuild" },
    { share: coverage.bias, text: "in biases, which are the same for every prompt" },
  ]
    .filter(part => part.share >= 0.005)
    .sort((a, b) => b.share - a.share);
  const list = parts.length > 1 ? parts.map(part => `${percent(part.share)} ${part.text}`) : parts.map(p => p.text);
  const start = missing > 0.5 ? "Most of it is not explained" : `${percent(missing)} is not explained`;
  const total = missing > 0.5 ? ` (${percent(missing)})` : "";
  return { text: `${start}${total}: ${and(list)}.`, boxes: [] };
}

/** 41 %, 4.2 %, under 1 %. */
export function percent(share: number): string {
  const value = 100 * share;
  if (value > 0 && value < 1) return "under 1 %";
  const digits = value < 9.95 && value > 0 ? 1 : 0;
  return `${value.toFixed(digits)} %`;
}

const and = (list: readonly string[]) =>
  list.length < 2 ? list.join("") : `${list.slice(0, -1).join(", ")} and ${list.at(-1)}`;
const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const unique = (ids: readonly string[]) => [...new Set(ids)];
