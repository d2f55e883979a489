/**
 * Results that outlive an interruption: a file for each question (model, basis, settings), a line for each pair. A pair
 * that is there is not measured again.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Pair, PairResult } from "../../../attribution/verify/works-pair.ts";
import { dataFolder } from "../../../store/data-folder.ts";
import { writeBeside } from "../../../store/write-beside.ts";

export type Kept = PairResult | (Pair & { readonly failed: string });

/** To be raised when a pair's figures would come out otherwise. */
const MEASURE = 2;

export class KeptResults {
  private readonly path: string;
  private readonly lines = new Map<string, Kept>();

  private constructor(path: string) {
    this.path = path;
  }

  /** @param settings whatever the figures depend on */
  static async open(settings: unknown, fresh: boolean): Promise<KeptResults> {
    const hash = createHash("sha256")
      .update(JSON.stringify([MEASURE, settings]))
      .digest("hex")
      .slice(0, 16);
    const kept = new KeptResults(join(dataFolder(), "works", `${hash}.jsonl`));
    if (fresh) return kept;
    const text = await readFile(kept.path, "utf8").catch(() => "");
    for (const line of text.split("\n").filter(Boolean)) {
      const value = JSON.parse(line) as Kept;
      kept.lines.set(keyOf(value), value);
    }
    return kept;
  }

  of(pair: Pair): Kept | undefined {
    return this.lines.get(keyOf(pair));
  }

  async add(value: Kept): Promise<void> {
    this.lines.set(keyOf(value), value);
    await mkdir(dirname(this.path), { recursive: true });
    await writeBeside(this.path, [...this.lines.values()].map(line => `${JSON.stringify(line)}\n`).join(""));
  }
}

const keyOf = ({ prompt, versus, category }: Pair) => JSON.stringify([prompt, versus, category]);
