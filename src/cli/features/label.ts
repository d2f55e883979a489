/**
 * `features label`: asks a language model at an OpenAI-compatible endpoint for units' labels. Nothing is sent before
 * the questions and what they come to were shown, and `--yes` was said.
 */
import { Problem } from "../../core/problem.ts";
import { random } from "../../core/random.ts";
import type { AskedLabel, Message } from "../../features/labels/ask.ts";
import type { FeatureIndex } from "../../store/feature-index.ts";
import { unitNamed } from "../units.ts";
import { WrongCommand } from "../verb.ts";
import { indexOf, type Scene } from "./scene.ts";
import { textsOf } from "./show.ts";

interface Question {
  /** "layer.index" */
  readonly unit: string;
  readonly messages: readonly Message[];
}

/** Questions under way at once: what small servers bear. */
const atOnce = 4;
/** Fewer distinct examples than this are not worth a question. */
const enough = 4;

export async function label(scene: Scene, subject: string | undefined): Promise<void> {
  const { options, context, folder } = scene;
  if (options.endpoint === undefined || options.ask === undefined)
    throw new WrongCommand("label needs an endpoint and the name of a model there", {
      advice: "label --endpoint http://localhost:8080/v1 --ask NAME",
    });
  const prices = pricesOf(options.price);
  const { endpointAddress } = await import("../../store/chat-endpoint.ts");
  const { costOf } = await import("../../features/labels/ask.ts");
  const address = endpointAddress(options.endpoint);
  const index = await indexOf(scene);
  try {
    const questions = await questionsOf(scene, index, subject);
    const cost = costOf(
      questions.map(q => q.messages),
      prices,
    );
    const comes = `${cost.questions} questions to ${options.ask} at ${address}: about ${cost.tokensIn} tokens in, at most ${cost.tokensOut} out${cost.money === undefined ? "; --price says what that costs" : `, about ${cost.money.toPrecision(2)} at most`}`;
    if (!options.yes) {
      context.result({ sent: false, endpoint: address, model: options.ask, cost, questions });
      for (const { role, content } of questions[0]!.messages)
        context.out(`${context.color.dim(`${role}:`)} ${content}`);
      if (questions.length > 1)
        context.out(context.color.dim(`and ${questions.length - 1} more like it (--json shows all)`));
      context.out("");
      context.out(comes);
      context.out(`nothing was sent. These texts of the corpus would leave this machine: --yes sends them`);
      return;
    }
    context.note(comes);
    const { labels, none, malformed } = await askAll(scene, address, questions);
    context.result({
      sent: true,
      endpoint: address,
      model: options.ask,
      cost,
      labels: Object.fromEntries(labels),
      none,
      malformed,
    });
    for (const [unit, { text, confidence }] of labels)
      context.out(`  ${unit.padEnd(10)} ${confidence.toFixed(2)}  ${text}`);
    context.out(
      `${labels.size} labels from ${options.ask}, kept in ${folder}; ${none.length} units without one${malformed.length > 0 ? `; ${malformed.length} answers were not in the form that was asked for` : ""}`,
    );
  } finally {
    await index.close();
  }
}

function pricesOf(text: string | undefined): [number, number] | undefined {
  if (text === undefined) return undefined;
  const [i, o, ...more] = text.split(",").map(Number);
  if (more.length === 0 && i !== undefined && o !== undefined && i >= 0 && o >= 0) return [i, o];
  throw new WrongCommand(`"${text}" is no price`, { advice: "--price 0.15,0.60: a million tokens in, and out" });
}

/** Of the units that were named, or of some that have examples and no label yet. */
async function questionsOf(scene: Scene, index: FeatureIndex, subject: string | undefined): Promise<Question[]> {
  const { question } = await import("../../features/labels/ask.ts");
  const { options, open, context } = scene;
  const ask = async (layer: number, unit: number): Promise<Question | undefined> => {
    const record = await index.unit(layer, unit);
    if (record.top.length < enough) return undefined;
    return { unit: `${layer}.${unit}`, messages: question(record, await textsOf(index, record, open)) };
  };
  const found: Question[] = [];
  if (subject !== undefined) {
    for (const name of subject.split(",")) {
      const { layer, index: unit } = unitNamed(name);
      const one = await ask(layer, unit);
      if (one) found.push(one);
      else context.note(`unit ${layer}.${unit} fires in fewer than ${enough} texts of the index: it is left out`);
    }
  } else {
    const labelled = await index.labels();
    const { layers } = index.manifest;
    const units = layers.reduce((sum, l) => sum + l.units, 0);
    const next = random(options.seed);
    const seen = new Set<number>();
    while (found.length < (options.units ?? 20) && seen.size < units) {
      const number = Math.floor(next() * units);
      if (seen.has(number)) continue;
      seen.add(number);
      let unit = number;
      let row = 0;
      while (unit >= layers[row]!.units) unit -= layers[row++]!.units;
      const { layer } = layers[row]!;
      if (labelled.has(`${layer}.${unit}`)) continue;
      const one = await ask(layer, unit);
      if (one) found.push(one);
    }
  }
  if (found.length > 0) return found;
  throw new Problem("there is no unit to ask about: too few examples, or all have a label", {
    advice: "an index on more text, or units by name (label 12.345,12.346)",
  });
}

/** All answers; what has arrived is kept also when it ends early. */
async function askAll({ options, context, folder }: Scene, address: string, questions: readonly Question[]) {
  const { ask } = await import("../../store/chat-endpoint.ts");
  const { answered, mostAnswer } = await import("../../features/labels/ask.ts");
  const { keepAsked } = await import("../../store/feature-index.ts");
  const endpoint = { address, model: options.ask!, key: process.env.LUCIDA_ENDPOINT_KEY };
  const labels = new Map<string, AskedLabel>();
  const none: string[] = [];
  const malformed: string[] = [];
  const phase = context.progress.start(`asking ${options.ask}`, { total: questions.length, unit: "units" });
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  let next = 0;
  const worker = async () => {
    for (let q = questions[next++]; q; q = questions[next++]) {
      let answer: AskedLabel | undefined | "malformed" = "malformed";
      // A second try for an answer that can't be read: models differ from call to call.
      for (let attempt = 0; attempt < 2 && answer === "malformed"; attempt++)
        answer = answered(await ask(endpoint, q.messages, { tokens: mostAnswer, signal }), endpoint.model);
      if (answer === "malformed") malformed.push(q.unit);
      else if (answer) labels.set(q.unit, answer);
      else none.push(q.unit);
      phase.update(labels.size + none.length + malformed.length, questions.length);
    }
  };
  try {
    await Promise.all(
      Array.from({ length: atOnce }, () =>
        worker().catch(error => {
          failed.abort(error);
          throw error;
        }),
      ),
    );
  } finally {
    phase.end();
    if (labels.size > 0) await keepAsked(folder, labels);
  }
  return { labels, none, malformed };
}
