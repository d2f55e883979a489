/** Small functions in two syntaxes, with or without one mistake; the result is "ok", or what went wrong. */
import { line } from "../line.ts";
import type { Random } from "../random.ts";
import { heldOut } from "../split.ts";
import type { Draft, Task } from "../task.ts";

const functions = "add mix join move pack send turn scan load save".split(" ");
/** Names of variables. Of 22, which one stands where it must not is hardly learnt. */
const letters = "a b n x y z".split(" ");
const syntaxes = {
  py: "def {f}({a}, {b}):\n  return {left} {op} {right}\n{f}({x}, {y})\nresult:|{answer}|",
  js: "function {f}({a}, {b}) {open}\n  return {left} {op} {right};\n{close}\n{f}({x}, {y});\nresult:|{answer}|",
} as const;
type Mistake = "none" | "name" | "zero" | "empty" | "call";
const says: Record<Mistake, string> = {
  none: " ok",
  name: " error, unknown name",
  zero: " error, division by zero",
  empty: " error, nothing given",
  call: " error, unknown function",
};
const mistakes: readonly Mistake[] = ["name", "zero", "empty", "call"];
/** A wrong name is the hard one (three letters to compare), so it comes more often. */
const drawn: readonly Mistake[] = ["name", "name", "name", "call", "call", "zero", "empty"];

interface Code {
  syntax: keyof typeof syntaxes;
  f: string;
  names: readonly string[];
  op: string;
  x: number;
  y: number;
  spare: string;
}

/** The same code, with one token changed by the mistake: a contrast has the same length. */
function written({ syntax, f, names, op, x, y, spare }: Code, mistake: Mistake) {
  const [a, b, c] = names as [string, string, string];
  const made = line(
    mistake === "call"
      ? syntaxes[syntax].replace("\n{f}(", "\n{called}(").replace("}\n{f}(", "}\n{called}(")
      : syntaxes[syntax],
    {
      f,
      called: spare,
      a,
      b,
      left: a,
      right: mistake === "name" ? c : b,
      op,
      x: mistake === "empty" ? (syntax === "py" ? "None" : "null") : x,
      // A zero alone is no mistake: it stands in sums and products too.
      y: mistake === "zero" ? 0 : op === "/" && y === 0 ? 1 : y,
      open: "{",
      close: "}",
      answer: says[mistake],
    },
  );
  return made;
}

function code(random: Random): Code {
  const [f, spare] = random.several(functions, 2) as [string, string];
  return {
    syntax: random.pick(["py", "js"] as const),
    f,
    spare,
    names: random.several(letters, 3),
    op: random.pick(["+", "-", "*", "/"]),
    x: random.between(1, 9),
    y: random.chance(0.25) ? 0 : random.between(1, 9),
  };
}

export const bugs: Task = {
  name: "bugs",
  title: "Whether a small function runs or fails, in two syntaxes.",
  share: 0.055,
  holdsOut: true,
  draw(random): Draft {
    const c = code(random);
    const mistake: Mistake = random.chance(0.5) ? "none" : random.pick(drawn);
    const withZero = mistake === "zero" ? { ...c, op: "/" } : c;
    return {
      ...written(withZero, mistake),
      // By what says nothing of the mistake: were one function never shown without one, "this function fails" would be
      // a sound conclusion and the wrong answer (so it was in the second specimen, 48 %).
      held: heldOut("code", `${c.syntax}/${c.names.slice(0, 2).join("")}/${c.op}`, 0.1),
      kind: `${c.syntax}:${mistake}`,
      foil: mistake === "none" ? " error" : " ok",
      contrast: r =>
        written(
          withZero,
          mistake === "none" ? r.pick(withZero.op === "/" ? mistakes : (["name", "empty", "call"] as const)) : "none",
        ),
    };
  },
};

/** Nothing but the names: what is read is one of the two, or it is not. */
const briefly = [
  "{f}({a}, {b}) reads {right}:|{answer}|",
  "def {f}({a}, {b}): return {left} {op} {right}\nresult:|{answer}|",
  "function {f}({a}, {b}) {open} return {left} {op} {right}; {close}\nresult:|{answer}|",
] as const;

/** Without brackets a name and what reads it are one token. */
const matching = "{f}: {a} {b} reads {right}:|{answer}|";
const manyLetters = "a b c d e f g h k m n p q r s t u v w x y z".split(" ");

function brief(random: Random, templates: readonly string[], others?: readonly string[]): Draft {
  const { f, op, names } = code(random);
  const [a, b, c] = (others ? random.several(others, 3) : names) as [string, string, string];
  const wrong = random.chance(0.5);
  const values = { f, a, b, left: a, right: wrong ? c : random.pick([a, b]), op, open: "{", close: "}" };
  return {
    ...line(random.pick(templates), { ...values, answer: says[wrong ? "name" : "none"] }),
    held: heldOut("code brief", `${a}${b}/${op}`, 0.1),
    kind: `brief:${wrong ? "name" : "none"}`,
  };
}

const halfOf = (short: (random: Random) => Draft): Task => ({
  ...bugs,
  draw: random => (random.chance(0.5) ? short(random) : bugs.draw(random)),
});

/** Half of it in brief, for training: which name is read and was not given, with little else to see. */
export const bugsInBrief = halfOf(random => brief(random, briefly));
/**
 * And of many letters, half of these to match. Six letters make 120 cases, which are learnt by heart; of 22 the names have to be
 * compared.
 */
export const bugsToCompare = halfOf(random => brief(random, random.chance(0.5) ? [matching] : briefly, manyLetters));
