/** Makes the edits of one run whose arrays may begin at any position, stage by stage. */
import { internal } from "../core/problem.ts";
import type { InterventionContext } from "./context.ts";
import type { Compiled, FeatureEdit, Floats, RowStage } from "./edits/edit.ts";
import type { Seen } from "./live-features.ts";
import type { Places } from "./places.ts";
import { holdsNorms } from "./variants.ts";

interface Pending {
  readonly row: number;
  readonly vector: Floats;
  readonly delta: number;
}

/** The changes of one run whose arrays begin at position `start`. */
export class Editor {
  private readonly compiled: Compiled;
  private readonly context: InterventionContext;
  private readonly start: number;
  private readonly pending = new Map<number, Pending[]>();
  private readonly passed = new Map<number, Floats>();
  private seen: Floats | undefined;

  constructor(compiled: Compiled, context: InterventionContext, start: number) {
    this.compiled = compiled;
    this.context = context;
    this.start = start;
  }

  private applies(places: Places, position: number): boolean {
    return places.positions.has(position) || (places.generated && position >= this.context.recording.tokens);
  }

  rows(stage: RowStage, layer: number, data: Floats, width: number): void {
    for (const edit of this.compiled.rows) {
      if (edit.layer !== layer || edit.stage !== stage) continue;
      for (let row = 0; row < data.length / width; row++) {
        const position = this.start + row;
        if (this.applies(edit.places, position)) edit.change(data.subarray(row * width, (row + 1) * width), position);
      }
    }
  }

  /** What the layer's MLP will read. Where its output is held, a bypass of its features is not. */
  async sees(layer: number, stream: Floats, held: boolean): Promise<void> {
    this.seen = stream;
    const { features, recording } = this.context;
    if (!held || !features || this.start > 0) return;
    const normsHeld = holdsNorms(recording.model, this.compiled.mode);
    const passed = await features.bypass(recording, layer, stream, normsHeld);
    if (passed) this.passed.set(layer, passed);
  }

  async features(layer: number, tokens: number, taps: Readonly<Record<string, Floats>>): Promise<void> {
    const edits = this.compiled.features.filter(f => f.layer === layer);
    if (edits.length === 0) return;
    const live = this.context.features;
    if (!live || !this.seen) throw internal("features are changed without a dictionary");
    const seen: Seen = { stream: this.seen, taps };
    for (let row = 0; row < tokens; row++) {
      const here = edits.filter(f => this.applies(f.places, this.start + row));
      if (here.length === 0) continue;
      const current = await live.activations(
        layer,
        seen,
        row,
        here.map(f => f.index),
        this.start + row,
      );
      here.forEach((edit, i) => {
        this.put(edit, row, edit.value(current[i]!, this.start + row) - current[i]!);
      });
    }
  }

  private put(edit: FeatureEdit, row: number, delta: number): void {
    for (const { layer, vector } of edit.writes) {
      const had = this.pending.get(layer);
      const one = { row, vector, delta };
      if (had) had.push(one);
      else this.pending.set(layer, [one]);
    }
  }

  /** Adds what changed features write to the stream leaving the layer. */
  out(layer: number, out: Floats, constrained: boolean): void {
    const { dModel } = this.context.recording.model.config;
    if (constrained) {
      for (const edit of this.compiled.features) {
        if (edit.layer !== layer) continue;
        for (const [position, current] of edit.recorded) {
          const row = position - this.start;
          if (row >= 0 && row < out.length / dModel) this.put(edit, row, edit.value(current, position) - current);
        }
      }
    }
    for (const { row, vector, delta } of this.pending.get(layer) ?? [])
      for (let i = 0; i < dModel; i++) out[row * dModel + i]! += delta * vector[i]!;
    this.pending.delete(layer);
    this.passed.get(layer)?.forEach((v, i) => {
      out[i]! += v;
    });
    this.passed.delete(layer);
    this.rows("out", layer, out, dModel);
  }
}
