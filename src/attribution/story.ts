/**
 * The chart in words: the strongest paths from prompt tokens through boxes to the answer, and a paragraph that says
 * them, what works against them, what the real model contradicts and what is left out. No language model: each sentence is read off the boxes, and
 * names the boxes that it speaks of.
 *
 * In a dictionary's graph the words are about influence. In a model's own neurons most influence sits on tens of
 * thousands of small contributions that cancel; there the words are about logits, which add up with their signs.
 *
 * The share of a path is exact over the boxes: the influence that enters its first box, times the part of each box's
 * influence that goes on along the path. All paths and all that ends elsewhere add up to 1.
 */
import type { Balance, Coverage, Story, SuperedgeInfo, SupernodeInfo, TargetInfo, Verification } from "./document.ts";

export interface StoryInput {
  readonly supernodes: readonly SupernodeInfo[];
  readonly superedges: readonly SuperedgeInfo[];
  readonly coverage: Coverage;
  readonly target: Pick<TargetInfo, "text" | "foil" | "value">;
  /** What the real model said, where it was asked. */
  readonly verify?: Pick<Verification, "sufficiency" | "necessity"> | undefined;
  /** How for and against were weighed (decision 11): what the chart does alone is told with what it would do unweighed. */
  readonly balance?: Pick<Balance, "factor" | "sufficiencyAlike"> | undefined;
}

export type Path = Story["paths"][number];
type Sentence = Story["sentences"][number];

/** Below this share of explained influence, percentages of influence say little and logits are told instead. */
const diffuse = 0.2;
/** A path lighter than this (as a share of what enters the chart) is not worth a line. */
const leastPath = 0.005;
/** A path lighter than this is not worth a clause. */
const leastClause = 0.02;
/** A box's measured effect, as a share of what is explained, from which on it counts as a contradiction. */
const leastContradiction = 0.05;

export function story(input: StoryInput): Story {
  const paths = mainPaths(input.supernodes, input.superedges);
  const inLogits = input.coverage.explained < diffuse && input.supernodes.some(box => box.kind === "units");
  if (inLogits) paths.sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
  const told = inLogits ? logitSentences(input, paths) : sentences(input, paths);
  return { sentences: [...told, ...contradictions(input), ...tested(input)], paths: paths.slice(0, 24) };
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
  const answers = new Set(supernodes.filter(box => box.kind === "target").map(box => box.id));
  const whole = superedges.reduce((sum, edge) => sum + (answers.has(edge.target) ? (edge.share ?? 0) : 0), 0);
  const least = leastPath * whole;
  const paths: Path[] = [];
  const walk = (edge: SuperedgeInfo, onward: readonly string[], part: number) => {
    const box = boxes.get(edge.source);
    const share = (edge.share ?? 0) * part;
    if (!box || share < least || onward.includes(edge.source)) return;
    const here = [edge.source, ...onward];
    const effect = edge.weight * part;
    if (box.kind === "tokens") paths.push({ boxes: here, share, effect });
    if (box.kind !== "units") return;
    const through = out.get(box.id) ?? 0;
    for (const below of into.get(box.id) ?? []) {
      if (through > 0) walk(below, here, (part * (edge.share ?? 0)) / through);
    }
    const begins = through > 0 ? (box.begins ?? 0) / through : 0;
    if (share * begins >= least && begins > 0)
      paths.push({ boxes: here, share: share * begins, effect: effect * begins });
  };
  for (const answer of answers) for (const edge of into.get(answer) ?? []) walk(edge, [answer], 1);
  return paths.sort((a, b) => b.share - a.share || a.boxes.join().localeCompare(b.boxes.join()));
}

function names({ target }: StoryInput) {
  const quoted = (text: string) => `‘${text.trim() || text}’`;
  return { answer: quoted(target.text), foil: target.foil && quoted(target.foil.text) };
}

/** A foil that the model prefers after all. */
function warning(input: StoryInput): Sentence[] {
  const { answer, foil } = names(input);
  const { value } = input.target;
  if (!foil || value >= 0) return [];
  const by = Math.abs(value).toFixed(1);
  const text = `The model prefers ${foil} to ${answer} here by ${by} logits, so what follows is what speaks for ${answer} all the same.`;
  return [{ text, boxes: [] }];
}

/** Does the real model do the opposite of what the graph says of this box, and not by a little? */
export function contradicted({ effect, does }: SupernodeInfo, value: number): boolean {
  // `measured` is what becomes of the answer without the box.
  return (
    does !== undefined && does.measured * effect > 0 && Math.abs(does.measured) >= leastContradiction * Math.abs(value)
  );
}

function contradictions({ supernodes, target }: StoryInput): Sentence[] {
  return supernodes
    .filter(box => box.kind === "units" && contradicted(box, target.value))
    .map(box => ({
      text: `Of ${boxName(box)} the graph says ${logits(box.effect)}, the real model the opposite: its units are worth ${logits(-box.does!.measured)} there, with all that reacts to them.`,
      boxes: [box.id],
    }));
}

/** What the real model said of the whole chart. */
function tested({ verify, balance }: StoryInput): Sentence[] {
  if (verify?.sufficiency === undefined || verify.necessity === undefined) return [];
  const weighed = balance && balance.factor !== 1;
  const alike = weighed ? ` (${percent(balance.sufficiencyAlike)}, had units for and against been chosen alike)` : "";
  const text = `Tested in the real model: with everything left out held as it is on the contrast, the chart alone brings about ${percent(verify.sufficiency)} of the difference between the prompts${alike}; without the chart ${percent(verify.necessity)} of it is lost.`;
  return [{ text, boxes: [] }];
}

/** The words where contributions are small and many: what each box adds or takes, in logits. */
function logitSentences(input: StoryInput, paths: readonly Path[]): Sentence[] {
  const { supernodes, superedges, target, coverage } = input;
  const { answer, foil } = names(input);
  const said = warning(input);
  const answerBox = supernodes.find(box => box.kind === "target")?.id;
  const direct = superedges.reduce((sum, edge) => sum + (edge.target === answerBox ? edge.weight : 0), 0);
  const size = Math.max(Math.abs(target.value), 1e-9);
  const units = supernodes
    .filter(box => (box.kind === "units" || box.kind === "tokens") && Math.abs(box.effect) >= leastClause * size)
    .filter(box => !contradicted(box, target.value))
    .sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect) || a.id.localeCompare(b.id));
  const list = (boxes: readonly SupernodeInfo[]) => and(boxes.map(box => `${boxName(box)} (${logits(box.effect)})`));
  const pro = units.filter(box => box.effect > 0).slice(0, 4);
  const contra = units.filter(box => box.effect < 0).slice(0, 3);
  const over = foil ? `${answer} over ${foil}` : answer;
  if (pro.length > 0) said.push({ text: `For ${over}, in logits: ${list(pro)}.`, boxes: pro.map(box => box.id) });
  if (contra.length > 0) said.push({ text: `Against it: ${list(contra)}.`, boxes: contra.map(box => box.id) });
  const followed = paths.filter(path => Math.abs(path.effect) >= 0.005 * size).slice(0, 2);
  if (followed.length > 0) {
    const text = followed.map(path => `${pathName(path, supernodes, answer)} (${logits(path.effect)})`).join("; ");
    const start =
      followed.length > 1
        ? "The strongest paths that can be followed from a token"
        : "The one path that can be followed from a token";
    said.push({ text: `${start}: ${text}.`, boxes: unique(followed.flatMap(path => path.boxes)) });
  }
  const left = percent(1 - coverage.explained);
  said.push({
    text: `Counted with their signs, the contributions that the chart draws pass ${direct.toFixed(1)} of the ${target.value.toFixed(1)} logits on to the answer. Counted by size, ${left} of all influence is left out: very many small contributions for and against, which add up to ${plain(target.value - direct)}.`,
    boxes: [],
  });
  return said;
}

/** 4.1, −0.3 */
const plain = (value: number) => (Math.abs(value) < 0.05 ? "nothing" : value.toFixed(1).replace("-", "−"));

/** +4.1, −0.32 */
function logits(effect: number): string {
  const size = Math.abs(effect);
  return `${effect < 0 ? "−" : "+"}${size.toFixed(size < 0.95 ? 2 : 1)}`;
}

function sentences(input: StoryInput, paths: readonly Path[]): Sentence[] {
  const { supernodes } = input;
  const { answer, foil } = names(input);
  const said: Sentence[] = warning(input);
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
  const text = box?.label.text;
  if (!text?.startsWith("at ")) return text;
  return box?.label.confidence ? `units ${text.replace(": for ", " for ")}` : `units ${text}`;
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
  if (missing < 0.005) return { text: "Nothing of note is left out of the chart.", boxes: [] };
  const parts = [
    { share: coverage.hidden, text: "contributions too small to be drawn" },
    { share: coverage.error, text: "what the dictionary fails to rebuild" },
    { share: coverage.bias, text: "biases, which are the same for every prompt" },
  ]
    .filter(part => part.share >= 0.005)
    .sort((a, b) => b.share - a.share);
  const list = parts.length > 1 ? parts.map(part => `${percent(part.share)} in ${part.text}`) : parts.map(p => p.text);
  return { text: `By size, ${percent(missing)} of it is left out of the chart: ${and(list)}.`, boxes: [] };
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
