/**
 * Question: how much faster than the Python peer (circuit-tracer) is a trace in a dictionary, and is it the same graph?
 *
 * Writes a GGUF's weights as float32 for the peer, and a made-up set of transcoders (ReLU; about 42 features active a
 * token and layer), then runs both on the same token ids, each in a fresh process, in turns; compares all rows, and prints
 * the ratios. A trace is what the peer times as one: the model's weights are where they are worked on, in both, before it
 * begins (loading has its own column). Without --peer only our side runs, beside a trace in the model's own neurons: how
 * much dearer or cheaper is a dictionary?
 *
 *   python3 -m venv VENV && VENV/bin/pip install circuit-tracer==0.5.0 "transformer-lens<4"
 *   npx esbuild bench/peer.ts --bundle --platform=node --format=esm --packages=external --outfile=node_modules/.cache/peer.mjs
 *   node node_modules/.cache/peer.mjs --model smollm2.gguf --peer VENV/bin/python [--tokens 10,32,64] [--rows 512] [--batch 16]
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadPrograms } from "../src/attribution/asked-runs.ts";
import { attribute } from "../src/attribution/attribute.ts";
import { nodeId } from "../src/attribution/node.ts";
import { logitTargets } from "../src/attribution/target.ts";
import { random } from "../src/core/random.ts";
import { dictionaryBasis } from "../src/features/dictionary/basis.ts";
import { neurons } from "../src/features/neurons.ts";
import { memoryBytes } from "../src/formats/bytes.ts";
import { safetensors } from "../src/formats/safetensors.ts";
import { type OutgoingTensor, writeSafetensors } from "../src/formats/write-safetensors.ts";
import type { Model } from "../src/models/model.ts";
import { recordRun } from "../src/models/record.ts";
import { openDictionary } from "../src/store/dictionaries.ts";
import { findModel } from "../src/store/models.ts";
import { openModel } from "../src/store/open-model.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "specimen" },
    peer: { type: "string" },
    tokens: { type: "string", default: "10,32,64" },
    rows: { type: "string", default: "512" },
    batch: { type: "string", default: "16" },
    features: { type: "string", default: "8192" },
    active: { type: "string", default: "42" },
    folder: { type: "string", default: join(tmpdir(), "lucida-peer") },
    repeat: { type: "string", default: "2" },
    /** Traces in one of the peer's processes; ours makes two. */
    calls: { type: "string", default: "2" },
    /** Ours, in a process of its own: "dictionary" or "neurons". */
    side: { type: "string" },
    ids: { type: "string" },
    targets: { type: "string" },
  },
});
const text =
  "The lighthouse keeper had written down the weather every evening for thirty years, and nobody on the mainland ever asked to see the book. When the storm of that winter took the harbour wall, the council remembered him at last, and a young engineer rowed out to read what he had kept: the wind, the height of the water, and the ships that had turned back before dark.";
const { folder } = values;
const [rows, batch] = [Number(values.rows), Number(values.batch)];

if (values.side) await ours(values.side);
else await compare();

/** Weights for the peer and the dictionary for both, unless they are there. */
async function prepare(): Promise<number[]> {
  const open = await openModel(await findModel(values.model));
  const { model, tokenizer } = open;
  const encoded = tokenizer!.encode(text);
  const bos = tokenizer!.bosId ?? 1;
  const ids = encoded[0] === bos ? encoded : [bos, ...encoded];
  if (!existsSync(join(folder, "dictionary/config.yaml"))) {
    await mkdir(join(folder, "model"), { recursive: true });
    await mkdir(join(folder, "dictionary"), { recursive: true });
    await writeFolder(model);
    await writeDictionary(model, ids.slice(0, 64));
  }
  await open.close();
  return ids;
}

async function writeFolder(model: Model): Promise<void> {
  const { config, reader } = model;
  const tensors: OutgoingTensor[] = [];
  for (const name of [config.family.weights.embedding, config.family.weights.finalNorm]) {
    const shape = reader.shapeOf(name);
    tensors.push({ name, shape, data: await reader.rows(name, 0, shape[0]!) });
  }
  for (let layer = 0; layer < model.layers; layer++)
    for (const [part, pattern] of Object.entries(config.family.layer)) {
      const { shape, data } = await reader.read(part as never, layer);
      tensors.push({ name: String(pattern).replace("*", String(layer)), shape, data });
    }
  await writeFile(join(folder, "model/model.safetensors"), writeSafetensors(tensors, "F32"));
  const { dims, frequencies } = config.layers[0]!.rotary!;
  await writeFile(
    join(folder, "model/config.json"),
    JSON.stringify({
      architectures: ["LlamaForCausalLM"],
      model_type: "llama",
      hidden_size: config.dModel,
      intermediate_size: config.dMlp,
      num_hidden_layers: model.layers,
      num_attention_heads: config.heads,
      num_key_value_heads: config.kvHeads,
      rms_norm_eps: config.epsilon,
      rope_theta: Math.round(frequencies(2)[1]! ** (-dims / 2)),
      vocab_size: config.vocabulary,
      max_position_embeddings: config.context,
      hidden_act: "silu",
      tie_word_embeddings: true,
    }),
  );
}

/** Random directions; each layer's encoder bias lets the asked number of features through on this text. */
async function writeDictionary(model: Model, ids: readonly number[]): Promise<void> {
  const features = Number(values.features);
  const { dModel } = model.config;
  const recording = await recordRun(model, ids, { readTaps: ["mlp.in"] });
  const draw = random(3);
  for (let layer = 0; layer < model.layers; layer++) {
    const encoder = Float32Array.from({ length: features * dModel }, () => (draw() * 2 - 1) * 0.05);
    const decoder = Float32Array.from({ length: features * dModel }, () => (draw() * 2 - 1) * 0.05);
    const x = recording.read[layer]!["mlp.in"]!;
    const seen: number[] = [];
    for (let p = 1; p < ids.length; p += 3)
      for (let f = 0; f < features; f++) {
        let sum = 0;
        for (let i = 0; i < dModel; i++) sum += encoder[f * dModel + i]! * x[p * dModel + i]!;
        seen.push(sum);
      }
    const sorted = Float32Array.from(seen).sort();
    const threshold = sorted[Math.floor(sorted.length * (1 - Number(values.active) / features))]!;
    const tensors = [
      { name: "W_enc", shape: [features, dModel], data: encoder },
      { name: "W_dec", shape: [features, dModel], data: decoder },
      { name: "b_enc", shape: [features], data: new Float32Array(features).fill(-threshold) },
      { name: "b_dec", shape: [dModel], data: new Float32Array(dModel) },
    ];
    await writeFile(join(folder, `dictionary/layer_${layer}.safetensors`), writeSafetensors(tensors, "F32"));
  }
  const hooks = "feature_input_hook: mlp.hook_in\nfeature_output_hook: mlp.hook_out\n";
  await writeFile(
    join(folder, "dictionary/config.yaml"),
    `model_kind: transcoder_set\nmodel_name: bench\n${hooks}activation: relu\n`,
  );
}

interface Line {
  readonly target: string;
  readonly sources: readonly string[];
  readonly weights: readonly number[];
}

interface Run {
  readonly load: number;
  readonly seconds: readonly number[];
  /** Of the processor, user and system: on a busy machine this is what compares. */
  readonly work: readonly number[];
  readonly active: number;
  /** Tokens a second, of all layers' encoders, with every program made; ours alone. */
  readonly encoding?: number;
  readonly megabytes: number;
}

/** In a process of its own: one line of JSON, and the rows in FOLDER/ours.json. */
async function ours(side: string): Promise<void> {
  const began = performance.now();
  const ids = JSON.parse(values.ids!) as number[];
  const open = await openModel(await findModel(values.model));
  const dictionary = side === "dictionary" ? await openDictionary(join(folder, "dictionary")) : undefined;
  const basis = dictionary ? dictionaryBasis(dictionary.dictionary, open.model) : neurons(open.model);
  await loadPrograms(open.model, basis, () => {}, undefined);
  const load = (performance.now() - began) / 1000;
  const seconds: number[] = [];
  const work: number[] = [];
  const { ids: chosen, weights } = JSON.parse(values.targets!) as { ids: number[]; weights: number[] };
  const choices = chosen.map((id, i) => ({ id, weight: weights[i]! }));
  for (let n = 0; n < 2; n++) {
    const start = performance.now();
    const before = process.cpuUsage();
    const recording = await recordRun(open.model, ids, { readTaps: basis.readTaps ?? [] });
    const recorded = performance.now();
    const spent = () => {
      const { user, system } = process.cpuUsage(before);
      return Number(((user + system) / 1e6).toFixed(2));
    };
    const stages = [spent()];
    const prompt = await basis.on(recording);
    stages.push(spent());
    const encoding = (1000 * ids.length) / (performance.now() - recorded);
    const targets = await logitTargets(recording, choices, id => `#${id}`);
    const { graph } = await attribute(recording, prompt, targets, { expand: rows, round: 4 * batch });
    stages.push(spent());
    if (values.ids) console.error(`processor after run, encoding, rows: ${stages.join(", ")} s`);
    seconds.push((performance.now() - start) / 1000);
    const { user, system } = process.cpuUsage(before);
    work.push((user + system) / 1e6);
    if (n === 1) {
      const status = readFileSync("/proc/self/status", "utf8");
      const run: Run = {
        load,
        seconds,
        work,
        active: prompt.count,
        ...(dictionary ? { encoding } : {}),
        megabytes: Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024,
      };
      console.log(JSON.stringify(run));
      if (side === "dictionary") {
        const lines = Array.from(graph.rowNode, (node, r) => ({
          target: nodeId(graph.nodes[node]!),
          sources: Array.from(graph.source.subarray(graph.rowStart[r]!, graph.rowStart[r + 1]!), s =>
            nodeId(graph.nodes[s]!),
          ),
          weights: Array.from(graph.weight.subarray(graph.rowStart[r]!, graph.rowStart[r + 1]!)),
        }));
        await writeFile(join(folder, "ours.ndjson"), lines.map(line => JSON.stringify(line)).join("\n"));
      }
    }
  }
  await dictionary?.close();
  await open.close();
}

function started(command: string, args: string[]): Run & { targets?: number[]; weights?: number[] } {
  // Threads that wait by spinning would spend the processor that a busy machine has not got.
  const env = { ...process.env, OMP_WAIT_POLICY: "passive" };
  const done = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28, env });
  if (done.status !== 0) throw new Error(`${command} failed: ${done.stderr.slice(-3000)}`);
  return JSON.parse(done.stdout.trim().split("\n").at(-1)!);
}

async function compare(): Promise<void> {
  const all = await prepare();
  const self = fileURLToPath(import.meta.url);
  const script = resolve("bench/peer.py");
  const side = (name: string, ids: number[], targets: { ids: number[]; weights: number[] }) => {
    const more = ["--ids", JSON.stringify(ids), "--targets", JSON.stringify(targets), "--model", values.model];
    return started(process.execPath, [
      self,
      "--side",
      name,
      "--folder",
      folder,
      "--rows",
      values.rows,
      "--batch",
      values.batch,
      ...more,
    ]);
  };
  for (const tokens of values.tokens.split(",").map(Number)) {
    const ids = all.slice(0, tokens);
    let targets = { ids: [all[1]!], weights: [1] };
    for (let turn = 0; turn < Number(values.repeat); turn++) {
      const load = loadavg()[0]!.toFixed(1);
      const ours = (name: "dictionary" | "neurons") => {
        const run = side(name, ids, targets);
        report(tokens, name === "neurons" ? "ours, neurons" : "ours", run, load);
        return run;
      };
      if (values.peer) {
        const peer = started(values.peer, [
          script,
          folder,
          JSON.stringify(ids),
          values.rows,
          values.batch,
          values.calls,
        ]);
        targets = { ids: peer.targets!, weights: peer.weights! };
        report(tokens, "peer", peer, load);
        ratios(tokens, "peer / ours", peer, ours("dictionary"));
        if (turn === 0) await sameGraph();
      } else if (turn % 2 === 0) {
        const dictionary = ours("dictionary");
        ratios(tokens, "dictionary / neurons", dictionary, ours("neurons"));
      } else {
        const own = ours("neurons");
        ratios(tokens, "dictionary / neurons", ours("dictionary"), own);
      }
    }
  }
}

function ratios(tokens: number, name: string, a: Run, b: Run): void {
  const times = (what: (run: Run) => number) => (what(a) / what(b)).toFixed(2);
  const first = `first ${times(r => r.seconds[0]!)} (processor ${times(r => r.work[0]!)})`;
  const again = `again ${times(r => r.seconds.at(-1)!)} (processor ${times(r => r.work.at(-1)!)})`;
  const whole = `loading and first ${times(r => r.load + r.seconds[0]!)}`;
  console.log(`${tokens} tokens, ${name}: ${first}, ${again}, ${whole}, memory ${times(r => r.megabytes)}`);
}

function report(tokens: number, name: string, run: Run, load: string): void {
  const times = run.seconds.map(
    (s, n) => `${n === 0 ? "first" : "again"} ${s.toFixed(2)} s (processor ${run.work[n]!.toFixed(2)} s)`,
  );
  console.log(
    `${tokens} tokens, ${name.padEnd(13)} ${times.join(", ")}; ${run.active} active, ${run.megabytes.toFixed(0)} MB, ${run.encoding ? `encoding ${run.encoding.toFixed(0)} tokens/s, ` : ""}loading ${run.load.toFixed(1)} s; load ${load}`,
  );
}

/** Every row of the peer's, entry by entry: features that both expanded, and targets. */
async function sameGraph(): Promise<void> {
  const file = await safetensors(memoryBytes(new Uint8Array(readFileSync(join(folder, "peer.safetensors"))), "peer"));
  const [active, selected, adjacency] = await Promise.all(["active", "selected", "adjacency"].map(n => file.read(n)));
  const size = Math.sqrt(adjacency!.length);
  const ids = Array.from(selected!, n => `unit.${Array.from(active!.subarray(3 * n, 3 * n + 3)).join(".")}`);
  const targets = file.tensors.get("weights")?.shape[0] ?? 0;
  const layers = file.tensors.get("layers")!.shape[0]!;
  const tokens = file.tensors.get("tokens")!.shape[0]!;
  for (let l = 0; l < layers; l++) for (let p = 0; p < tokens; p++) ids.push(`error.${l}.${p}`);
  for (let p = 0; p < tokens; p++) ids.push(`embedding.${p}`);
  for (let t = 0; t < targets; t++) ids.push(`target.${t}`);
  const place = new Map(ids.map((id, i) => [id, i]));
  let [same, worst, largest, apart, alone] = [0, 0, 0, 0, 0];
  for (const line of readFileSync(join(folder, "ours.ndjson"), "utf8").split("\n")) {
    const { target, sources, weights } = JSON.parse(line) as Line;
    const row = place.get(target);
    if (row === undefined) {
      alone++;
      continue;
    }
    const theirs = adjacency!.subarray(row * size, (row + 1) * size);
    const mine = new Float32Array(size);
    for (const [i, id] of sources.entries()) if (place.has(id)) mine[place.get(id)!] = weights[i]!;
    same++;
    for (let i = 0; i < size; i++) {
      const gap = Math.abs(mine[i]! - theirs[i]!);
      largest = Math.max(largest, Math.abs(theirs[i]!));
      worst = Math.max(worst, gap);
      if (gap > 1e-5 + 1e-4 * Math.abs(theirs[i]!)) apart++;
    }
  }
  console.log(
    `same graph? ${same} rows of ${selected!.length + targets} in both (${alone} only in ours), ${same * size} entries: ${apart} differ by more than 1e-4 relative + 1e-5; largest difference ${worst.toExponential(1)}, largest entry ${largest.toFixed(2)}`,
  );
}
