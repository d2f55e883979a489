/** The corpus's encoder, for a model that has the specimen's tokenizer: the specimen, its siblings and its twin. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Encoder } from "../training/tokenizer/encoder.ts";
import type { FoundModel } from "./models.ts";
import { specimenTokenizer } from "./training-run.ts";

export async function specimenEncoder(found: FoundModel): Promise<Encoder | undefined> {
  if (found.kind !== "folder") return undefined;
  const { json, files } = await specimenTokenizer();
  const own = await readFile(join(found.path, "tokenizer.json"), "utf8").catch(() => undefined);
  return own === files["tokenizer.json"] ? new Encoder(json) : undefined;
}
