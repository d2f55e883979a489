/**
 * An intervention in words, and back: `scale unit 12.345 at "Dallas" by 0`. What people type, what is printed and what
 * files keep are one form. The members of a supernode and the vector of a direction are known by name here.
 *
 *   scale SITE at PLACES by NUMBER          SITE:   unit 12.345 · head 7.3 · residual 5
 *   set SITE at PLACES to NUMBER                    supernode "Texas" · direction "formal" of layer 9
 *   add to SITE at PLACES by NUMBER         PLACES: 3 · 3,4,9 · "Dallas" · last · all · new
 *   swap SITE at PLACES from "PROMPT"
 */
import { nearest } from "../core/nearest.ts";
import { Problem } from "../core/problem.ts";
import type { Change, Intervention, Positions } from "./intervention.ts";
import type { Site } from "./site.ts";

export function sentence(intervention: Intervention): string {
  const site = `${siteWords(intervention.site)} at ${placeWords(intervention.positions)}`;
  switch (intervention.do) {
    case "scale":
      return `scale ${site} by ${intervention.by}`;
    case "set":
      return `set ${site} to ${intervention.to}`;
    case "add":
      return `add to ${site} by ${intervention.by}`;
    case "swap":
      return `swap ${site} from ${JSON.stringify(intervention.from)}`;
  }
}

function siteWords(site: Site): string {
  switch (site.at) {
    case "unit":
      return `unit ${site.layer}.${site.index}`;
    case "head":
      return `head ${site.layer}.${site.head}`;
    case "residual":
      return `residual ${site.layer}`;
    case "supernode":
      return `supernode ${JSON.stringify(site.id)}`;
    case "direction":
      return `direction ${JSON.stringify(site.name)} of layer ${site.layer}`;
  }
}

function placeWords(positions: Positions): string {
  if (typeof positions === "string") return positions;
  return "text" in positions ? JSON.stringify(positions.text) : positions.join(",");
}

type Token = { readonly kind: "word" | "text"; readonly value: string };

/** Throws a Problem that says which word it stumbled over, and what could stand there. */
export function parseIntervention(text: string): Intervention {
  const words = new Words(text);
  const verb = words.oneOf(["scale", "set", "add", "swap"], "an intervention begins with");
  if (verb === "add") words.skip("to");
  const site = parseSite(words);
  const positions = words.skip("at") ? parsePlaces(words) : "all";
  const change = parseChange(words, verb);
  words.end();
  return { site, positions, ...change };
}

function parseChange(words: Words, verb: string): Change {
  switch (verb) {
    case "swap":
      words.expect("from");
      return { do: "swap", from: words.text("the other prompt, in quotes") };
    case "set":
      words.expect("to");
      return { do: "set", to: words.number() };
    default:
      words.expect("by");
      return { do: verb as "scale" | "add", by: words.number() };
  }
}

function parseSite(words: Words): Site {
  const kind = words.oneOf(
    ["unit", "neuron", "feature", "supernode", "box", "direction", "head", "residual"],
    "after the verb comes",
  );
  switch (kind) {
    case "head": {
      const [layer, head] = words.dotted("head");
      return { at: "head", layer, head };
    }
    case "residual":
      words.skip("of");
      words.skip("layer");
      return { at: "residual", layer: words.count("a layer") };
    case "supernode":
    case "box":
      return { at: "supernode", id: words.text("the supernode's id, in quotes") };
    case "direction": {
      const name = words.text("the direction's name, in quotes");
      words.expect("of");
      words.skip("layer");
      return { at: "direction", name, layer: words.count("a layer") };
    }
    default: {
      const [layer, index] = words.dotted("unit");
      return { at: "unit", layer, index };
    }
  }
}

function parsePlaces(words: Words): Positions {
  words.skip("position");
  words.skip("positions");
  words.skip("token");
  const next = words.peek();
  if (next?.kind === "text") return { text: words.text("text") };
  if (next && /^\d/.test(next.value)) {
    const positions = words
      .list()
      .split(",")
      .filter(part => part !== "")
      .map(Number);
    if (positions.every(p => Number.isInteger(p) && p >= 0)) return positions;
  }
  return words.oneOf(["last", "all", "new"], 'after "at" comes a position, a text in quotes, or') as Positions;
}

/** The words of a sentence, one after the other. */
class Words {
  private readonly source: string;
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(source: string) {
    this.source = source;
    this.tokens = split(source);
  }

  peek(): Token | undefined {
    return this.tokens[this.at];
  }

  skip(word: string): boolean {
    const next = this.peek();
    const found = next?.kind === "word" && next.value === word;
    if (found) this.at++;
    return found;
  }

  expect(word: string): void {
    if (!this.skip(word)) throw this.problem(`"${word}" is expected`);
  }

  oneOf(choices: readonly string[], before: string): string {
    const next = this.peek();
    if (next?.kind === "word" && choices.includes(next.value)) {
      this.at++;
      return next.value;
    }
    const near = next ? nearest(next.value, choices)[0] : undefined;
    throw this.problem(`${before} ${choices.join(", ")}`, near ? `"${near}"` : undefined);
  }

  text(what: string): string {
    const next = this.peek();
    if (next?.kind !== "text") throw this.problem(`${what} is expected`);
    this.at++;
    return next.value;
  }

  number(): number {
    const next = this.peek();
    const value = next?.kind === "word" && next.value !== "" ? Number(next.value.replace("−", "-")) : Number.NaN;
    if (!Number.isFinite(value)) throw this.problem("a number is expected");
    this.at++;
    return value;
  }

  count(what: string): number {
    const next = this.peek();
    if (next?.kind !== "word" || !/^\d+$/.test(next.value)) throw this.problem(`${what} is expected`);
    this.at++;
    return Number(next.value);
  }

  dotted(what: string): [number, number] {
    const next = this.peek();
    const match = next?.kind === "word" ? /^(\d+)\.(\d+)$/.exec(next.value) : null;
    if (!match) throw this.problem(`a ${what} is written layer.number`, `${what} 12.345`);
    this.at++;
    return [Number(match[1]), Number(match[2])];
  }

  /** Numbers with commas, with or without spaces after them. */
  list(): string {
    let all = this.tokens[this.at++]!.value;
    while (all.endsWith(",") && this.peek()?.kind === "word") all += this.tokens[this.at++]!.value;
    return all;
  }

  end(): void {
    if (this.peek()) throw this.problem("the sentence should end here");
  }

  private problem(what: string, advice?: string): Problem {
    const next = this.peek();
    const place = next ? `where "${next.value}" stands` : "at its end";
    return new Problem(`${what} ${place}`, {
      where: `in the intervention ${this.source}`,
      advice: advice ?? 'a sentence like: scale unit 12.345 at "Dallas" by 0',
    });
  }
}

/** Words and quoted texts. Quotes are those of JSON; single ones will do. */
function split(source: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:("(?:[^"\\]|\\.)*")|'((?:[^'\\]|\\.)*)'|([^\s"']+))/gsy;
  let end = 0;
  for (let match = pattern.exec(source); match; match = pattern.exec(source)) {
    end = pattern.lastIndex;
    const [, double, single, word] = match;
    if (word !== undefined) tokens.push({ kind: "word", value: word });
    else
      tokens.push({
        kind: "text",
        value: double === undefined ? single!.replace(/\\(.)/gs, "$1") : unquote(double, source),
      });
  }
  if (source.slice(end).trim() !== "")
    throw new Problem(`a quote is opened and not closed: ${source.slice(end).trim()}`, {
      where: `in the intervention ${source}`,
      advice: "closing it",
    });
  return tokens;
}

function unquote(quoted: string, source: string): string {
  try {
    // Typed text may hold raw line breaks, which JSON does not take.
    return JSON.parse(quoted.replace(/\n/g, "\\n").replace(/\r/g, "\\r").replace(/\t/g, "\\t")) as string;
  } catch {
    throw new Problem(`the text ${quoted} cannot be read`, {
      where: `in the intervention ${source}`,
      advice: 'writing \\" for a quote and \\\\ for a backslash',
    });
  }
}
