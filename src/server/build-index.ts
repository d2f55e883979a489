/** An index of the model at hand, built because the page asked for it. It goes where `lucida index` would put it. */
import { Problem } from "../core/problem.ts";
import { buildIndex } from "../store/build-index.ts";
import { indexFolder } from "../store/index-folder.ts";
import { bosOf } from "../store/open-model.ts";
import { corpusFor } from "../store/sample-corpus.ts";
import type { Indexed, IndexInput } from "./api.ts";
import { basisOf } from "./bases.ts";
import type { CallOptions } from "./instrument.ts";
import type { Scene } from "./resident.ts";
import { forgetIndex } from "./unit-evidence.ts";

const words = {
  windows: "reading the corpus",
  pass: "the model reads",
  records: "promoted tokens and labels",
} as const;

export async function indexNow({ open, found }: Scene, input: IndexInput, options: CallOptions): Promise<Indexed> {
  const { model, tokenizer } = open;
  if (!tokenizer)
    throw new Problem(`${model.name} has no tokenizer, so a corpus cannot be turned into tokens`, {
      advice: "a model with tokenizer.json beside its weights",
    });
  const { reference, watched } = await basisOf(open, found, input.basis, options);
  await forgetIndex();
  const { manifest } = await buildIndex({
    folder: indexFolder(found, reference),
    watched,
    corpus: await corpusFor(input.text ?? [], found),
    encode: text => tokenizer.encode(text, { special: false }),
    token: id => tokenizer.token(id),
    bos: bosOf(open),
    length: Math.min(64, model.config.context),
    tokens: input.tokens ?? 100_000,
    batch: 16,
    seed: 0,
    promoted: true,
    ...(options.signal ? { signal: options.signal } : {}),
    progress: (stage, done, of) => options.progress?.(words[stage], done, of ?? 0),
  });
  return {
    tokens: manifest.tokens,
    units: manifest.layers.reduce((sum, l) => sum + l.units, 0),
    labelled: manifest.labelled,
    seconds: manifest.seconds,
  };
}
