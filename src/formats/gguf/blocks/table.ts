/**
 * The block types that Lucida reads, and the names of those that it does not (so that a refusal can say which).
 * To add one: a file beside this, a row here, a fixture in test/fixtures/gguf.
 */
import type { BlockType } from "./block-type.ts";
import { bf16, f16, f32 } from "./plain.ts";
import { q2_k } from "./q2-k.ts";
import { q3_k } from "./q3-k.ts";
import { q4_0 } from "./q4-0.ts";
import { q4_1 } from "./q4-1.ts";
import { q4_k } from "./q4-k.ts";
import { q5_0 } from "./q5-0.ts";
import { q5_1 } from "./q5-1.ts";
import { q5_k } from "./q5-k.ts";
import { q6_k } from "./q6-k.ts";
import { q8_0 } from "./q8-0.ts";

export const blockTypes: readonly BlockType[] = [
  f32,
  f16,
  bf16,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
];

const byId = new Map(blockTypes.map(type => [type.id, type]));

/** The block type of that number, or undefined when Lucida has none. */
export function blockType(id: number): BlockType | undefined {
  return byId.get(id);
}

const others: Record<number, string> = {
  9: "Q8_1",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  20: "IQ4_NL",
  21: "IQ3_S",
  22: "IQ2_S",
  23: "IQ4_XS",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  29: "IQ1_M",
  34: "TQ1_0",
  35: "TQ2_0",
  39: "MXFP4",
};

/** "IQ4_XS", or "type 77" for a number that has no name yet. */
export function blockTypeName(id: number): string {
  return byId.get(id)?.name ?? others[id] ?? `type ${id}`;
}
