/**
 * From interventions to code that changes a run: a variant of the prompt's run, or the stages of a generation.
 *
 * Each intervention becomes edits, one for each layer and stage it touches: a neuron is changed where it stands, in a
 * dictionary (new − current) × decoder is added after the MLP, so that what the dictionary did not explain stays.
 * Where MLP outputs are constrained, changes are counted from the recorded activations and written to the held output.
 */
import { internal } from "../core/problem.ts";
import { float32, tensor } from "../core/tensor.ts";
import { Places as MaskPlaces, type Stages } from "../models/forward.ts";
import type { Recording } from "../models/record.ts";
import {
  checkLayer,
  checkUnit,
  type InterventionContext,
  impossible,
  matching,
  membersOf,
  otherRun,
  vectorOf,
} from "./context.ts";
import type { Change, Intervention, InterventionSet } from "./intervention.ts";
import type { Seen } from "./live-features.ts";
import { type Places, placesOf } from "./places.ts";
import { sentence } from "./sentence.ts";
import type { UnitMember } from "./site.ts";
import { unitVariant } from "./unit-variant.ts";
import { UnitWrites } from "./unit-writes.ts";
import { holdsNorms, type Mode, type Variant } from "./variants.ts";

type Floats = Float32Array<ArrayBufferLike>;
type RowStage = "residual" | "heads" | "hidden" | "out";

/** Changes one position's numbers at one stage of one layer. */
interface RowEdit {
  readonly layer: number;
  readonly stage: RowStage;
  readonly places: Places;
  change(row: Floats, position: number): void;
}

/** Holds one feature of a dictionary at what `value` makes of its activation. */
interface FeatureEdit {
  readonly layer: number;
  readonly index: number;
  readonly places: Places;
  value(current: number, position: number): number;
  readonly writes: readonly { readonly layer: number; readonly vector: Floats }[];
  /** [position] activation in the recorded run, where MLP outputs are constrained. */
  readonly recorded: ReadonlyMap<number, number>;
}

export interface Compiled {
  readonly mode: Mode;
  readonly rows: readonly RowEdit[];
  readonly features: readonly FeatureEdit[];
}

/** Throws a Problem, naming the intervention, for whatever in it does not exist here. */
export async function compile(set: InterventionSet, context: InterventionContext): Promise<Compiled> {
  const { model } = context.recording;
  const { constrained } = set;
  if (constrained && !(constrained[0] >= 0 && constrained[0] <= constrained[1] && constrained[1] < model.layers)) {
    throw impossible(
      `MLP outputs cannot be held in layers ${constrained[0]} to ${constrained[1]}: the model has 0 to ${model.layers - 1}`,
      set.interventions[0]!,
    );
  }
  const mode: Mode = { attention: set.attention, ...(constrained ? { constrained } : {}) };
  const rows: RowEdit[] = [];
  const features: FeatureEdit[] = [];
  for (const intervention of set.interventions) {
    const compiled = await compileOne(intervention, mode, context);
    rows.push(...compiled.rows);
    features.push(...compiled.features);
  }
  return { mode, rows, features };
}

/** A change as a function of the current value; `other` is the other prompt's value. */
function changed(change: Change, other: (position: number) => number): (current: number, position: number) => number {
  switch (change.do) {
    case "scale":
      return current => current * change.by;
    case "set":
      return () => change.to;
    case "add":
      return current => current + change.by;
    case "swap":
      return (_, position) => other(position);
  }
}

async function compileOne(
  intervention: Intervention,
  mode: Mode,
  context: InterventionContext,
): Promise<{ rows: RowEdit[]; features: FeatureEdit[] }> {
  const { site } = intervention;
  const { recording } = context;
  const places = placesOf(intervention.positions, context.texts, `in the intervention ${sentence(intervention)}`);
  const other = intervention.do === "swap" ? await otherRun(context, intervention) : undefined;
  if (other && places.positions.size === 0)
    throw impossible("a new token has no counterpart in the other prompt", intervention, "positions of the prompt");
  const there = (position: number) => matching(recording, other!, position, intervention);
  // Counterparts are looked up here, so that a missing one is met before anything runs.
  if (other && site.at !== "supernode") for (const p of places.positions) there(p);
  const swapPlaces: Places = other ? { ...places, generated: false } : places;
  switch (site.at) {
    case "unit": {
      const units = [{ layer: site.layer, index: site.index, places: swapPlaces }];
      for (const position of swapPlaces.positions) checkUnit(context, { ...units[0]!, position }, intervention);
      if (swapPlaces.positions.size === 0)
        checkUnit(context, { ...units[0]!, position: recording.tokens }, intervention);
      return unitEdits(intervention, units, mode, context, other, there);
    }
    case "supernode": {
      const members = membersOf(context, site, intervention);
      for (const member of members) {
        checkUnit(context, member, intervention);
        if (other) there(member.position);
      }
      return unitEdits(intervention, members.map(ownPlace), mode, context, other, there);
    }
    case "direction":
      checkLayer(context, site.layer, intervention);
      return {
        rows: [directionEdit(intervention, site, swapPlaces, vectorOf(context, site, intervention), other, there)],
        features: [],
      };
    case "residual": {
      checkLayer(context, site.layer, intervention);
      return { rows: [residualEdit(intervention, site.layer, swapPlaces, other, there)], features: [] };
    }
    case "head": {
      checkLayer(context, site.layer, intervention);
      const { heads } = recording.model.config;
      if (site.head >= heads) {
        const advice = `head ${site.layer}.${heads - 1}`;
        throw impossible(
          `head ${site.layer}.${site.head} is not there: layers have heads 0 to ${heads - 1}`,
          intervention,
          advice,
        );
      }
      if (holdsNorms(recording.model, mode))
        throw impossible("a head cannot be changed while MLP outputs and norms of all layers are held", intervention);
      return { rows: [await headEdit(intervention, site, swapPlaces, recording, other, there)], features: [] };
    }
  }
}

const ownPlace = (member: UnitMember) => ({
  ...member,
  places: { positions: new Set([member.position]), generated: false },
});

async function unitEdits(
  intervention: Intervention,
  units: readonly { layer: number; index: number; places: Places }[],
  mode: Mode,
  context: InterventionContext,
  other: Recording | undefined,
  there: (position: number) => number,
): Promise<{ rows: RowEdit[]; features: FeatureEdit[] }> {
  const { recording } = context;
  const { dMlp } = recording.model.config;
  const rows: RowEdit[] = [];
  const features: FeatureEdit[] = [];
  const inside = (layer: number) => mode.constrained && layer >= mode.constrained[0] && layer <= mode.constrained[1];
  const writes = new UnitWrites(recording);
  for (const { layer, index, places } of units) {
    if (context.features) {
      const live = context.features;
      const others = new Map<number, number>();
      const recorded = new Map<number, number>();
      for (const p of places.positions) {
        if (other) others.set(p, (await live.recorded(other, layer, there(p), [index]))[0]!);
        if (inside(layer)) recorded.set(p, (await live.recorded(recording, layer, p, [index]))[0]!);
      }
      const written = await live.writes(layer, index);
      features.push({
        layer,
        index,
        places,
        value: changed(intervention, p => others.get(p) ?? 0),
        // Constrained, a cross-layer feature writes only where outputs are held.
        writes: inside(layer) ? written.filter(w => inside(w.layer)) : written,
        recorded,
      });
      continue;
    }
    const value = changed(intervention, p => other!.read[layer]!.hidden![there(p) * dMlp + index]!);
    if (!inside(layer)) {
      rows.push({
        layer,
        stage: "hidden",
        places,
        change(row, position) {
          row[index] = value(row[index]!, position);
        },
      });
      continue;
    }
    const vectors = new Map<number, Floats>();
    for (const p of places.positions) vectors.set(p, await writes.of(layer, p, index));
    rows.push({
      layer,
      stage: "out",
      places,
      change(row, position) {
        const vector = vectors.get(position);
        if (!vector) return;
        const current = recording.read[layer]!.hidden![position * dMlp + index]!;
        const delta = value(current, position) - current;
        for (let i = 0; i < row.length; i++) row[i]! += delta * vector[i]!;
      },
    });
  }
  return { rows, features };
}

function directionEdit(
  intervention: Intervention,
  site: { layer: number },
  places: Places,
  vector: Float64Array,
  other: Recording | undefined,
  there: (position: number) => number,
): RowEdit {
  const size = vector.reduce((sum, v) => sum + v * v, 0);
  const times = (row: ArrayLike<number>, at = 0) => vector.reduce((sum, v, i) => sum + v * row[at + i]!, 0) / size;
  const value = changed(intervention, p => times(other!.residual[site.layer]!, there(p) * vector.length));
  return {
    layer: site.layer,
    stage: "residual",
    places,
    change(row, position) {
      const current = times(row);
      const delta = value(current, position) - current;
      for (let i = 0; i < row.length; i++) row[i]! += delta * vector[i]!;
    },
  };
}

function residualEdit(
  intervention: Intervention,
  layer: number,
  places: Places,
  other: Recording | undefined,
  there: (position: number) => number,
): RowEdit {
  if (intervention.do === "add" || (intervention.do === "set" && intervention.to !== 0)) {
    throw impossible(
      "a number cannot stand for a whole residual stream",
      intervention,
      "a direction, or scale, set to 0, or swap",
    );
  }
  return {
    layer,
    stage: "residual",
    places,
    change(row, position) {
      if (intervention.do === "swap") {
        const at = there(position) * row.length;
        row.set(other!.residual[layer]!.subarray(at, at + row.length));
      } else {
        const by = intervention.do === "scale" ? intervention.by : 0;
        for (let i = 0; i < row.length; i++) row[i]! *= by;
      }
    },
  };
}

async function headEdit(
  intervention: Intervention,
  { layer, head }: { layer: number; head: number },
  places: Places,
  recording: Recording,
  other: Recording | undefined,
  there: (position: number) => number,
): Promise<RowEdit> {
  if (intervention.do === "add" || (intervention.do === "set" && intervention.to !== 0))
    throw impossible("a number cannot stand for what a head mixed", intervention, "scale, set to 0, or swap");
  const { dHead, heads } = recording.model.config;
  const mixed = other ? await headsOf(other, layer) : undefined;
  return {
    layer,
    stage: "heads",
    places,
    change(row, position) {
      const part = row.subarray(head * dHead, (head + 1) * dHead);
      if (intervention.do === "swap") {
        const at = (there(position) * heads + head) * dHead;
        part.set(mixed!.subarray(at, at + dHead));
      } else {
        const by = intervention.do === "scale" ? intervention.by : 0;
        for (let i = 0; i < part.length; i++) part[i]! *= by;
      }
    },
  };
}

/** [token, heads * dHead] what a recorded run's heads mixed. */
async function headsOf(recording: Recording, layer: number): Promise<Float32Array> {
  const { model, tokens, residual } = recording;
  const x = tensor([1, tokens, model.config.dModel], residual[layer]!);
  const program = await model.program("attendOnPattern", layer);
  const out = await program.run({ x, x0: x, ...new MaskPlaces(model, 0, tokens).of(layer) }, ["heads"]);
  return float32(out.heads);
}

interface Pending {
  readonly row: number;
  readonly vector: Floats;
  readonly delta: number;
}

/** The changes of one run whose arrays begin at position `start`. */
class Editor {
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

/** One run of the prompt under the interventions. */
export function variantOf(compiled: Compiled, context: InterventionContext): Variant {
  const { model, tokens } = context.recording;
  const { dModel, dMlp, heads, dHead, parallel } = model.config;
  const { mode, rows, features } = compiled;
  const held = (layer: number) =>
    mode.constrained !== undefined && layer >= mode.constrained[0] && layer <= mode.constrained[1];
  let editor = new Editor(compiled, context, 0);
  const touched = [...rows, ...features].flatMap(edit => [...edit.places.positions]);
  const hasHeads = new Set(rows.filter(r => r.stage === "heads").map(r => r.layer));
  return {
    ...mode,
    first: [...rows, ...features].reduce((least, edit) => Math.min(least, edit.layer), model.layers),
    firstPosition: touched.reduce((least, position) => Math.min(least, position), tokens - 1),
    begin(start) {
      editor = new Editor(compiled, context, start);
    },
    readTaps: features.length > 0 ? (context.features?.readTaps ?? []) : [],
    changesHeads: layer => hasHeads.has(layer),
    async residual(layer, x) {
      editor.rows("residual", layer, x, dModel);
      if (parallel) await editor.sees(layer, x, held(layer));
    },
    heads: (layer, mixed) => editor.rows("heads", layer, mixed, heads * dHead),
    async mid(layer, mid) {
      if (!parallel) await editor.sees(layer, mid, held(layer));
    },
    async hidden(layer, hidden, taps) {
      editor.rows("hidden", layer, hidden, dMlp);
      await editor.features(layer, hidden.length / dMlp, taps);
    },
    out: (layer, out) => editor.out(layer, out, held(layer)),
  };
}

/**
 * Stages for `generate`: step 0 is the prompt, where frozen attention and constrained layers mean the prompt's own run;
 * later steps run live, changed at every new token where the interventions say so. Norm scales are live throughout.
 */
export function generationStages(compiled: Compiled, context: InterventionContext): (step: number) => Stages {
  const { model, tokens, residual, mlpOut } = context.recording;
  const { dModel, dMlp, heads, dHead, parallel } = model.config;
  const { mode } = compiled;
  const hasHeads = new Set(compiled.rows.filter(r => r.stage === "heads").map(r => r.layer));
  const readTaps = compiled.features.length > 0 ? (context.features?.readTaps ?? []) : [];
  return step => {
    const start = step === 0 ? 0 : tokens + step - 1;
    const editor = new Editor(compiled, context, start);
    const held = (layer: number) =>
      step === 0 && mode.constrained !== undefined && layer >= mode.constrained[0] && layer <= mode.constrained[1];
    return {
      readTaps,
      async residual(layer, x) {
        editor.rows("residual", layer, x, dModel);
        if (parallel) await editor.sees(layer, x, held(layer));
      },
      heads: layer => (hasHeads.has(layer) ? mixed => editor.rows("heads", layer, mixed, heads * dHead) : undefined),
      async mid(layer, mid) {
        if (!parallel) await editor.sees(layer, mid, held(layer));
      },
      async hidden(layer, hidden, taps) {
        editor.rows("hidden", layer, hidden, dMlp);
        const wanted = Object.fromEntries(readTaps.map(name => [name, float32(taps[name])]));
        await editor.features(layer, hidden.length / dMlp, wanted);
      },
      out: (layer, out) => editor.out(layer, out, held(layer)),
      ...(step === 0 && mode.attention === "frozen" ? { frozenOn: (layer: number) => residual[layer] } : {}),
      fixedMlp: layer => (held(layer) ? mlpOut[layer] : undefined),
    };
  };
}

/** Units of the basis held at values, each at its own position, neurons or features. */
export async function unitsHeld(
  context: Pick<InterventionContext, "recording" | "basis" | "features">,
  values: readonly { readonly unit: number; readonly value: number }[],
  mode: Mode,
): Promise<Variant> {
  const { recording, basis, features } = context;
  if (!features) return unitVariant(recording, basis, values, mode);
  const written = new Map<string, FeatureEdit["writes"]>();
  const edits: FeatureEdit[] = [];
  for (const { unit, value } of values) {
    const { layer, position, index } = basis.place(unit);
    const key = `${layer} ${index}`;
    let writes = written.get(key);
    if (!writes) {
      writes = await features.writes(layer, index);
      written.set(key, writes);
    }
    const places = { positions: new Set([position]), generated: false };
    edits.push({
      layer,
      index,
      places,
      value: () => value,
      writes,
      recorded: new Map([[position, basis.activation(unit)]]),
    });
  }
  return variantOf({ mode, rows: [], features: edits }, { ...context, texts: [] });
}
