/**
 * How many questions a model answers exactly right: would greedy decoding give this answer?
 *
 * It would if, after the prompt and the right beginning of the answer, each next token of the answer is the likeliest.
 * So one pass over prompt and answer together tells, and many questions share a row, as in training.
 */
import { intInput, type Outputs, weight } from "../core/expr.ts";
import { embed } from "../core/ops/embed.ts";
import { linear } from "../core/ops/linear.ts";
import { reshape } from "../core/ops/reshape.ts";
import { weightsAsInputs } from "../core/readings/train.ts";
import { float32, type Tensor, tensor } from "../core/tensor.ts";
import type { Device } from "../devices/device.ts";
import type { ModelConfig } from "../models/config.ts";
import type { Batch } from "./corpus/pack.ts";
import { decoder, type StandIn } from "./decoder.ts";
import { decoderInputs } from "./step-inputs.ts";

export interface Question {
  readonly task: string;
  /** A finer name within the task, counted apart. */
  readonly kind?: string;
  /** With the begin token. */
  readonly prompt: readonly number[];
  /** Right answers; any of them counts. */
  readonly answers: readonly (readonly number[])[];
}

export interface Accuracy {
  readonly task: string;
  readonly kind?: string;
  readonly right: number;
  readonly of: number;
}

export interface Judge {
  /** By task and kind, in the questions' order. `weights` as the trainer gives them. */
  ask(weights: Readonly<Record<string, Tensor>>): Promise<Accuracy[]>;
  release(): Promise<void>;
}

const [rows, length] = [16, 128];

/** Logits only where an answer's token is to be said: `places` counts through the flattened batch. */
function saying(config: ModelConfig, standIn: StandIn | undefined): Outputs {
  const { normed } = decoder(config, standIn);
  const said = embed(reshape(normed, ["row", config.dModel]), intInput("places", ["place"]));
  const table = weight(config.tied ? "embedding" : "unembedding", [config.vocabulary, config.dModel]);
  return weightsAsInputs({ logits: linear(said, table) });
}

interface Sheet {
  readonly inputs: Record<string, Tensor>;
  /** For each place: which question and which of its answers, and the token that is right. */
  readonly expected: readonly { readonly question: number; readonly answer: number; readonly id: number }[];
}

/**
 * Ready to ask these questions again and again. Throws `internal:` when one is longer than a row.
 * @param standIn what takes the place of every MLP at all positions but the first; its weights are among those asked with
 */
export async function judgeOf(
  device: Device,
  config: ModelConfig,
  questions: readonly Question[],
  standIn?: StandIn,
): Promise<Judge> {
  const program = await device.compile(saying(config, standIn), {}, { batch: rows, token: length });
  const sheets = sheetsOf(config, questions);
  return {
    async ask(weights) {
      const wrong = new Set<string>();
      for (const { inputs, expected } of sheets) {
        const logits = float32((await program.run({ ...weights, ...inputs })).logits);
        expected.forEach(({ question, answer, id }, i) => {
          const row = logits.subarray(i * config.vocabulary, (i + 1) * config.vocabulary);
          const top = row[id]!;
          if (row.some(v => v > top)) wrong.add(`${question}.${answer}`);
        });
      }
      return count(questions, q => questions[q]!.answers.some((_, a) => !wrong.has(`${q}.${a}`)));
    },
    release: () => program.release(),
  };
}

function count(questions: readonly Question[], isRight: (question: number) => boolean): Accuracy[] {
  const totals = new Map<string, { task: string; kind?: string; right: number; of: number }>();
  questions.forEach(({ task, kind }, q) => {
    const key = `${task} ${kind ?? ""}`;
    const total = totals.get(key) ?? { task, ...(kind === undefined ? {} : { kind }), right: 0, of: 0 };
    total.of++;
    if (isRight(q)) total.right++;
    totals.set(key, total);
  });
  return [...totals.values()];
}

/** The kinds of a task taken together. */
export function byTask(accuracies: readonly Accuracy[]): Accuracy[] {
  const totals = new Map<string, { task: string; right: number; of: number }>();
  for (const { task, right, of } of accuracies) {
    const total = totals.get(task) ?? { task, right: 0, of: 0 };
    totals.set(task, { task, right: total.right + right, of: total.of + of });
  }
  return [...totals.values()];
}

function sheetsOf(config: ModelConfig, questions: readonly Question[]): Sheet[] {
  const sheets: Sheet[] = [];
  let pending: { at: number; ids: number[]; prompt: number; question: number; answer: number }[] = [];
  let row = 0;
  let column = 0;
  const finish = (): void => {
    if (pending.length > 0) sheets.push(sheetOf(config, pending));
    pending = [];
    row = 0;
    column = 0;
  };
  questions.forEach(({ prompt, answers }, question) => {
    answers.forEach((said, answer) => {
      // The last token of the answer need not be read.
      const ids = [...prompt, ...said];
      if (column + ids.length > length) {
        row++;
        column = 0;
      }
      if (row === rows) finish();
      pending.push({ at: row * length + column, ids, prompt: prompt.length, question, answer });
      column += ids.length;
    });
  });
  finish();
  return sheets;
}

function sheetOf(
  config: ModelConfig,
  documents: readonly { at: number; ids: number[]; prompt: number; question: number; answer: number }[],
): Sheet {
  const size = rows * length;
  const place = Int32Array.from({ length: size }, (_, i) => i % length);
  const batch: Batch = {
    rows,
    length,
    ids: new Int32Array(size),
    targets: new Int32Array(size).fill(-1),
    positions: new Int32Array(size),
    mask: { start: place.slice(), first: place.slice(), last: new Int32Array(size).fill(length - 1) },
    tokens: 0,
  };
  const places: number[] = [];
  const expected: { question: number; answer: number; id: number }[] = [];
  for (const { at, ids, prompt, question, answer } of documents) {
    ids.forEach((id, i) => {
      batch.ids[at + i] = id;
      batch.positions[at + i] = i;
      batch.mask.start[at + i] = batch.mask.first[at + i] = at % length;
      if (i >= prompt) {
        places.push(at + i - 1);
        expected.push({ question, answer, id });
      }
    });
  }
  const replaced = tensor(
    [rows, length, 1],
    Float32Array.from(batch.positions, p => (p > 0 ? 1 : 0)),
  );
  return {
    inputs: { ...decoderInputs(config, batch), replaced, places: tensor([places.length], Int32Array.from(places)) },
    expected,
  };
}
