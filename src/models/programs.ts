/**
 * The programs of one layer: the same two blocks, read in different ways. Nothing here is arithmetic; it only says
 * which reading has which ends.
 */
import { type Expr, input, type Outputs } from "../core/expr.ts";
import { freeze, recordedName } from "../core/readings/freeze.ts";
import { pullback } from "../core/readings/pullback.ts";
import { record, tapsOf } from "../core/readings/record.ts";
import { substitute } from "../core/readings/substitute.ts";
import { type AttentionInputs, attention, attentionInputs } from "./blocks/attention.ts";
import type { BlockContext } from "./blocks/context.ts";
import { read, write } from "./blocks/mlp.ts";

const stream = (context: BlockContext, name: string, batch: string | number = "batch"): Expr =>
  input(name, [batch, "token", context.config.dModel]);

/** `x` → `mid`, with keys and values for the cache, and the pattern. Earlier tokens come as `pastKeys`, `pastValues`. */
function attend(context: BlockContext): Outputs {
  const parts = attention(context, attentionInputs(context, true));
  return record({ mid: parts.mid, keys: parts.keys, values: parts.values }, ["pattern", "heads", "attention.out"]);
}

/** `x` → `hidden`, and what led to it. */
function readUnits(context: BlockContext): Outputs {
  const hidden = read(context, stream(context, "x"));
  return record(
    { hidden },
    [...tapsOf({ hidden }).keys()].filter(name => name !== "act"),
  );
}

/** `mid`, `hidden` → `out`. */
function writeUnits(context: BlockContext): Outputs {
  const out = write(context, stream(context, "mid"), input("hidden", ["batch", "token", context.config.dMlp]));
  return record({ out }, ["mlp.out", ...(context.config.family.postNorms ? ["postNorm2.scale"] : [])]);
}

/**
 * What attention passes through on the prompt itself, whose residual stream is `x0` [1, token, dModel]. Worked out again
 * from `x0` rather than kept, so nothing grows with tokens².
 */
function onPrompt(context: BlockContext, given: AttentionInputs): ReadonlyMap<string, Expr> {
  return tapsOf({ mid: attention(context, { ...given, x: stream(context, "x0", 1) }).mid });
}

/** A frozen program with its constants worked out from the prompt's taps. */
function held(outputs: Outputs, taps: ReadonlyMap<string, Expr>): Outputs {
  return substitute(outputs, Object.fromEntries([...taps].map(([name, e]) => [recordedName(name), e])));
}

/** Attention with everything but `x` held at what it was for `x0`. */
function attendFrozen(context: BlockContext): Outputs {
  const given = attentionInputs(context, false);
  const frozen = freeze({ mid: attention(context, given).mid }, new Set(["x"]), "batch");
  return held(frozen, onPrompt(context, given));
}

/**
 * Attention whose pattern is the prompt's, worked out from `x0` [1, token, dModel]; norms, values and output are live.
 * What the field calls frozen attention in an intervention.
 */
function attendOnPattern(context: BlockContext): Outputs {
  const given = attentionInputs(context, false);
  const live = attention(context, given);
  const heads = tapsOf({ mid: live.mid }).get("heads")!;
  const pattern = onPrompt(context, given).get("pattern")!;
  return {
    ...substituteTap({ mid: live.mid, heads }, "pattern", pattern),
    keys: live.keys,
    values: live.values,
  };
}

/** `heads` [batch, token, heads * dHead], what each head mixed, and `x` → `mid`. */
function attendOut(context: BlockContext): Outputs {
  const { heads, dHead } = context.config;
  const parts = attention(context, attentionInputs(context, false));
  return substituteTap({ mid: parts.mid }, "heads", input("heads", ["batch", "token", heads * dHead]));
}

/** `pull` on mid [target, token, dModel] → the pull on x. `target` is the batch. */
function attendPull(context: BlockContext): Outputs {
  const given = attentionInputs(context, false);
  const frozen = freeze({ mid: attention(context, given).mid }, new Set(["x"]), "batch");
  const [pulled] = pullback([[frozen.mid!, stream(context, "pull")]], [given.x]);
  return held({ pulled: pulled! }, onPrompt(context, given));
}

/** `pull` on mid → the pull on each head's mix before the output projection, and the prompt's pattern. */
function headsPull(context: BlockContext): Outputs {
  const given = attentionInputs(context, false);
  const parts = attention(context, given);
  const joined = tapsOf({ mid: parts.mid }).get("heads")!;
  // Only what lies above the mix is read: from there on the block is linear.
  const open = input("mix", joined.shape);
  const above = freeze(substituteTap({ wrote: parts.wrote }, "heads", open), new Set(["mix"]), "batch");
  const [pulled] = pullback([[above.wrote!, stream(context, "pull")]], [open]);
  const taps = onPrompt(context, given);
  return {
    ...held({ pulled: pulled! }, taps),
    pattern: taps.get("pattern")!,
    "norm1.scale": taps.get("norm1.scale")!,
  };
}

/** `pull` on out → the pull on each unit; a norm after the MLP has its recorded scale. */
function downPull(context: BlockContext): Outputs {
  const hidden = input("hidden", ["batch", "token", context.config.dMlp]);
  const frozen = freeze({ out: write(context, stream(context, "mid"), hidden) }, new Set(["mid", "hidden"]), "batch");
  const [pulled] = pullback([[frozen.out!, stream(context, "pull")]], [hidden]);
  return { pulled: pulled! };
}

/** The MLP's write with the prompt's norm scale: for what its biases write. */
function writeFrozen(context: BlockContext): Outputs {
  const hidden = input("hidden", ["batch", "token", context.config.dMlp]);
  return freeze({ out: write(context, stream(context, "mid"), hidden) }, new Set(["mid", "hidden"]), "batch");
}

/** `pull` on out, in runs whose units are `hidden` → the pull on the units, the norm after them held. */
function unitsPull(context: BlockContext): Outputs {
  const hidden = input("hidden", ["batch", "token", context.config.dMlp]);
  const out = write(context, stream(context, "mid"), hidden);
  return pulledFrozen({ out }, hidden, stream(context, "pull"));
}

/** `pull` on units, in runs whose MLP reads `x` → the pull on x, everything non-linear held (RelP). */
function readPull(context: BlockContext): Outputs {
  const x = stream(context, "x");
  return pulledFrozen({ out: read(context, x) }, x, input("pull", ["batch", "token", context.config.dMlp]));
}

/** The pull on `at` through `out` frozen on its own run: recorded values are worked out again from the same inputs. */
function pulledFrozen(outputs: { out: Expr }, at: Expr, pull: Expr): Outputs {
  const frozen = freeze(outputs, new Set([String(at.attrs.name), "mid"]));
  const [pulled] = pullback([[frozen.out!, pull]], [at]);
  const constants = Object.fromEntries([...tapsOf(outputs)].map(([name, e]) => [recordedName(name), e]));
  return substitute({ pulled: pulled! }, constants);
}

/** `unitsPull` with the true derivative. */
function unitsGradient(context: BlockContext): Outputs {
  const hidden = input("hidden", ["batch", "token", context.config.dMlp]);
  const out = write(context, stream(context, "mid"), hidden);
  return { pulled: pullback([[out, stream(context, "pull")]], [hidden])[0]! };
}

/** `readPull` with the true derivative. */
function readGradient(context: BlockContext): Outputs {
  const x = stream(context, "x");
  const pull = input("pull", ["batch", "token", context.config.dMlp]);
  return { pulled: pullback([[read(context, x), pull]], [x])[0]! };
}

/** `pull` on mid, in runs whose stream is `x` → the true pull on x, through queries, keys and values. */
function attendGradient(context: BlockContext): Outputs {
  const given = attentionInputs(context, false);
  return { pulled: pullback([[attention(context, given).mid, stream(context, "pull")]], [given.x])[0]! };
}

function substituteTap(outputs: Outputs, name: string, by: Expr): Outputs {
  const replaced = new Map<Expr, Expr>();
  const visit = (e: Expr): Expr => {
    const had = replaced.get(e);
    if (had) return had;
    const next =
      e.op === "tap" && e.attrs.name === name ? by : e.args.length === 0 ? e : { ...e, args: e.args.map(visit) };
    replaced.set(e, next);
    return next;
  };
  return Object.fromEntries(Object.entries(outputs).map(([key, e]) => [key, visit(e)]));
}

export const programs = {
  attend,
  read: readUnits,
  write: writeUnits,
  attendFrozen,
  attendOnPattern,
  attendOut,
  attendPull,
  headsPull,
  downPull,
  writeFrozen,
  unitsPull,
  readPull,
  unitsGradient,
  readGradient,
  attendGradient,
} satisfies Record<string, (context: BlockContext) => Outputs>;

export type ProgramName = keyof typeof programs;

/** Readings that are one and the same program in this model: without a norm after it, an MLP's write is linear. */
export function sameProgram(name: ProgramName, context: BlockContext): ProgramName {
  const linear = !context.config.family.postNorms;
  return linear && (name === "unitsPull" || name === "unitsGradient") ? "downPull" : name;
}
