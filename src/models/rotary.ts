/**
 * Rotary positions: how fast each pair of features turns, plain or scaled, from the config's words. The scalings are
 * those of transformers' `modeling_rope_utils`: linear, dynamic (Neural Tangent Kernel), YaRN (arXiv 2309.00071),
 * LongRoPE (arXiv 2402.13753) and Llama 3's.
 */
import { Problem } from "../core/problem.ts";
import { Settings } from "./config.ts";

export interface Rotary {
  /** Features of a head that turn (the rest stay); pairs are (i, i + dims / 2). */
  readonly dims: number;
  /** [dims / 2] radians a position, for a prompt of this many tokens. */
  frequencies(tokens: number): Float64Array;
  /** Cosines and sines are multiplied by this. */
  readonly magnitude: number;
}

/** The rotary settings of a layer. `sliding` layers may turn with a base of their own. */
export function rotaryOf(settings: Settings, sliding: boolean, dHead: number): Rotary {
  const local = sliding ? settings.number("rope_local_base_freq") : undefined;
  const newer = settings.within("rope_parameters");
  const scaling =
    newer?.within(sliding ? "sliding_attention" : "full_attention") ??
    newer ??
    (local === undefined ? settings.within("rope_scaling") : undefined) ??
    new Settings({});
  const base = local ?? scaling.number("rope_theta") ?? settings.number("rope_theta", "rotary_emb_base") ?? 10_000;
  const share = scaling.number("partial_rotary_factor") ?? settings.number("partial_rotary_factor", "rotary_pct") ?? 1;
  const dims = Math.trunc(dHead * share);
  if (dims < 2 || dims % 2 !== 0 || dims > dHead) {
    throw new Problem(`rotary positions would turn ${dims} of a head's ${dHead} features; an even number is needed`);
  }
  const context = settings.number("max_position_embeddings") ?? 2048;
  return { dims, ...scaled(scaling, base, dims, context) };
}

const plain = (base: number, dims: number): Float64Array =>
  Float64Array.from({ length: dims / 2 }, (_, i) => base ** ((-2 * i) / dims));

function scaled(
  rope: Settings,
  base: number,
  dims: number,
  context: number,
): Pick<Rotary, "frequencies" | "magnitude"> {
  const type = rope.text("rope_type") ?? rope.text("type") ?? "default";
  const factor = rope.number("factor") ?? 1;
  const original = rope.number("original_max_position_embeddings") ?? context;
  const fixed = (frequencies: Float64Array, magnitude = 1) => ({ frequencies: () => frequencies, magnitude });
  switch (type) {
    case "default":
      return fixed(plain(base, dims));
    case "linear":
      return fixed(plain(base, dims).map(f => f / factor));
    case "dynamic":
      return {
        magnitude: 1,
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
      const stretch = rope.number("factor") ?? context / original;
      const magnitude =
        rope.number("attention_factor") ?? (stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(original)));
      return {
        magnitude,
        frequencies: tokens => {
          const by = rope.list(tokens > original ? "long_factor" : "short_factor");
          if (by?.length !== dims / 2)
            throw new Problem(`config.json lists ${by?.length ?? 0} rotary factors for ${dims / 2} pairs`);
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
  const fast = rope.number("beta_fast") ?? 32;
  const slow = rope.number("beta_slow") ?? 1;
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
