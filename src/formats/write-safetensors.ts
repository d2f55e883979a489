/** Tensors as the pieces of a safetensors file. The other half of `safetensors.ts`; knows no disk. */
import { internal } from "../core/problem.ts";
import { countOf } from "../core/shape.ts";
import { narrowHalf } from "./half.ts";

export interface OutgoingTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/**
 * The file's bytes, a tensor at a time: "F32" as they are, "F16" rounded to the nearest.
 * Throws `internal:` for a shape that its numbers do not fill.
 */
export function* writeSafetensors(
  tensors: readonly OutgoingTensor[],
  type: "F32" | "F16",
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array<ArrayBuffer>> {
  const header: Record<string, unknown> = { __metadata__: { format: "pt", ...metadata } };
  let at = 0;
  for (const { name, shape, data } of tensors) {
    if (countOf(shape) !== data.length) throw internal(`${data.length} numbers do not fill ${name} [${shape.join()}]`);
    const end = at + data.length * (type === "F32" ? 4 : 2);
    header[name] = { dtype: type, shape, data_offsets: [at, end] };
    at = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Padded with spaces to a multiple of eight, so that tensors lie aligned in the file.
  const length = Math.ceil(text.length / 8) * 8;
  const head = new Uint8Array(8 + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(text, 8);
  yield head;
  for (const { data } of tensors) {
    yield type === "F16" ? narrowHalf(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}
