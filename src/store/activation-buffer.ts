/**
 * A chunk of activations on disk, a file for each layer and side. A file is [batch][piece][rows / pieces][dModel] float32:
 * a piece is dealt out to all batches as it comes, and a batch is read in one stretch. What training/dictionary/chunks.ts
 * says is what is kept here; knows nothing of models.
 */
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ActivationRows } from "../training/dictionary/activation-rows.ts";
import type { Chunks } from "../training/dictionary/chunks.ts";
import { systemProblem } from "./system-problem.ts";

export class ActivationBuffer {
  private readonly folder: string;
  private readonly files: { readonly read: readonly FileHandle[]; readonly write: readonly FileHandle[] };
  private readonly chunks: Chunks;
  private readonly dModel: number;

  private constructor(folder: string, files: ActivationBuffer["files"], chunks: Chunks, dModel: number) {
    this.folder = folder;
    this.files = files;
    this.chunks = chunks;
    this.dModel = dModel;
  }

  /** In a folder of its own, which `remove` takes away. Throws a Problem when it cannot be written. */
  static async create(
    folder: string,
    layers: readonly number[],
    dModel: number,
    chunks: Chunks,
  ): Promise<ActivationBuffer> {
    try {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      const opened = (side: string) =>
        Promise.all(layers.map(layer => open(join(folder, `${side}.${layer}.f32`), "w+")));
      return new ActivationBuffer(folder, { read: await opened("read"), write: await opened("write") }, chunks, dModel);
    } catch (error) {
      throw systemProblem(error, folder, "write");
    }
  }

  /** Deals a shuffled piece out to the first `batches` batches. */
  async writePiece(piece: number, rows: ActivationRows, batches: number): Promise<void> {
    const { dModel, chunks } = this;
    const run = (chunks.rows / chunks.pieces) * dModel;
    try {
      for (const side of ["read", "write"] as const) {
        for (const [i, file] of this.files[side].entries()) {
          const data = rows[side][i]!;
          for (let batch = 0; batch < batches; batch++) {
            const at = (batch * chunks.rows * dModel + piece * run) * 4;
            await file.write(bytesOf(data.subarray(batch * run, (batch + 1) * run)), 0, run * 4, at);
          }
        }
      }
    } catch (error) {
      throw systemProblem(error, this.folder, "write");
    }
  }

  async readBatch(batch: number): Promise<ActivationRows> {
    const { dModel, chunks } = this;
    const size = chunks.rows * dModel;
    const side = (files: readonly FileHandle[]) =>
      Promise.all(
        files.map(async file => {
          const data = new Float32Array(size);
          await file.read(bytesOf(data), 0, size * 4, batch * size * 4);
          return data;
        }),
      );
    return { count: chunks.rows, read: await side(this.files.read), write: await side(this.files.write) };
  }

  async remove(): Promise<void> {
    for (const file of [...this.files.read, ...this.files.write]) await file.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

const bytesOf = (a: Float32Array): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
