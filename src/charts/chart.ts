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
import type { Coverage, TraceDocument } from "../attribution/document.ts";
import { boxesOf, type ChartBox, memberPositions } from "./box.ts";
import { errorShares } from "./error-shares.ts";
import { type ChartLink, linksOf } from "./link.ts";
import { percent, quoted, signed, tokenText } from "./text.ts";

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
  const boxes = boxesOf(document, answerId, errors);
  const answer = boxes.at(-1)!;
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
    what: whatOf(document),
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

function whatOf({ target }: TraceDocument): string {
  const value = signed(target.value);
  if (target.foil) return `how far ${quoted(target.text)} leads ${quoted(target.foil.text)}: ${value} logits`;
  if (/ minus the mean logit$/.test(target.what))
    return `how far ${quoted(target.text)} stands above the mean of all tokens: ${value} logits`;
  return `${target.what} = ${value}`;
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
