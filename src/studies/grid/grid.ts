/**
 * A grid: a prompt template × rows of values × lists of values × hint on and off × seeds. Expanding it gives runs, each
 * with an id that says where in the grid it stands; ids do not change when rows are added at the end.
 */
import { Problem } from "../../core/problem.ts";
import { parseIntervention } from "../../interventions/sentence.ts";
import type { BasisRef, Run } from "./run.ts";
import { fill, slotsOf } from "./template.ts";

export type Values = Readonly<Record<string, string>>;

export interface Grid extends Pick<Run, "kind" | "chat" | "top" | "attention" | "generate" | "units"> {
  /** Left out where each row brings its own prompt. Slots are filled from rows and lists. */
  readonly template?: string | undefined;
  /** One run (or more) each. */
  readonly rows?: readonly GridRow[] | undefined;
  /** Lists by name; all combinations are run. */
  readonly lists?: Readonly<Record<string, readonly string[]>> | undefined;
  /** A template. Each run is done without and with it: where the prompt says {hint}, else before the prompt. */
  readonly hint?: string | undefined;
  readonly seeds?: readonly number[] | undefined;
  /** Named answers, as templates: { right: " {capital}" }. A row's own come on top. */
  readonly answers?: Values | undefined;
  /** Interventions, as sentences with slots; the runs then say before and after. */
  readonly set?: readonly string[] | undefined;
  /** A dictionary in place of the model's neurons. */
  readonly basis?: BasisRef | undefined;
  /** What a "trace" is asked; texts are templates. */
  readonly trace?: Run["trace"] | undefined;
}

/** Values by name, and what a row of a prompt list may say itself. */
export interface GridRow {
  readonly values: Values;
  readonly prompt?: string | readonly number[];
  readonly chat?: boolean;
  readonly answers?: Values;
  readonly versus?: string;
  readonly set?: readonly string[];
}

/** Enough for a hundred machines and a day; more than that is a slip. */
const mostRuns = 1_000_000;

/** Throws a Problem that names the row for whatever does not fit together. */
export function expand(grid: Grid): Run[] {
  const rows = grid.rows ?? [{ values: {} }];
  const lists = Object.entries(grid.lists ?? {});
  const hints = grid.hint === undefined ? [undefined] : [false, true];
  const seeds: readonly (number | undefined)[] = grid.seeds ?? [undefined];
  const count = rows.length * lists.reduce((n, [, l]) => n * l.length, 1) * hints.length * seeds.length;
  if (grid.units?.length && grid.kind !== "predict")
    throw new Problem("activations are read where the next token is predicted", {
      advice: "lucida predict … --unit 3.12",
    });
  if (count === 0) throw new Problem("the grid has no runs: a list of values or seeds is empty");
  if (count > mostRuns) {
    throw new Problem(`the grid has ${count} runs, ${mostRuns} are the most`, {
      advice: "fewer values, or several grids",
    });
  }
  const runs: Run[] = [];
  for (const [r, row] of rows.entries()) {
    for (const { id, values } of combinations(lists)) {
      const all = { ...row.values, ...values };
      for (const hint of hints) {
        for (const seed of seeds) {
          const name = [`r${r}`, ...id, ...(hint ? ["hint"] : []), ...(seed === undefined ? [] : [`s${seed}`])].join(
            ".",
          );
          runs.push(inRow(r, () => runOf(grid, row, all, name, hint, seed)));
        }
      }
    }
  }
  return runs;
}

/** Every choice of one value from each list, the last list turning fastest. */
function combinations(lists: readonly (readonly [string, readonly string[]])[]): { id: string[]; values: Values }[] {
  let all: { id: string[]; values: Values }[] = [{ id: [], values: {} }];
  for (const [name, list] of lists) {
    all = all.flatMap(({ id, values }) =>
      list.map((value, i) => ({ id: [...id, `${name}${i}`], values: { ...values, [name]: value } })),
    );
  }
  return all;
}

function runOf(
  grid: Grid,
  row: GridRow,
  values: Values,
  id: string,
  hint: boolean | undefined,
  seed: number | undefined,
): Run {
  const answers = Object.entries({ ...grid.answers, ...row.answers }).map(([n, text]) => [n, fill(text, values)]);
  const set = [...(grid.set ?? []), ...(row.set ?? [])].map(text => parseIntervention(fill(text, values)));
  const versus = row.versus ?? grid.trace?.versus;
  const trace = grid.trace && {
    ...grid.trace,
    ...(versus === undefined ? {} : { versus: typeof versus === "string" ? fill(versus, values) : versus }),
    ...(grid.trace.target === undefined ? {} : { target: fill(grid.trace.target, values) }),
    ...(grid.trace.foil === undefined ? {} : { foil: fill(grid.trace.foil, values) }),
  };
  const chat = row.chat ?? grid.chat;
  return {
    id,
    kind: grid.kind,
    prompt: promptFor(grid, row, values, hint),
    ...(chat ? { chat } : {}),
    ...(Object.keys(values).length > 0 ? { values } : {}),
    ...(hint === undefined ? {} : { hint }),
    ...(seed === undefined ? {} : { seed }),
    ...(answers.length > 0 ? { answers: Object.fromEntries(answers) } : {}),
    ...(grid.top === undefined ? {} : { top: grid.top }),
    ...(grid.units?.length ? { units: grid.units } : {}),
    // A run that speaks of no unit is the same in every basis.
    ...(grid.basis && (set.length > 0 || grid.units?.length || grid.kind === "trace") ? { basis: grid.basis } : {}),
    ...(set.length > 0 ? { set, attention: grid.attention ?? "live" } : {}),
    ...(grid.kind === "generate" && grid.generate ? { generate: grid.generate } : {}),
    ...(grid.kind === "trace" && trace ? { trace } : {}),
  };
}

function promptFor(grid: Grid, row: GridRow, values: Values, hint: boolean | undefined): string | readonly number[] {
  const said = hint && grid.hint !== undefined ? fill(grid.hint, values) : "";
  const template = grid.template ?? (typeof row.prompt === "string" ? undefined : row.prompt);
  if (typeof template === "object") {
    if (grid.hint !== undefined) throw new Problem("a prompt given as token ids cannot take a hint");
    return template;
  }
  if (template === undefined) {
    // A prompt of a list is a text, not a template: it may hold braces of its own.
    if (typeof row.prompt !== "string")
      throw new Problem("there is no prompt", { advice: 'a "prompt" in the row, or a template: "… {name} …"' });
    return said + row.prompt;
  }
  const places = slotsOf(template).includes("hint");
  const text = fill(template, places ? { ...values, hint: said } : values);
  return places ? text : said + text;
}

function inRow<T>(row: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const where = [`in row ${row + 1}`, error.where].filter(Boolean).join(", ");
    throw new Problem(error.message, { where, advice: error.advice, cause: error });
  }
}
