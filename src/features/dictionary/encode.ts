/**
 * Encoding: which features of a layer are active on what it reads. The encoder passes by once, a piece of its file at a
 * time; memory is a piece and, where the file keeps the matrix turned, one number a position and feature.
 */
import { Problem } from "../../core/problem.ts";
import type { DictionaryLayer } from "../../formats/dictionaries/dictionary.ts";
import { checkFinite, rowsAtOnce, Scratch } from "../../formats/dictionaries/matrix.ts";
import type { Product } from "./product.ts";
import { type Active, Selection } from "./select.ts";

export interface EncodeOptions {
  /** Positions at the start that are left silent. */
  readonly silent?: number;
  /** For pieces of the encoder: for whoever encodes layer after layer. */
  readonly scratch?: Scratch | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param x [n, dModel] what the layer reads, at its hook: a prompt's positions, or any other rows
 * Throws a Problem for an encoder that holds NaN.
 */
export async function encode(
  layer: DictionaryLayer,
  x: Float32Array<ArrayBuffer>,
  product: Product,
  options: EncodeOptions = {},
): Promise<Active> {
  const { dModel, features, encoder, encoderBias } = layer;
  const n = x.length / dModel;
  const seen = centred(layer, x);
  const selection = new Selection(layer.activation, features, n);
  if (encoder.turned) {
    const pre = new Float32Array(n * features);
    for (let i = 0; i < n; i++) pre.set(encoderBias, i * features);
    const step = rowsAtOnce(features);
    for (let start = 0; start < dModel; start += step) {
      options.signal?.throwIfAborted();
      const end = Math.min(dModel, start + step);
      const piece = await encoder.read(start, end);
      checkFinite(encoder.name, piece, 0, piece.length);
      const part = new Float32Array(n * (end - start));
      for (let i = 0; i < n; i++) part.set(seen.subarray(i * dModel + start, i * dModel + end), i * (end - start));
      const partial = await product.byColumns(part, n, piece, features, end - start);
      for (let i = 0; i < pre.length; i++) pre[i]! += partial[i]!;
    }
    selection.add(0, features, pre);
  } else {
    const step = rowsAtOnce(dModel);
    const scratch = options.scratch ?? (step < features ? new Scratch() : undefined);
    const piece = scratch?.take(Math.min(step, features) * dModel);
    for (let start = 0; start < features; start += step) {
      options.signal?.throwIfAborted();
      const end = Math.min(features, start + step);
      const rows = await encoder.read(start, end, piece?.subarray(0, (end - start) * dModel));
      const pre = await product.byRows(seen, n, rows, end - start, dModel);
      // NaN in a row reaches every pre-activation of its feature, so they are looked at instead of the whole matrix.
      for (let j = 0; j < end - start; j++) {
        if (Number.isFinite(pre[j]!)) continue;
        checkFinite(encoder.name, rows, j * dModel, (j + 1) * dModel, start + j);
        throw new Problem(`feature ${start + j} reads ${pre[j]} at position 0`, { where: `at layer ${layer.layer}` });
      }
      for (let i = 0; i < n; i++)
        for (let j = 0; j < end - start; j++) pre[i * (end - start) + j]! += encoderBias[start + j]!;
      selection.add(start, end - start, pre);
    }
  }
  return selection.finish(options.silent);
}

/** What the encoder's rows are multiplied with. */
function centred({ centre, dModel }: DictionaryLayer, x: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  return centre ? x.map((v, i) => v - centre[i % dModel]!) : x;
}

/** skip · x for each row, [n, dModel], or undefined where there is no skip connection. */
export async function skipped(
  { skip, dModel }: DictionaryLayer,
  x: Float32Array<ArrayBuffer>,
  product: Product,
): Promise<Float32Array<ArrayBuffer> | undefined> {
  return skip && product.byRows(x, x.length / dModel, skip, dModel, dModel);
}
