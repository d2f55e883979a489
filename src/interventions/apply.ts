/**
 * From interventions to code that changes a run: a variant of the prompt's run, or the stages of a generation.
 *
 * Each intervention becomes edits (edits/), one for each layer and stage it touches; an editor makes them while a run
 * is under way.
 */
import { float32 } from "../core/tensor.ts";
import type { Stages } from "../models/forward.ts";
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
import { Editor } from "./editor.ts";
import type { Compiled, Counterpart, FeatureEdit, RowEdit } from "./edits/edit.ts";
import { headEdit } from "./edits/head.ts";
import { directionEdit, residualEdit } from "./edits/stream.ts";
import { unitEdits } from "./edits/unit.ts";
import type { Intervention, InterventionSet } from "./intervention.ts";
import { type Places, placesOf } from "./places.ts";
import { sentence } from "./sentence.ts";
import type { UnitMember } from "./site.ts";
import { holdsNorms, type Mode, type Variant } from "./variants.ts";

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
  const counterpart: Counterpart = { run: other, there };
  const swapPlaces: Places = other ? { ...places, generated: false } : places;
  switch (site.at) {
    case "unit": {
      const units = [{ layer: site.layer, index: site.index, places: swapPlaces }];
      for (const position of askedOf(intervention, site, swapPlaces, context))
        checkUnit(context, { ...units[0]!, position }, intervention);
      if (swapPlaces.positions.size === 0)
        checkUnit(context, { ...units[0]!, position: recording.tokens }, intervention);
      return unitEdits(intervention, units, mode, context, counterpart);
    }
    case "supernode": {
      const members = membersOf(context, site, intervention);
      for (const member of members) {
        checkUnit(context, member, intervention);
        if (other) there(member.position);
      }
      return unitEdits(intervention, members.map(ownPlace), mode, context, counterpart);
    }
    case "direction":
      checkLayer(context, site.layer, intervention);
      return {
        rows: [directionEdit(intervention, site, swapPlaces, vectorOf(context, site, intervention), counterpart)],
        features: [],
      };
    case "residual": {
      checkLayer(context, site.layer, intervention);
      return { rows: [residualEdit(intervention, site.layer, swapPlaces, counterpart)], features: [] };
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
      return { rows: [await headEdit(intervention, site, swapPlaces, recording, counterpart)], features: [] };
    }
  }
}

/** Where a unit must be there to be changed. "At all" means wherever it speaks: one such place is enough. */
function askedOf(
  { positions }: Intervention,
  { layer, index }: { readonly layer: number; readonly index: number },
  places: Places,
  { basis }: InterventionContext,
): Iterable<number> {
  if (positions !== "all") return places.positions;
  const all = [...places.positions];
  const speaking = all.filter(position => basis.number({ layer, position, index }) !== undefined);
  return speaking.length > 0 ? speaking : all.slice(-1);
}

const ownPlace = (member: UnitMember) => ({
  ...member,
  places: { positions: new Set([member.position]), generated: false },
});

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
