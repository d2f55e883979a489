/**
 * What a GGUF block type is: so many weights in so many bytes, and how they become float32.
 */
export interface BlockType {
  /** As in the file's tensor table. */
  readonly id: number;
  readonly name: string;
  /** Weights in a block. */
  readonly weights: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** `blocks` blocks from byte `from` of `data` on, into `out` from element `to` on. */
  dequantise(data: Uint8Array, from: number, blocks: number, out: Float32Array, to: number): void;
}
