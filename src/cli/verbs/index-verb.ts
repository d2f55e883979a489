/** `lucida index`: what every unit fires on, from one pass over a corpus. */
import { Problem } from "../../core/problem.ts";
import { corpusAsked } from "../corpus-option.ts";
import { modelFor, modelOption } from "../model.ts";
import { bytes, duration, type Phase } from "../output.ts";
import { bosOf, indexFolder, watchedBasis } from "../units.ts";
import { count, several, type Verb } from "../verb.ts";

interface Options {
  readonly model: string;
  readonly basis: string;
  readonly text: readonly string[];
  readonly corpus?: string;
  readonly tokens: number;
  readonly window: number;
  readonly batch: number;
  readonly seed: number;
  readonly promoted: boolean;
  readonly out?: string;
  readonly export?: string;
}

const stages = {
  windows: { label: "reading the corpus", unit: "tokens" },
  pass: { label: "the model reads", unit: "windows" },
  records: { label: "promoted tokens and labels", unit: "units" },
} as const;

export const verb: Verb<Options> = {
  configure(command) {
    modelOption(command)
      .option("--basis <basis>", "neurons, or a dictionary: a folder or owner/name", "neurons")
      .option("--text <path>", "a file or folder of text or JSONL; the built-in sample when left out", several, [])
      .option("--corpus <name>", "specimen: what the specimen was trained on (its default); sample: public text")
      .option("--tokens <n>", "most tokens to read", count(100, 1e9), 100_000)
      .option("--window <n>", "tokens of a window", count(8, 1024), 64)
      .option("--batch <n>", "windows that run together", count(1, 1024), 16)
      .option("--seed <n>", "of the sample of weaker examples", count(0), 0)
      .option("--no-promoted", "leave out the tokens that each unit promotes and suppresses")
      .option("--out <folder>", "where the index goes; beside the saved traces when left out")
      .option("--export <folder>", "also write features/ as circuit-tracer's page reads them");
  },
  async run(options, context) {
    const source = corpusAsked(options);
    const found = await modelFor(options.model, context);
    const { openModel } = await import("../../store/open-model.ts");
    const { buildIndex } = await import("../../store/build-index.ts");
    const { corpusFor } = await import("../../store/sample-corpus.ts");
    const open = await openModel(found);
    let phase: Phase | undefined;
    try {
      const { model, tokenizer } = open;
      if (!tokenizer)
        throw new Problem(`${model.name} has no tokenizer, so a corpus cannot be turned into tokens`, {
          advice: "a model with tokenizer.json beside its weights",
        });
      if (options.window > model.config.context)
        throw new Problem(`a window of ${options.window} tokens is longer than the model's ${model.config.context}`, {
          advice: `--window ${Math.min(64, model.config.context)}`,
        });
      const { watched, close } = await watchedBasis(options.basis, open, context);
      try {
        const folder = options.out ?? indexFolder(found, options.basis);
        let stage: keyof typeof stages | undefined;
        const { manifest, stateBytes, tokensPerSecond } = await buildIndex({
          folder,
          watched,
          corpus: await corpusFor(options.text, { source: source ?? found.source }, options.seed),
          encode: text => tokenizer.encode(text, { special: false }),
          token: id => tokenizer.token(id),
          bos: bosOf(open),
          length: options.window,
          tokens: options.tokens,
          batch: options.batch,
          seed: options.seed,
          promoted: options.promoted,
          signal: context.signal,
          note: context.note,
          progress(now, done, of) {
            if (now !== stage) {
              phase?.end();
              phase = context.progress.start(stages[now].label, { unit: stages[now].unit });
              stage = now;
            }
            phase?.update(done, of);
          },
        });
        phase?.end();
        if (options.export !== undefined) {
          const { exportFeatures } = await import("../../store/export-features.ts");
          await exportFeatures(folder, options.export, id => tokenizer.token(id), context.signal);
        }
        const units = manifest.layers.reduce((sum, l) => sum + l.units, 0);
        context.result({ folder, ...manifest, stateBytes, tokensPerSecond });
        context.out(`${units} units of ${manifest.model.name} (${manifest.basis}) on ${manifest.tokens} tokens`);
        context.out(
          stateBytes === 0
            ? "the index was there already"
            : `${duration(manifest.seconds)}; ${Math.round(tokensPerSecond)} tokens a second while reading; ${bytes(stateBytes)} held`,
        );
        context.out(
          `${manifest.labelled} units (${((100 * manifest.labelled) / units).toFixed(1)} %) got a label from their examples`,
        );
        context.out(context.color.dim(folder));
      } finally {
        await close();
      }
    } finally {
      phase?.end();
      await open.close();
    }
  },
};
