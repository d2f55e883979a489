/** Units watched while the model reads a text and writes on: token by token, each told as soon as it was read. */
import { Problem } from "../core/problem.ts";
import { Cache, forward } from "../models/forward.ts";
import { argmax, generate } from "../models/generate.ts";
import { promptOf, shown } from "../models/prompt.ts";
import type { Watched, WatchedToken, WatchInput } from "./api.ts";
import { basisOf } from "./bases.ts";
import type { CallOptions } from "./instrument.ts";
import type { Scene } from "./resident.ts";

/** A longer text is read in as many pieces as this: one token at a time would take a minute for a page. */
const pieces = 96;

export async function watch(scene: Scene, input: WatchInput, options: CallOptions): Promise<Watched> {
  const { open, found } = scene;
  const { model, tokenizer } = open;
  const { watched, dictionary } = await basisOf(open, found, input.basis, options);
  const bad = input.units.find(unit => {
    const layer = watched.layers.find(l => l.layer === unit.layer);
    return !layer || unit.index >= layer.units;
  });
  if (bad) throw new Problem(`there is no unit ${bad.layer}.${bad.index} in ${watched.name} of ${model.name}`);
  const ids = [...promptOf({ text: input.prompt, ids: input.ids, chat: input.chat }, open).ids];
  const given = ids.length;
  const activations = input.units.map((): number[] => []);
  const tell = (id: number, values: readonly number[]) => {
    const text = shown(tokenizer, id);
    const written = activations[0]!.length >= given;
    values.forEach((v, u) => {
      activations[u]!.push(v);
    });
    const part: WatchedToken = { id, text, activations: values, ...(written ? { written } : {}) };
    options.part?.(part);
    options.progress?.(written ? "writing on" : "reading", activations[0]!.length, given + (input.tokens ?? 0));
  };
  if (dictionary) await featuresOf(scene, input, ids, tell, options);
  else await neuronsOf(scene, input, ids, tell, options);
  return {
    tokens: ids.map(id => ({ id, text: shown(tokenizer, id) })),
    activations,
    written: ids.length - given,
  };
}

/** Appends what the model writes to `ids`. */
async function neuronsOf(
  { open }: Scene,
  { units, tokens = 0 }: WatchInput,
  ids: number[],
  tell: (id: number, values: readonly number[]) => void,
  { signal }: CallOptions,
): Promise<void> {
  const { model } = open;
  const { dMlp, dModel } = model.config;
  const cache = new Cache();
  const given = ids.length;
  const step = Math.max(1, Math.ceil(given / pieces));
  for (let start = 0; start < ids.length; ) {
    signal?.throwIfAborted();
    const some = ids.slice(start, start < given ? Math.min(given, start + step) : start + 1);
    const values = some.map(() => units.map(() => 0));
    const x = await forward(model, [some], {
      cache,
      signal,
      total: given,
      stages: {
        hidden(layer, hidden) {
          units.forEach((unit, u) => {
            if (unit.layer !== layer) return;
            for (let t = 0; t < some.length; t++) values[t]![u] = hidden[t * dMlp + unit.index]!;
          });
        },
      },
    });
    for (const [t, id] of some.entries()) tell(id, values[t]!);
    start += some.length;
    if (start < given || start - given >= tokens || start >= model.config.context) continue;
    const next = argmax(await model.logits(x.slice(-dModel)));
    if (open.eosIds.has(next)) break;
    ids.push(next);
  }
}

/** A dictionary reads whole texts; what the model writes on is written first. */
async function featuresOf(
  { open, found }: Scene,
  input: WatchInput,
  ids: number[],
  tell: (id: number, values: readonly number[]) => void,
  options: CallOptions,
): Promise<void> {
  if (input.tokens)
    ids.push(
      ...(await generate(open.model, [...ids], { tokens: input.tokens, stop: open.eosIds, signal: options.signal })),
    );
  const { watched } = await basisOf(open, found, input.basis, options);
  const rows = input.units.map(() => new Array<number>(ids.length).fill(0));
  await watched.run(
    [ids],
    (at, values) => {
      const { layer, units } = watched.layers[at]!;
      input.units.forEach((unit, u) => {
        if (unit.layer !== layer) return;
        for (let t = 0; t < ids.length; t++) rows[u]![t] = values[t * units + unit.index]!;
      });
    },
    options.signal,
  );
  for (const [t, id] of ids.entries())
    tell(
      id,
      rows.map(row => row[t]!),
    );
}
