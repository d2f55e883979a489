/** F32, F16 and BF16: one weight a block. */
import { copySingle, widenBrain, widenHalf } from "../../half.ts";
import type { BlockType } from "./block-type.ts";

export const f32: BlockType = { id: 0, name: "F32", weights: 1, bytes: 4, dequantise: copySingle };
export const f16: BlockType = { id: 1, name: "F16", weights: 1, bytes: 2, dequantise: widenHalf };
export const bf16: BlockType = { id: 30, name: "BF16", weights: 1, bytes: 2, dequantise: widenBrain };
