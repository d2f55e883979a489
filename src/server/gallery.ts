/** The finished charts that come with the package: read from the build, known without opening each. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TraceDocument } from "../attribution/document.ts";
import { recordOf } from "../store/runs.ts";
import type { RunInfo } from "./api.ts";

/** Ids of gallery documents begin so, so that they are never mistaken for runs. */
const prefix = "gallery-";

export class Gallery {
  private entries: Promise<RunInfo[]> | undefined;
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Charts that hold first, of the model that comes along before others, in neurons before a dictionary's features, as
   * one's own first chart will be: the first is what a newcomer sees.
   */
  list(): Promise<RunInfo[]> {
    this.entries ??= this.read();
    return this.entries;
  }

  async text(id: string): Promise<string | undefined> {
    const name = id.startsWith(prefix) ? id.slice(prefix.length) : "";
    if (!/^[a-z0-9-]+$/.test(name)) return undefined;
    return readFile(join(this.folder, `${name}.json`), "utf8").catch(() => undefined);
  }

  private async read(): Promise<RunInfo[]> {
    const names = (await readdir(this.folder).catch(() => [])).filter(name => name.endsWith(".json")).sort();
    const found = await Promise.all(
      names.map(async name => {
        const document = JSON.parse(await readFile(join(this.folder, name), "utf8")) as TraceDocument;
        return recordOf(prefix + name.slice(0, -".json".length), "", document);
      }),
    );
    return found.sort((a, b) => rank(a) - rank(b));
  }
}

function rank({ verified, model, basis }: RunInfo): number {
  const held = verified === true ? 0 : verified === false ? 4 : 8;
  return held + (model === "specimen" ? 0 : 2) + (basis === "neurons" ? 0 : 1);
}
