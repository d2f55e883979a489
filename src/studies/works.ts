/**
 * How often does a chart explain? Charts of prompts that the model gets right, of every study that has contrasts, traced
 * and put to the test. Which prompts: by a hash, a few of each study in turn, so that nobody picks.
 */
import { trace } from "../attribution/trace.ts";
import { verifyTrace } from "../attribution/verify/verify-trace.ts";
import { Problem } from "../core/problem.ts";
import { ofSplit } from "./item.ts";
import type { Lab } from "./lab.ts";
import { groundFor, itemsOf, keeper, type StudyOptions } from "./run-study.ts";
import { some } from "./scene.ts";
import { type Share, shareOf } from "./stats.ts";
import type { Study } from "./study.ts";

export interface ChartTried {
  readonly study: string;
  readonly prompt: string;
  readonly answer: string;
  readonly works: boolean;
  readonly sufficiency?: number;
  readonly necessity?: number;
  readonly reasons: readonly string[];
}

export interface Works {
  readonly share: Share;
  readonly charts: readonly ChartTried[];
}

export interface WorksOptions extends Omit<StudyOptions, "progress"> {
  readonly count: number;
  progress?(done: number, of: number): void;
}

export async function worksOf(studies: readonly Study[], lab: Lab, options: WorksOptions): Promise<Works> {
  const asked = studies.flatMap(study => {
    const fits = study.grounds.some(g => g.on === "any") || options.encoder !== undefined;
    if (!fits) return [];
    const items = itemsOf(groundFor(study, options.encoder !== undefined), lab, options.encoder, options.seed ?? 1);
    const usable = ofSplit(items, "held-out").filter(i => i.versus && i.versus.ids.length === i.ids.length);
    return usable.length === 0 ? [] : [{ study: study.name, items: some(usable, 40) }];
  });
  const charts: ChartTried[] = [];
  for (let turn = 0; charts.length < options.count && turn < 40; turn++) {
    for (const { study, items } of asked) {
      const item = items[turn];
      if (!item || charts.length >= options.count) continue;
      const [reading] = await lab.plain([{ ids: item.ids, wanted: item.answerIds.slice(0, 1), own: [] }]);
      // A chart is of the first token: where both answers begin alike there is nothing to tell apart.
      if (!reading!.exact || item.answerIds[0] === item.versus!.answerIds[0]) continue;
      const memo = keeper(options, studies.find(s => s.name === study)!, lab.model.name, options.seed ?? 1);
      charts.push(await memo(`chart ${item.id}`, () => tried(lab, study, item, options.precision)));
      options.progress?.(charts.length, options.count);
    }
  }
  return { share: shareOf(charts.map(c => c.works)), charts };
}

async function tried(
  lab: Lab,
  study: string,
  item: ReturnType<typeof some>[number],
  precision: string,
): Promise<ChartTried> {
  const about = { study, prompt: item.prompt, answer: item.answer.trim() };
  try {
    const traced = await trace(
      { model: lab.model, tokenizer: lab.tokenizer },
      { ids: item.ids, versus: item.versus!.ids },
      { precision, signal: lab.signal },
    );
    const { verify } = await verifyTrace(traced, { seed: 1, signal: lab.signal });
    if (!verify) return { ...about, works: false, reasons: ["it could not be verified"] };
    return {
      ...about,
      works: verify.works,
      reasons: verify.reasons,
      ...(verify.sufficiency === undefined ? {} : { sufficiency: verify.sufficiency }),
      ...(verify.necessity === undefined ? {} : { necessity: verify.necessity }),
    };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { ...about, works: false, reasons: [error.message] };
  }
}
