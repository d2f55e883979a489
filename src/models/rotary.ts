/**
 * Rotary positions: how fast each pair of features turns, plain or scaled, from the config's words. The scalings are
 * those of transformers' `modeling_rope_utils`: linear, dynamic (Neural Tangent Kernel), YaRN (arXiv 2309.00071),
 * LongRoPE (arXiv 2402.13753) and Llama 3's.
 */
import { Problem } from "../core/problem.ts";
import { Settings } from "./config.ts";
import type { Family } from "./families.ts";

export interface Rotary {
  /** Features of a head that turn (the rest stay); pairs are (i, i + dims / 2). */
  readonly dims: number;
  /** Tokens that the scaling was made for, where its settings say so. */
  readonly reach: number | undefined;
  /** [dims / 2] radians a position, for a prompt of this many tokens. */
  frequencies(tokens: number): Float64Array;
  /** Cosines and sines are multiplied by this. */
  readonly magnitude: number;
}

/** The rotary settings of a layer. `sliding` layers may turn with a base of their own. */
export function rotaryOf(settings: Settings, family: Family, sliding: boolean, dHead: number): Rotary {
  const rope = family.rotaryByLayer ? layerSettings(settings, sliding) : modelSettings(settings, sliding);
  const share = rope.number("partial_rotary_factor") ?? settings.number("rotary_pct", "partial_rotary_factor") ?? 1;
  const turned = family.partialRotary ? Math.trunc(dHead * share) : dHead;
  // An odd number is rounded up to whole pairs, which still turn as if there were that odd number.
  const dims = 2 * Math.ceil(turned / 2);
  if (dims < 2 || dims > dHead) {
    throw new Problem(`a head has ${dHead} features, of which ${turned} should turn in pairs`, {
      advice: "checking head_dim, and the share of it that turns, in config.json",
    });
  }
  const context = settings.number("max_position_embeddings") ?? 2048;
  return { dims, ...scaled(rope, rope.number("rope_theta") ?? 10_000, turned, context) };
}

/** One kind of turning for the whole model. The older `rope_scaling` wins over `rope_parameters`. */
function modelSettings(settings: Settings, sliding: boolean): Settings {
  const older = settings.within("rope_scaling");
  const newer = settings.within("rope_parameters");
  const given =
    older && Object.keys(older.record).length > 0
      ? older
      : (newer?.within(sliding ? "sliding_attention" : "full_attention") ?? newer);
  const original = settings.number("original_max_position_embeddings");
  return new Settings({
    rope_theta: settings.number("rotary_emb_base", "rope_theta"),
    ...given?.record,
    ...(original === undefined ? {} : { original_max_position_embeddings: original }),
  });
}

/** Gemma 3: layers with a window turn with a base of their own; the older `rope_scaling` is for the others only. */
function layerSettings(settings: Settings, sliding: boolean): Settings {
  return new Settings({
    rope_theta: settings.number(sliding ? "rope_local_base_freq" : "rope_theta"),
    ...settings.within("rope_parameters")?.within(sliding ? "sliding_attention" : "full_attention")?.record,
    ...(sliding ? {} : settings.within("rope_scaling")?.record),
  });
}

/** Radians a position of each pair; an odd `dims` has a last pair too. */
const plain = (base: number, dims: number): Float64Array =>
  Float64Array.from({ length: Math.ceil(dims / 2) }, (_, i) => base ** ((-2 * i) / dims));

function scaled(
  rope: Settings,
  base: number,
  dims: number,
  context: number,
): Pick<Rotary, "frequencies" | "magnitude" | "reach"> {
  const type = rope.text("rope_type") ?? rope.text("type") ?? "default";
  const stated = rope.number("original_max_position_embeddings");
  const original = stated ?? context;
  const factor = rope.number("factor") ?? context / original;
  const reach = stated === undefined ? undefined : Math.round(stated * factor);
  const fixed = (frequencies: Float64Array, magnitude = 1) => ({ frequencies: () => frequencies, magnitude, reach });
  switch (type) {
    case "default":
      return fixed(plain(base, dims));
    case "linear":
      return fixed(plain(base, dims).map(f => f / factor));
    case "dynamic":
      return {
        magnitude: 1,
        reach: Math.round(context * factor),
        frequencies: tokens => {
          const longer = Math.max(tokens, context);
          return plain(base * ((factor * longer) / context - (factor - 1)) ** (dims / (dims - 2)), dims);
        },
      };
    case "llama3": {
      const low = rope.number("low_freq_factor") ?? 1;
      const high = rope.number("high_freq_factor") ?? 4;
      return fixed(
        plain(base, dims).map(f => {
          const wave = (2 * Math.PI) / f;
          if (wave > original / low) return f / factor;
          if (wave < original / high) return f;
          const smooth = (original / wave - low) / (high - low);
          return ((1 - smooth) * f) / factor + smooth * f;
        }),
      );
    }
    case "yarn":
      return fixed(...yarn(rope, base, dims, factor, original));
    case "longrope": {
      const magnitude =
        rope.number("attention_factor") ?? (factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original)));
      return {
        magnitude,
        reach,
        frequencies: tokens => {
          const by = rope.list(tokens > original ? "long_factor" : "short_factor");
          if (by?.length !== Math.ceil(dims / 2))
            throw new Problem(`config.json lists ${by?.length ?? 0} rotary factors for ${Math.ceil(dims / 2)} pairs`);
          return plain(base, dims).map((f, i) => f / Number(by[i]));
        },
      };
    }
    default:
      throw new Problem(`the rotary scaling "${type}" is not known here`, {
        advice: "a model with default, linear, dynamic, llama3, yarn or longrope scaling",
      });
  }
}

function yarn(rope: Settings, base: number, dims: number, factor: number, original: number): [Float64Array, number] {
  const fast = rope.number("beta_fast") || 32;
  const slow = rope.number("beta_slow") || 1;
  const dimOf = (turns: number) => (dims * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(base));
  const whole = rope.flag("truncate") ?? true;
  const low = Math.max(whole ? Math.floor(dimOf(fast)) : dimOf(fast), 0);
  let high = Math.min(whole ? Math.ceil(dimOf(slow)) : dimOf(slow), dims - 1);
  if (low === high) high += 0.001;
  const frequencies = plain(base, dims).map((f, i) => {
    const keep = 1 - Math.min(1, Math.max(0, (i - low) / (high - low)));
    return (f / factor) * (1 - keep) + f * keep;
  });
  const scaleFor = (by: number) => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  const mscale = rope.number("mscale");
  const all = rope.number("mscale_all_dim");
  return [
    frequencies,
    rope.number("attention_factor") ?? (mscale && all ? scaleFor(mscale) / scaleFor(all) : scaleFor(1)),
  ];
}

/** cos and sin [token, dims / 2] for these positions. */
export function rotaryTables(
  rotary: Rotary,
  positions: ArrayLike<number>,
  tokens: number,
): { cos: Float32Array<ArrayBuffer>; sin: Float32Array<ArrayBuffer> } {
  const frequencies = rotary.frequencies(tokens);
  const half = rotary.dims / 2;
  const cos = new Float32Array(positions.length * half);
  const sin = new Float32Array(positions.length * half);
  for (let p = 0; p < positions.length; p++) {
    for (let i = 0; i < half; i++) {
      const angle = positions[p]! * frequencies[i]!;
      cos[p * half + i] = Math.cos(angle) * rotary.magnitude;
      sin[p * half + i] = Math.sin(angle) * rotary.magnitude;
    }
  }
  return { cos, sin };
}
