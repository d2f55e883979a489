/**
 * A trainer's state as one safetensors file, and back. What a run was asked for is kept beside it, so that it is not
 * taken up again as another run by mistake. Knows bytes, no disk.
 */
import { Problem } from "../core/problem.ts";
import type { Bytes } from "../formats/bytes.ts";
import { readSafetensorsHeader, safetensors } from "../formats/safetensors.ts";
import { type OutgoingTensor, writeSafetensors } from "../formats/write-safetensors.ts";

/** What can be saved and taken up again: the decoder's trainer, a dictionary's. */
export interface Resumable {
  readonly step: number;
  readonly settings: object;
  state(): OutgoingTensor[];
}

export interface Checkpoint<Settings> {
  readonly step: number;
  readonly settings: Settings;
  /** What else the run is made of: size, vocabulary, corpus. Compared as text. */
  readonly run: string;
  read(name: string): Promise<Float32Array<ArrayBuffer>>;
}

/** The file's pieces, to be written beside and renamed. The trainer must not step until they are written. */
export function checkpointOf(trainer: Resumable, run: string): Iterable<Uint8Array<ArrayBuffer>> {
  return writeSafetensors(trainer.state(), "F32", {
    "lucida.step": String(trainer.step),
    "lucida.settings": JSON.stringify(trainer.settings),
    "lucida.run": run,
  });
}

/** Throws a Problem for a file that is not one of ours. */
export async function openCheckpoint<Settings>(file: Bytes): Promise<Checkpoint<Settings>> {
  const { metadata } = await readSafetensorsHeader(file);
  const settings = metadata.get("lucida.settings");
  const step = Number(metadata.get("lucida.step"));
  if (settings === undefined || !Number.isInteger(step)) {
    throw new Problem("this is not a checkpoint of a training run", { where: `in ${file.name}` });
  }
  const weights = await safetensors(file);
  return {
    step,
    settings: JSON.parse(settings) as Settings,
    run: metadata.get("lucida.run") ?? "",
    read: name => weights.read(name),
  };
}
