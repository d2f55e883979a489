/** A grid, from the command to its folder: expanded, run, written as a table, a page and a picture, and said in short. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { visible } from "../charts/text.ts";
import { Problem } from "../core/problem.ts";
import { basisRef } from "../store/grid/basis.ts";
import { openPostgresQueue } from "../store/grid/postgres-queue.ts";
import { runGrid } from "../store/grid/run-grid.ts";
import { systemProblem } from "../store/system-problem.ts";
import { writeBeside } from "../store/write-beside.ts";
import { expand, type Grid } from "../studies/grid/grid.ts";
import { readRows } from "../studies/grid/prompt-list.ts";
import type { RunResult } from "../studies/grid/result.ts";
import { type GridSummary, type Slice, summarise } from "../studies/grid/summary.ts";
import { summaryChart } from "../studies/grid/summary-chart.ts";
import { summaryPage } from "../studies/grid/summary-page.ts";
import { tableFile, tableFormats } from "../studies/grid/table-file.ts";
import { withInterval } from "../studies/stats.ts";
import { type GridOptions, namedAnswers, seedList, settings, unitsToRead } from "./grid.ts";
import { version } from "./main.ts";
import { modelFor } from "./model.ts";
import { duration } from "./output.ts";
import type { PromptOptions } from "./prompt.ts";
import { type Context, WrongCommand } from "./verb.ts";

type Given = GridOptions & PromptOptions & { readonly model: string };

/** So many results are kept without a folder before somebody is told what that means. */
const manyInMemory = 2_000;

/** `asks` is what the verb makes of its own options. Exit code 1 when some shards were set aside. */
export async function gridOf(
  asks: Pick<Grid, "kind" | "top" | "generate" | "trace">,
  options: Given,
  context: Context,
): Promise<number> {
  const format = tableFormats.find(f => f === options.format);
  if (!format) throw new WrongCommand(`--format ${options.format} is not known`, { advice: tableFormats.join(", ") });
  if (options.ids !== undefined) {
    throw new WrongCommand("--ids is one prompt, and this is a grid", { advice: '{"ids": [3, 17, 42]} in --prompts' });
  }
  const { lists, interventions } = settings(options.set);
  const basis =
    options.basis === undefined || options.basis === "neurons"
      ? undefined
      : await basisRef(options.basis, context.signal);
  const grid: Grid = {
    ...asks,
    template: context.args[0],
    rows: options.prompts === undefined ? undefined : await rowsOf(options.prompts),
    lists,
    hint: options.hint,
    seeds: seedList(options.seeds),
    answers: namedAnswers(options.answer),
    set: interventions,
    units: unitsToRead(options.read),
    basis,
    ...(options.chat ? { chat: true } : {}),
  };
  const runs = expand(grid);
  const folder = folderOf(options.out);
  const url = options.queue;
  if (folder === undefined && runs.length > manyInMemory)
    context.note(`${runs.length} runs, and nothing of them is kept if this stops: --out FOLDER keeps them`);
  const found = await modelFor(options.model, context);
  if (url !== undefined && (options.workers ?? 0) === 0)
    context.note(`waiting for workers: lucida worker --queue ${url} --model ${options.model}`);
  const phase = context.progress.start(`running ${runs.length} prompts`, { total: runs.length, unit: "runs" });
  const start = performance.now();
  const { rows: _, ...asked } = grid;
  const outcome = await runGrid({
    found,
    runs,
    folder,
    about: { lucida: version, asked: { ...asked, ...(options.prompts ? { prompts: options.prompts } : {}) } },
    workers: options.workers,
    shardSize: options.shard,
    signal: context.signal,
    progress: (done, of) => phase.update(done, of),
    note: context.note,
    ...(url === undefined
      ? {}
      : {
          queue: ({ identity }) =>
            openPostgresQueue(url, {
              identity,
              leaseMs: 1000 * options.lease,
              signal: context.signal,
              note: context.note,
            }),
        }),
  });
  phase.end();
  const seconds = (performance.now() - start) / 1000;
  const results: RunResult[] = [];
  for await (const result of outcome.results()) results.push(result);
  const summary = summarise(results);
  const about = {
    title: context.args[0] ?? options.prompts ?? "",
    model: outcome.model.name,
    lucida: version,
    file: `results.${format}`,
  };
  if (folder !== undefined) {
    const write = (name: string, data: string | Uint8Array) =>
      writeBeside(join(folder, name), data, { signal: context.signal });
    await write(about.file, tableFile(results, format));
    await write("summary.json", `${JSON.stringify(summary, null, 1)}\n`);
    await write("summary.html", summaryPage(summary, results, about));
    await write("summary.svg", summaryChart(summary));
    context.note(`wrote ${join(folder, about.file)}, summary.html, summary.svg and summary.json`);
  }
  context.result({
    format: "lucida-grid",
    model: outcome.model,
    runs: runs.length,
    shards: outcome.shards.length,
    found: outcome.found,
    setAside: outcome.setAside.map(({ hash, why, runs }) => ({ hash, why, runs: runs.map(run => run.id) })),
    seconds,
    summary,
    ...(folder === undefined ? { results } : { folder }),
  });
  say(summary, results, context);
  const fresh = outcome.found < outcome.shards.length;
  const speed = fresh ? `, ${Math.round(runs.length / seconds)} a second` : "";
  const again = outcome.found > 0 ? `; ${outcome.found} of ${outcome.shards.length} pieces were there` : "";
  context.out(context.color.dim(`${results.length} runs in ${duration(seconds)}${outcome.found ? "" : speed}${again}`));
  for (const { why, runs } of outcome.setAside)
    context.note(`not done, after three attempts: ${runs.length} runs, ${runs[0]!.id} first: ${why}`);
  return outcome.setAside.length > 0 ? 1 : 0;
}

async function rowsOf(file: string) {
  const text = await readFile(file, "utf8").catch(error => {
    throw systemProblem(error, file, "read");
  });
  return readRows(text, file);
}

function folderOf(out: GridOptions["out"]): string | undefined {
  if (typeof out !== "object") return out;
  if (out.length > 1) throw new WrongCommand("a grid goes into one folder", { advice: "--out FOLDER" });
  const [folder] = out;
  if (folder !== undefined && /\.(html|svg|json|lucida|txt)$/.test(folder))
    throw new Problem(`a grid is many charts, and ${folder} is one file`, { advice: "--out FOLDER" });
  return folder;
}

/** The first runs, and the figures. */
function say(summary: GridSummary, results: readonly RunResult[], { out, color, width }: Context): void {
  const most = 12;
  for (const result of results.slice(0, most)) {
    const said = result.error?.what ?? result.text ?? result.top?.[0]?.text ?? "";
    const sure = result.text === undefined && result.top ? `  ${(100 * result.top[0]!.probability).toFixed(1)} %` : "";
    const room = Math.max(20, width - 36);
    const prompt = visible(result.prompt);
    out(
      `  ${result.hint ? "hint " : ""}${prompt.length > room ? `…${prompt.slice(-room + 1)}` : prompt} ${color.bold(visible(said).slice(0, 60))}${color.dim(sure)}`,
    );
  }
  if (results.length > most) out(color.dim(`  … and ${results.length - most} more`));
  out("");
  const line = (slice: Slice) => {
    for (const [name, { probability, first }] of Object.entries(slice.answers)) {
      const where = slice.name === "all" ? name : `${name}, ${slice.name}`;
      out(`  ${where}: mean probability ${withInterval(probability)}; said first ${withInterval(first)}`);
    }
  };
  for (const slice of [summary.all, ...summary.compared]) line(slice);
  const { charts } = summary;
  if (charts) out(`  explained by what the charts show: ${withInterval(charts.explained)}`);
  if (charts?.works) out(`  charts that work: ${withInterval(charts.works)}`);
  for (const { what, runs } of summary.problems) out(color.yellow(`  ${runs} runs could not be done: ${what}`));
}
