/**
 * Builds an index in a folder, a stage at a time, so that a run that was stopped goes on where it was:
 *
 * 1. windows: the corpus as tokens (windows.bin), once;
 * 2. pass: the model reads the windows; what the collectors hold is saved about every minute (state.bin);
 * 3. records: promoted tokens and labels, a layer file at a time (anew when it was stopped here: minutes at most);
 * 4. index.json, last; state.bin is removed.
 *
 * `build.json` says what is being built. Another corpus, model or setting begins anew.
 */
import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../core/problem.ts";
import { kept } from "../features/index/collector.ts";
import { examplesLabel, type Told } from "../features/index/examples-label.ts";
import { groupBatches, Indexer } from "../features/index/indexer.ts";
import { indexVersion, type Manifest } from "../features/index/manifest.ts";
import { packed, packedRecord } from "../features/index/packed.ts";
import { type Example, recordOf, type UnitRecord } from "../features/index/record.ts";
import { ones, sketches } from "../features/index/similarity.ts";
import type { Watched } from "../features/index/watched.ts";
import { windowsOf } from "../features/index/windows.ts";
import { promoted } from "../features/labels/token-evidence.ts";
import { files, hasIndex, openIndex } from "./feature-index.ts";
import { withLock } from "./lock.ts";
import { systemProblem } from "./system-problem.ts";
import { writeBeside } from "./write-beside.ts";

export interface IndexRequest {
  readonly folder: string;
  readonly watched: Watched;
  readonly corpus: Manifest["corpus"] & {
    readonly texts: () => AsyncIterable<string> | Iterable<string>;
    readonly mark: string;
  };
  readonly encode: (text: string) => readonly number[];
  readonly token: (id: number) => string;
  readonly bos?: number | undefined;
  /** Tokens of a window. */
  readonly length: number;
  /** Most tokens of the corpus. */
  readonly tokens: number;
  /** Windows that run together. */
  readonly batch: number;
  readonly seed: number;
  /** Work out promoted and suppressed tokens of every unit? */
  readonly promoted: boolean;
  readonly signal?: AbortSignal;
  readonly progress?: (stage: "windows" | "pass" | "records", done: number, of?: number) => void;
  readonly note?: (text: string) => void;
  /** Seconds between two savings of the state. */
  readonly every?: number;
}

export interface Built {
  readonly manifest: Manifest;
  /** What the pass held beside the model; 0 when the index was there already. */
  readonly stateBytes: number;
  /** Of the pass alone. */
  readonly tokensPerSecond: number;
}

export async function buildIndex(request: IndexRequest): Promise<Built> {
  await mkdir(request.folder, { recursive: true }).catch(error => {
    throw systemProblem(error, request.folder, "write");
  });
  return withLock(join(request.folder, "build.lock"), () => build(request), {
    ...(request.signal ? { signal: request.signal } : {}),
  });
}

async function build(request: IndexRequest): Promise<Built> {
  const began = performance.now();
  const { folder, watched, length, seed, batch, signal } = request;
  const at = (name: string) => join(folder, name);
  const settings = JSON.stringify({
    version: indexVersion,
    model: watched.model.name,
    vocabulary: watched.model.config.vocabulary,
    basis: watched.name,
    layers: watched.layers,
    corpus: request.corpus.mark,
    tokens: request.tokens,
    bos: request.bos ?? null,
    promoted: request.promoted,
    length,
    seed,
    kept,
  });
  const mark = createHash("sha256").update(settings).digest("hex");
  // What a killed run was writing: nobody else writes here while we have the lock.
  for (const name of await readdir(folder)) if (name.endsWith(".part")) await rm(at(name), { force: true });
  const had = await readFile(at("build.json"), "utf8").catch(() => "");
  if (had.includes(mark) && (await hasIndex(folder))) {
    const ready = await openIndex(folder);
    await ready.close();
    return { manifest: ready.manifest, stateBytes: 0, tokensPerSecond: 0 };
  }
  if (!had.includes(mark)) {
    if (had !== "") request.note?.("the index in this folder is of another corpus or setting: it is built anew");
    for (const name of [
      files.manifest,
      files.windows,
      files.asked,
      "state.bin",
      "state.json",
      ...watched.layers.map(l => files.layer(l.layer)),
    ])
      await rm(at(name), { force: true });
    await writeBeside(at("build.json"), JSON.stringify({ mark, settings: JSON.parse(settings) }));
  }
  const count = await makeWindows(request, at(files.windows));
  const file = await open(at(files.windows));
  try {
    const idsOf = async (first: number, number: number): Promise<number[][]> => {
      const data = new Int32Array(number * length);
      await file.read(new Uint8Array(data.buffer), 0, data.byteLength, first * length * 4);
      return Array.from({ length: number }, (_, i) => {
        const ids = data.subarray(i * length, (i + 1) * length);
        const end = ids.indexOf(-1);
        return Array.from(end < 0 ? ids : ids.subarray(0, end));
      });
    };
    const indexer = new Indexer(watched, { length, seed, batch });
    const { seconds, tokens } = await pass(request, indexer, count, idsOf, at);
    const lengths = new Uint16Array(count);
    for (let w = 0; w < count; w += 1024)
      (await idsOf(w, Math.min(1024, count - w))).forEach((ids, i) => {
        lengths[w + i] = ids.length;
      });
    const labelled = await records(
      request,
      indexer,
      window => lengths[window]!,
      window => idsOf(window, 1).then(x => x[0]!),
      at,
    );
    const { config } = watched.model;
    const { texts: _texts, mark: _mark, ...corpus } = request.corpus;
    const manifest: Manifest = {
      format: "lucida-index",
      version: indexVersion,
      model: {
        name: watched.model.name,
        layers: watched.model.layers,
        dModel: config.dModel,
        vocabulary: config.vocabulary,
      },
      basis: watched.name,
      signed: watched.signed,
      layers: [...watched.layers],
      windows: count,
      length,
      tokens: indexer.tokens,
      corpus,
      seed,
      sketch: kept.sketch,
      labelled,
      promoted: request.promoted,
      created: new Date().toISOString(),
      seconds: (performance.now() - began) / 1000,
    };
    await writeBeside(at(files.manifest), JSON.stringify(manifest, undefined, 1), signal ? { signal } : {});
    await rm(at("state.bin"), { force: true });
    return { manifest, stateBytes: indexer.bytes, tokensPerSecond: seconds > 0 ? tokens / seconds : 0 };
  } finally {
    await file.close();
  }
}

/** Makes windows.bin, if it is not there; how many there are. */
async function makeWindows(request: IndexRequest, path: string): Promise<number> {
  const { length } = request;
  const there = await stat(path).catch(() => undefined);
  if (there && there.size > 0) return there.size / (4 * length);
  let count = 0;
  let tokens = 0;
  const { texts } = request.corpus;
  const { encode, progress, tokens: most, bos, signal } = request;
  async function* pieces() {
    for await (const ids of windowsOf(texts(), encode, { length, bos, tokens: most })) {
      const row = new Int32Array(length).fill(-1);
      row.set(ids);
      count++;
      tokens += ids.length;
      progress?.("windows", tokens, most);
      yield new Uint8Array(row.buffer);
    }
  }
  await writeBeside(path, pieces(), signal ? { signal } : {});
  if (count === 0) {
    await rm(path, { force: true });
    throw new Problem(`the corpus holds no text of at least four tokens`, {
      where: `in ${request.corpus.name}`,
      advice: "--text with a file or folder of text",
    });
  }
  return count;
}

async function pass(
  request: IndexRequest,
  indexer: Indexer,
  count: number,
  idsOf: (first: number, number: number) => Promise<number[][]>,
  at: (name: string) => string,
): Promise<{ seconds: number; tokens: number }> {
  const { signal, progress, every = 60 } = request;
  await restore(indexer, at("state.bin"));
  if (indexer.windows > 0 && indexer.windows < count)
    request.note?.(`going on after window ${indexer.windows} of ${count}`);
  const before = indexer.tokens;
  const began = performance.now();
  let saved = began;
  const group = indexer.options.batch * groupBatches;
  while (indexer.windows < count) {
    progress?.("pass", indexer.windows, count);
    await indexer.add(await idsOf(indexer.windows, Math.min(group, count - indexer.windows)), signal);
    if (performance.now() - saved > every * 1000 || indexer.windows === count) {
      await save(indexer, at("state.bin"));
      saved = performance.now();
    }
  }
  return { seconds: (performance.now() - began) / 1000, tokens: indexer.tokens - before };
}

/** How far it was in 16 bytes, and every array. */
async function save(indexer: Indexer, path: string): Promise<void> {
  const head = new Float64Array([indexer.windows, indexer.tokens]);
  const arrays = indexer.collectors.flatMap(c => c.arrays());
  await writeBeside(
    path,
    [head, ...arrays].map(a => new Uint8Array(a.buffer, a.byteOffset, a.byteLength)),
  );
}

async function restore(indexer: Indexer, path: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info?.size !== indexer.bytes + 16) return;
  const file = await open(path);
  try {
    let at = 0;
    const fill = async (a: ArrayBufferView) => {
      const bytes = new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
      await file.read(bytes, 0, bytes.length, at);
      at += bytes.length;
    };
    const head = new Float64Array(2);
    await fill(head);
    for (const collector of indexer.collectors) for (const a of collector.arrays()) await fill(a);
    indexer.windows = head[0]!;
    indexer.tokens = head[1]!;
  } finally {
    await file.close();
  }
}

/** Writes the layer files that are not there yet, the sketches and the labels; how many units have a label. */
async function records(
  request: IndexRequest,
  indexer: Indexer,
  length: (window: number) => number,
  ids: (window: number) => Promise<number[]>,
  at: (name: string) => string,
): Promise<number> {
  const { watched, token, signal, progress } = request;
  const labels: Record<string, [string, number]> = {};
  const totals = ones(indexer.windows, indexer.options.seed);
  const texts = new Map<number, string[]>();
  const told = async (examples: readonly Example[]): Promise<Told[]> => {
    const out: Told[] = [];
    for (const example of examples) {
      let tokens = texts.get(example.window);
      if (!tokens) {
        tokens = (await ids(example.window)).map(token);
        // Corpora of any size pass here; a few thousand windows serve most units.
        if (texts.size > 20_000) texts.clear();
        texts.set(example.window, tokens);
      }
      out.push({ example, tokens });
    }
    return out;
  };
  const total = watched.layers.reduce((sum, l) => sum + l.units, 0);
  let done = 0;
  const similar: Uint8Array[] = [];
  for (const [l, { layer, units }] of watched.layers.entries()) {
    signal?.throwIfAborted();
    const collector = indexer.collectors[l]!;
    const sketch = sketches(collector, indexer.windows, totals);
    similar.push(new Uint8Array(sketch.buffer));
    const { dModel } = watched.model.config;
    const decoders = request.promoted ? await watched.decoders(l) : undefined;
    // Packed at once: a layer of 12,500 records as objects would take half a gigabyte.
    const made: Uint8Array[] = [];
    for (let start = 0; start < units; start += 256) {
      progress?.("records", done + start, total);
      const some = Array.from({ length: Math.min(256, units - start) }, (_, i) => start + i);
      const said =
        decoders &&
        (await promoted(
          watched.model,
          some.map(u => decoders.subarray(u * dModel, (u + 1) * dModel)),
          token,
          { n: 8, signal },
        ));
      for (const [i, unit] of some.entries()) {
        const record = recordOf(collector, layer, unit, { tokens: indexer.tokens, length });
        const weak = record.quantiles.flatMap(band => band.examples);
        const found = examplesLabel(await told(record.top), await told(weak));
        if (found) labels[`${layer}.${unit}`] = [found.text, Number(found.confidence.toFixed(3))];
        const whole: UnitRecord = {
          ...record,
          ...(said ? { promotes: said[i]!.promotes.tokens, suppresses: said[i]!.suppresses.tokens } : {}),
          ...(found ? { label: found } : {}),
        };
        made.push(packedRecord(whole));
      }
    }
    await writeBeside(at(files.layer(layer)), packed(made), signal ? { signal } : {});
    done += units;
  }
  await writeBeside(at(files.similar), similar);
  await writeBeside(at(files.labels), JSON.stringify(labels));
  return Object.keys(labels).length;
}
