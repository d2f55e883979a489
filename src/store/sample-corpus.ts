/**
 * Text for whoever needs some and has named none: the built-in sample (data/README.md says what it is and whose), or,
 * for the specimen, which knows nothing else, the corpus that it was trained on. Knows nothing of tokens.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import { z } from "zod";
import { Problem } from "../core/problem.ts";
import { documents } from "../training/corpus/mixture.ts";
import { corpusFiles, textsOf } from "./corpus.ts";
import { packageRoot } from "./package-root.ts";

export interface TextCorpus {
  readonly name: string;
  readonly licence?: string;
  readonly files: number;
  /** 0 for a corpus without end. */
  readonly bytes: number;
  /** Two corpora with one mark give the same texts. */
  readonly mark: string;
  /** From the beginning, the same every time. */
  texts(): AsyncIterable<string> | Iterable<string>;
}

export interface SampleDocument {
  readonly kind: "novel" | "speech" | "almanac" | "rights" | "code";
  readonly text: string;
}

const schema = z.array(
  z.object({ kind: z.enum(["novel", "speech", "almanac", "rights", "code"]), text: z.string().min(1) }),
);

/** The pages of the built-in sample: about 0.86 million characters, kinds of text taking turns. */
export async function sampleDocuments(): Promise<readonly SampleDocument[]> {
  const path = join(packageRoot(), "data/sample-corpus.br");
  try {
    const json = await promisify(brotliDecompress)(await readFile(path), { maxOutputLength: 16 << 20 });
    return schema.parse(JSON.parse(json.toString("utf8")));
  } catch {
    throw new Problem("the sample text that comes with Lucida is missing or broken", {
      where: `at ${path}`,
      advice: "--text with a file or folder of text, or installing Lucida again",
    });
  }
}

/** Public text of five kinds, for a general model. */
export async function sampleCorpus(): Promise<TextCorpus> {
  const texts = (await sampleDocuments()).map(({ text }) => text);
  return {
    name: "built-in sample (novel, speeches, almanac, human rights in ten languages, code)",
    licence: "public domain; MIT (human rights); Apache-2.0 (code): data/README.md",
    files: 1,
    bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
    mark: `sample ${texts.length} ${texts.reduce((sum, text) => sum + text.length, 0)}`,
    texts: () => texts,
  };
}

/** What the specimen was trained on: generated, without end. */
export function specimenCorpus(seed: number): TextCorpus {
  return {
    name: "the specimen's own corpus (generated from facts and sentence patterns)",
    licence: "Apache-2.0",
    files: 0,
    bytes: 0,
    mark: `specimen ${seed}`,
    *texts() {
      for (const { text } of documents(seed)) yield text;
    },
  };
}

/**
 * The text of these files and folders, or the built-in one for this model when there are none.
 * Throws a Problem for a path that is not there or holds no text.
 */
export async function corpusFor(
  paths: readonly string[],
  model: { readonly source: string },
  seed = 0,
): Promise<TextCorpus> {
  if (paths.length === 0) return model.source === "specimen" ? specimenCorpus(seed) : sampleCorpus();
  const files = await corpusFiles(paths);
  return {
    name: paths.join(", "),
    files: files.length,
    bytes: files.reduce((sum, f) => sum + f.bytes, 0),
    mark: JSON.stringify(files),
    texts: () => textsOf(files),
  };
}
