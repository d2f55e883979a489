/** The recording reading: the same program, which also gives what passes through its taps. */
import { type Expr, nameOf, type Outputs, topological } from "../expr.ts";
import { internal } from "../problem.ts";

/** Every tap below the outputs, by name. Two taps of one name are a mistake. */
export function tapsOf(outputs: Outputs): Map<string, Expr> {
  const taps = new Map<string, Expr>();
  for (const e of topological(Object.values(outputs))) {
    if (e.op !== "tap") continue;
    if (taps.has(nameOf(e))) throw internal(`two taps are called "${nameOf(e)}"`);
    taps.set(nameOf(e), e);
  }
  return taps;
}

/** The outputs together with these taps (all of them when `names` is left out). */
export function record(outputs: Outputs, names?: readonly string[]): Outputs {
  const taps = tapsOf(outputs);
  const wanted = names ?? [...taps.keys()];
  const out: Record<string, Expr> = { ...outputs };
  for (const name of wanted) {
    const e = taps.get(name);
    if (!e) throw internal(`no tap is called "${name}"; there are ${[...taps.keys()].join(", ")}`);
    out[name] = e;
  }
  return out;
}
