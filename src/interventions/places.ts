/** From the positions of an intervention to token numbers of a prompt. */
import { nearest } from "../core/nearest.ts";
import { Problem } from "../core/problem.ts";
import type { Positions } from "./intervention.ts";

/** Which positions are meant: of the prompt, and whether generated tokens are too. */
export interface Places {
  readonly positions: ReadonlySet<number>;
  readonly generated: boolean;
}

/**
 * @param texts [token] each token's text
 * Throws a Problem for positions outside the prompt, a text that is not there (with the nearest tokens), and one that
 * is there more than once.
 */
export function placesOf(positions: Positions, texts: readonly string[], where?: string): Places {
  const n = texts.length;
  if (positions === "all") return { positions: new Set(texts.keys()), generated: true };
  if (positions === "new") return { positions: new Set(), generated: true };
  if (positions === "last") return { positions: new Set([n - 1]), generated: false };
  if ("text" in positions) return { positions: new Set(find(positions.text, texts, where)), generated: false };
  for (const p of positions) {
    if (Number.isInteger(p) && p >= 0 && p < n) continue;
    throw new Problem(`position ${p} is outside the prompt, which has positions 0 to ${n - 1}`, {
      where,
      advice: `at ${n - 1}, the last`,
    });
  }
  return { positions: new Set(positions), generated: false };
}

/** The tokens that together spell the text, spaces around it aside. */
function find(text: string, texts: readonly string[], where: string | undefined): number[] {
  const wanted = text.trim();
  const found: number[][] = [];
  for (let start = 0; start < texts.length; start++) {
    let spelled = "";
    for (let end = start; end < texts.length; end++) {
      spelled += texts[end]!;
      const seen = spelled.trim();
      if (seen === wanted && (wanted !== "" || spelled === text)) {
        found.push(Array.from({ length: end - start + 1 }, (_, i) => start + i));
        break;
      }
      if (!wanted.startsWith(seen)) break;
    }
  }
  // A match that begins on a token of spaces alone is the same match once more.
  const distinct = found.filter(span => texts[span[0]!]!.trim() !== "" || wanted === "");
  if (distinct.length === 1) return distinct[0]!;
  if (distinct.length === 0) {
    const names = [...new Set(texts.map(t => t.trim()).filter(t => t !== ""))];
    const near = nearest(wanted, names);
    throw new Problem(`the text ${JSON.stringify(text)} is not among the prompt's ${texts.length} tokens`, {
      where,
      advice: near.length > 0 ? near.map(name => `at ${JSON.stringify(name)}`).join(" or ") : "a position's number",
    });
  }
  const places = distinct.map(span => span.join(","));
  throw new Problem(
    `the text ${JSON.stringify(text)} stands at ${distinct.length} places: positions ${places.join(" and ")}`,
    { where, advice: `at ${places[0]}, or at ${distinct.flat().join(",")} for all of them` },
  );
}
