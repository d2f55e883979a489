/**
 * Saved traces: two files a run in one folder, `<id>.trace.json` with the document and then `<id>.run.json` with what a
 * list shows. Both are written beside and renamed, the second one last: a run is there when its second file is, so a
 * kill at any moment leaves whole runs and at most an orphan, which is tidied away.
 *
 * A deleted run stays for a week, so that deleting can be undone.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { TraceDocument } from "../attribution/document.ts";
import { Problem } from "../core/problem.ts";
import { systemProblem } from "./system-problem.ts";
import { writeBeside } from "./write-beside.ts";

export interface RunRecord {
  readonly id: string;
  readonly title: string;
  readonly answer: string;
  readonly model: string;
  readonly basis: string;
  readonly versus?: string;
  /** ISO 8601. */
  readonly created: string;
  readonly tokens: number;
  readonly verified?: boolean;
  /** Of a model that was changed while it ran. */
  readonly changed?: boolean;
  readonly deleted?: boolean;
  /** Seconds that the trace took. */
  readonly seconds?: number;
}

const week = 7 * 24 * 3600 * 1000;

export class Runs {
  readonly folder: string;
  private records: Promise<Map<string, RunRecord>> | undefined;
  /** Changes happen one after another: two at once could each write what the other had not seen. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Newest first, deleted ones left out unless asked for. */
  async list(options: { deleted?: boolean } = {}): Promise<RunRecord[]> {
    const records = [...(await this.load()).values()];
    return records
      .filter(run => options.deleted || !run.deleted)
      .sort((a, b) => (a.created < b.created ? 1 : a.created > b.created ? -1 : a.id < b.id ? -1 : 1));
  }

  /** The document as it was written; undefined when there is no such run. */
  async text(id: string): Promise<string | undefined> {
    if (!(await this.load()).has(id)) return undefined;
    try {
      return await readFile(this.tracePath(id), "utf8");
    } catch (error) {
      throw systemProblem(error, this.tracePath(id), "read");
    }
  }

  async document(id: string): Promise<TraceDocument | undefined> {
    const text = await this.text(id);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as TraceDocument;
    } catch (cause) {
      throw new Problem(`the saved run ${id} cannot be read: its file is damaged`, {
        where: `at ${this.tracePath(id)}`,
        cause,
      });
    }
  }

  save(document: TraceDocument): Promise<RunRecord> {
    return this.inTurn(async () => {
      const records = await this.load();
      const created = new Date().toISOString();
      const id = `${created.slice(0, 10)}-${randomBytes(4).toString("hex")}`;
      const record = recordOf(id, created, document);
      await mkdir(this.folder, { recursive: true }).catch(error => {
        throw systemProblem(error, this.folder, "write");
      });
      await writeBeside(this.tracePath(id), JSON.stringify(document));
      await writeBeside(this.runPath(id), JSON.stringify(record));
      records.set(id, record);
      return record;
    });
  }

  /** The document of a run replaced, when it was verified. */
  replace(id: string, document: TraceDocument): Promise<RunRecord | undefined> {
    return this.inTurn(async () => {
      const records = await this.load();
      const had = records.get(id);
      if (!had) return undefined;
      const record = { ...recordOf(id, had.created, document), title: had.title };
      await writeBeside(this.tracePath(id), JSON.stringify(document));
      await writeBeside(this.runPath(id), JSON.stringify(record));
      records.set(id, record);
      return record;
    });
  }

  change(
    id: string,
    to: { title?: string | undefined; deleted?: boolean | undefined },
  ): Promise<RunRecord | undefined> {
    return this.inTurn(async () => {
      const records = await this.load();
      const had = records.get(id);
      if (!had) return undefined;
      const record: RunRecord = {
        ...had,
        ...(to.title === undefined ? {} : { title: to.title }),
        ...(to.deleted === undefined ? {} : { deleted: to.deleted }),
      };
      await writeBeside(this.runPath(id), JSON.stringify(record));
      records.set(id, record);
      return record;
    });
  }

  private tracePath(id: string): string {
    return join(this.folder, `${id}.trace.json`);
  }

  private runPath(id: string): string {
    return join(this.folder, `${id}.run.json`);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work, work);
    this.last = turn.catch(() => {});
    return turn;
  }

  private load(): Promise<Map<string, RunRecord>> {
    this.records ??= this.read().catch(error => {
      this.records = undefined;
      throw error;
    });
    return this.records;
  }

  private async read(): Promise<Map<string, RunRecord>> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [] as string[];
      throw systemProblem(error, this.folder, "read");
    });
    const records = new Map<string, RunRecord>();
    for (const name of names) {
      const id = /^(.+)\.run\.json$/.exec(name)?.[1];
      if (id === undefined) continue;
      const record = parse(await readFile(join(this.folder, name), "utf8").catch(() => ""));
      if (record && record.id === id) records.set(id, record);
    }
    await this.tidy(names, records);
    return records;
  }

  /** Removes what a kill left (older than an hour), and what was deleted a week ago. */
  private async tidy(names: readonly string[], records: Map<string, RunRecord>): Promise<void> {
    const age = async (name: string) =>
      Date.now() - ((await stat(join(this.folder, name)).catch(() => undefined))?.mtimeMs ?? Date.now());
    for (const name of names) {
      const trace = /^(.+)\.trace\.json$/.exec(name)?.[1];
      const left = name.endsWith(".part") || (trace !== undefined && !records.has(trace));
      if (left && (await age(name)) > 3600 * 1000) await rm(join(this.folder, name), { force: true });
    }
    for (const [id, record] of records) {
      if (!record.deleted || (await age(`${id}.run.json`)) < week) continue;
      records.delete(id);
      await rm(this.runPath(id), { force: true });
      await rm(this.tracePath(id), { force: true });
    }
  }
}

/** The prompt, or the last turn of a chat. */
function titleOf(prompt: string): string {
  let text = prompt;
  if (/^\s*\[\s*\{/.test(prompt)) {
    try {
      const turns = JSON.parse(prompt) as { content?: unknown }[];
      const last = turns.at(-1)?.content;
      if (typeof last === "string") text = `… ${last}`;
    } catch {
      // A prompt that only looks like a chat is its own title.
    }
  }
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** What a list says of a document. */
export function recordOf(id: string, created: string, document: TraceDocument): RunRecord {
  const seconds = Object.values(document.timings).reduce((sum, s) => sum + s, 0);
  return {
    id,
    title: titleOf(document.prompt),
    answer: document.target.text,
    model: document.model.name,
    basis: document.basis,
    ...(document.changed ? { changed: true } : {}),
    ...(document.versus ? { versus: document.versus.prompt.slice(0, 200) } : {}),
    created,
    tokens: document.tokens.length,
    ...(document.verify ? { verified: document.verify.works } : {}),
    seconds,
  };
}

function parse(text: string): RunRecord | undefined {
  try {
    const value = JSON.parse(text) as RunRecord;
    return typeof value.id === "string" && typeof value.title === "string" && typeof value.created === "string"
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}
