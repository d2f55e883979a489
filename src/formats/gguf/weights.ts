/**
 * A GGUF file's tensors under the names, shapes and numbers of the Hugging Face checkpoint that it was made from:
 * dequantised, query and key rows back in rotate-half order, Gemma's gains without the added 1.
 *
 * Reads whole blocks and only those that the asked rows need. Knows nothing of what the tensors are for.
 */
import { Problem } from "../../core/problem.ts";
import type { Bytes } from "../bytes.ts";
import { pieceBytes, type Rows, rowsOf, tensorNamed } from "../rows.ts";
import type { TensorInfo, Weights } from "../weights.ts";
import { type Architecture, architectures, beside, type Change, placeOf } from "./architectures.ts";
import type { BlockType } from "./blocks/block-type.ts";
import { blockType, blockTypeName, blockTypes } from "./blocks/table.ts";
import type { GgufHeader, GgufTensor } from "./header.ts";
import { architectureOf, numberAt, requiredCount } from "./metadata.ts";

export interface GgufEntry extends TensorInfo {
  readonly block: BlockType;
  /** First byte in the file. */
  readonly from: number;
  readonly change: Change | undefined;
  /** The file's own name. */
  readonly original: string;
}

/** The row of the file that holds row `r` of the checkpoint. */
type RowMap = (r: number) => number;

/** The table row of the file's architecture, or a Problem that lists those which Lucida reads. */
export function knownArchitecture(header: GgufHeader): Architecture {
  const name = architectureOf(header);
  if (Object.hasOwn(architectures, name)) return architectures[name]!;
  throw new Problem(`the architecture ${JSON.stringify(name.slice(0, 60))} is not one that Lucida reads`, {
    where: `in ${header.name}`,
    advice: `a model of one of these: ${Object.keys(architectures).join(", ")}`,
  });
}

/** The weights of a GGUF file whose header has been read. Throws for tensors it cannot place, read or find in the file. */
export function ggufWeights(
  file: Bytes,
  header: GgufHeader,
): Weights & { readonly tensors: ReadonlyMap<string, GgufEntry> } {
  const architecture = knownArchitecture(header);
  const prefix = architectureOf(header);
  const parts = numberAt(header, "split.count") ?? 1;
  if (parts > 1)
    throw new Problem(`this file is one of ${parts} parts of a model`, {
      where: `in ${file.name}`,
      advice: "joining them with `llama-gguf-split --merge`",
    });
  const tensors = new Map<string, GgufEntry>();
  for (const tensor of header.tensors) {
    const entry = entryOf(tensor, architecture, file);
    if (entry) tensors.set(entry.name, entry);
  }
  checkOverlap([...tensors.values()], file);
  const heads = requiredCount(header, `${prefix}.attention.head_count`);
  const keyHeads = numberAt(header, `${prefix}.attention.head_count_kv`) ?? heads;

  /** The order of rows that the converter chose, undone; undefined when it left them as they were. */
  function rowMap(entry: GgufEntry): RowMap | undefined {
    const rows = entry.shape[0] ?? 1;
    switch (entry.change) {
      case "query-rows":
        return interleaved(entry, rows, heads);
      case "key-rows":
        return interleaved(entry, rows, keyHeads);
      case "fused-rows": {
        const width = whole(entry, rows, 3 * heads);
        return r => {
          const head = Math.floor(r / (3 * width));
          const within = r - head * 3 * width;
          const part = Math.floor(within / width);
          return (part * heads + head) * width + (within - part * width);
        };
      }
      case "plus-one":
      case "transposed":
      case undefined:
        return undefined;
    }
  }

  function whole(entry: GgufEntry, rows: number, parts: number): number {
    const width = rows / parts;
    if (Number.isInteger(width) && width > 0) return width;
    throw new Problem(`${entry.original} has ${rows} rows, which do not divide into ${parts} heads`, {
      where: `in ${file.name}`,
    });
  }

  function interleaved(entry: GgufEntry, rows: number, count: number): RowMap {
    const half = whole(entry, rows, 2 * count);
    return r => {
      const within = r % (2 * half);
      return r - within + (within < half ? 2 * within : 2 * (within - half) + 1);
    };
  }

  return {
    tensors,
    precision: precisionOf([...tensors.values()]),
    async read(name, options) {
      const entry = tensorNamed(tensors, name, file.name);
      const rows = rowsOf(entry, options);
      if (entry.change === "transposed" && entry.shape.length === 2) await readTransposed(file, entry, rows);
      else if (entry.shape.length < 2) await readVector(file, entry, rows, rowMap(entry));
      else await readRows(file, entry, rows, rowMap(entry));
      if (entry.change === "plus-one") {
        const count = (rows.end - rows.start) * rows.width;
        for (let i = 0; i < count; i++) rows.into[i]! -= 1;
      }
      return rows.into;
    },
  };
}

function entryOf(tensor: GgufTensor, architecture: Architecture, file: Bytes): GgufEntry | undefined {
  const where = `in ${file.name}`;
  if (beside.test(tensor.name)) return undefined;
  const place = placeOf(architecture, tensor.name);
  if (!place)
    throw new Problem(
      `the tensor ${JSON.stringify(tensor.name.slice(0, 80))} has no place in a plain ${architecture.modelType} model`,
      { where, advice: "a dense model of that family: experts and extra projections are not read yet" },
    );
  const block = blockType(tensor.type);
  if (!block)
    throw new Problem(
      `the tensor ${tensor.name} has the block type ${blockTypeName(tensor.type)}, which Lucida does not read`,
      {
        where,
        advice: `a file in one of these: ${blockTypes.map(type => type.name).join(", ")}`,
      },
    );
  const count = tensor.dims.reduce((product, n) => product * n, 1);
  if (count === 0)
    throw new Problem(`the tensor ${tensor.name} is ${tensor.dims.join(" by ")} and holds nothing`, { where });
  const row = tensor.dims[0] ?? 1;
  if (row % block.weights !== 0)
    throw new Problem(
      `the tensor ${tensor.name} has rows of ${row}, not whole ${block.name} blocks of ${block.weights}`,
      { where },
    );
  const end = tensor.start + (count / block.weights) * block.bytes;
  if (!(end <= file.size))
    throw new Problem(`the tensor ${tensor.name} ends at byte ${end}, but the file has ${file.size}`, {
      where,
      advice: "fetching the file again: it looks cut short",
    });
  const shape = [...tensor.dims].reverse();
  if (place.change === "transposed" && shape.length === 2) shape.reverse();
  return {
    name: place.name,
    shape,
    type: block.name,
    block,
    from: tensor.start,
    change: place.change,
    original: tensor.name,
  };
}

const bytesOf = (entry: GgufEntry): number =>
  (entry.shape.reduce((product, n) => product * n, 1) / entry.block.weights) * entry.block.bytes;

function checkOverlap(entries: GgufEntry[], file: Bytes): void {
  const ordered = [...entries].sort((a, b) => a.from - b.from);
  for (let i = 1; i < ordered.length; i++) {
    const before = ordered[i - 1]!;
    if (ordered[i]!.from < before.from + bytesOf(before))
      throw new Problem(`the tensors ${before.original} and ${ordered[i]!.original} lie over each other`, {
        where: `in ${file.name}`,
      });
  }
}

/** Rows in the checkpoint's order. With a row map the smallest span of the file that holds them is read. */
async function readRows(file: Bytes, entry: GgufEntry, rows: Rows, map: RowMap | undefined): Promise<void> {
  const { block } = entry;
  const { start, end, width, into } = rows;
  const blocks = width / block.weights;
  const rowBytes = blocks * block.bytes;
  const step = Math.max(1, Math.floor(pieceBytes / rowBytes));
  for (let first = start; first < end; first += step) {
    const last = Math.min(first + step, end);
    if (!map) {
      const data = await file.read(entry.from + first * rowBytes, entry.from + last * rowBytes);
      block.dequantise(data, 0, blocks * (last - first), into, (first - start) * width);
      continue;
    }
    let low = Number.POSITIVE_INFINITY;
    let high = 0;
    for (let r = first; r < last; r++) {
      low = Math.min(low, map(r));
      high = Math.max(high, map(r));
    }
    const data = await file.read(entry.from + low * rowBytes, entry.from + (high + 1) * rowBytes);
    for (let r = first; r < last; r++)
      block.dequantise(data, (map(r) - low) * rowBytes, blocks, into, (r - start) * width);
  }
}

/** A vector's blocks do not end at elements that were asked for, so all of it is read: it is one row of a matrix. */
async function readVector(file: Bytes, entry: GgufEntry, rows: Rows, map: RowMap | undefined): Promise<void> {
  const count = entry.shape[0] ?? 1;
  const all = new Float32Array(count);
  const data = await file.read(entry.from, entry.from + bytesOf(entry));
  entry.block.dequantise(data, 0, count / entry.block.weights, all, 0);
  for (let i = rows.start; i < rows.end; i++) rows.into[i - rows.start] = all[map ? map(i) : i]!;
}

/** The checkpoint's [in, out] from the file's [out, in]: its rows are columns here, so every row of the file is read. */
async function readTransposed(file: Bytes, entry: GgufEntry, rows: Rows): Promise<void> {
  const [inner, outer] = entry.shape as [number, number];
  const blocks = inner / entry.block.weights;
  const rowBytes = blocks * entry.block.bytes;
  const row = new Float32Array(inner);
  const step = Math.max(1, Math.floor(pieceBytes / rowBytes));
  for (let first = 0; first < outer; first += step) {
    const last = Math.min(first + step, outer);
    const data = await file.read(entry.from + first * rowBytes, entry.from + last * rowBytes);
    for (let out = first; out < last; out++) {
      entry.block.dequantise(data, (out - first) * rowBytes, blocks, row, 0);
      for (let i = rows.start; i < rows.end; i++) rows.into[(i - rows.start) * outer + out] = row[i]!;
    }
  }
}

/** "Q4_1, F32 (dequantised)": the block types by the weights that they hold, most first. */
function precisionOf(entries: GgufEntry[]): string {
  const held = new Map<string, number>();
  for (const { type, shape } of entries)
    held.set(type, (held.get(type) ?? 0) + shape.reduce((product, n) => product * n, 1));
  const names = [...held.entries()].sort((a, b) => b[1] - a[1]).map(([type]) => type);
  return names.join(", ") + (names.some(name => name.startsWith("Q")) ? " (dequantised)" : "");
}
