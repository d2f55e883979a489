/** What every action of `lucida features` is given, and the small things that several of them need. */
import { Problem } from "../../core/problem.ts";
import type { Watched } from "../../features/index/watched.ts";
import type { FeatureIndex, IndexLabel } from "../../store/feature-index.ts";
import type { OpenModel } from "../../store/open-model.ts";
import type { Context } from "../verb.ts";

export interface FeatureOptions {
  readonly model: string;
  readonly basis: string;
  readonly index?: string;
  readonly on?: string;
  readonly off?: string;
  readonly also: readonly string[];
  readonly in: readonly string[];
  readonly concept?: string;
  readonly text: readonly string[];
  readonly top: number;
  readonly units?: number;
  readonly tokens: number;
  readonly seed: number;
  readonly out?: string;
  readonly endpoint?: string;
  readonly ask?: string;
  readonly price?: string;
  readonly yes: boolean;
}

/** What every action works with. */
export interface Scene {
  readonly open: OpenModel;
  readonly watched: Watched;
  readonly folder: string;
  readonly options: FeatureOptions;
  readonly context: Context;
}

export function tokenizerOf({ model, tokenizer }: OpenModel) {
  if (tokenizer) return tokenizer;
  throw new Problem(`${model.name} has no tokenizer, so texts cannot be read or shown`, {
    advice: "a model with tokenizer.json beside its weights",
  });
}

/** The index of this model and basis. Throws a Problem when it is of another. */
export async function indexOf({ folder, watched, open }: Scene): Promise<FeatureIndex> {
  const { openIndex } = await import("../../store/feature-index.ts");
  const { fits, indexedBy } = await import("../../store/index-folder.ts");
  const index = await openIndex(folder);
  const { manifest } = index;
  if (fits(manifest, indexedBy(watched, open.model))) return index;
  await index.close();
  throw new Problem(
    `the index is of ${manifest.model.name} (${manifest.basis}), and this is ${open.model.name} (${watched.name})`,
    { where: `at ${folder}`, advice: "--model and --basis as they were when the index was built" },
  );
}

/** The labels of the index, if there is one. */
export async function labelsOf(scene: Scene): Promise<ReadonlyMap<string, IndexLabel>> {
  const { hasIndex } = await import("../../store/feature-index.ts");
  if (!(await hasIndex(scene.folder))) return new Map();
  const index = await indexOf(scene);
  try {
    return await index.labels();
  } finally {
    await index.close();
  }
}
