/** `--out FILE`: a chart as the kind of file that its ending names. */
import { basename, dirname, resolve } from "node:path";
import type { TraceDocument } from "../attribution/document.ts";
import { Problem } from "../core/problem.ts";
import type { ExportFormat } from "../server/api.ts";
import { version } from "./main.ts";
import { WrongCommand } from "./verb.ts";

const kinds: readonly (readonly [ending: string, format: ExportFormat])[] = [
  [".graph.json", "graph"],
  [".json", "json"],
  [".html", "html"],
  [".svg", "svg"],
  [".lucida", "lucida"],
  [".txt", "txt"],
];

export const chartKinds = ".html, .svg, .json, .lucida, .txt, or .graph.json for Neuronpedia and circuit-tracer";

const formatOf = (file: string): ExportFormat | undefined => kinds.find(([ending]) => file.endsWith(ending))?.[1];

/** Before any work is done: throws a WrongCommand for an unknown kind of file, a Problem where its folder is missing. */
export async function checkChartFile(file: string): Promise<void> {
  if (formatOf(file) === undefined) {
    throw new WrongCommand(`"${file}" is no kind of file that a chart can be`, { advice: chartKinds });
  }
  const { stat } = await import("node:fs/promises");
  const folder = dirname(resolve(file));
  const there = await stat(folder).catch(() => undefined);
  if (there?.isDirectory()) return;
  throw new Problem(
    `${basename(file)} cannot be written: ${folder} ${there ? "is a file, not a folder" : "does not exist"}`,
    { advice: there ? "another place" : `making it first (mkdir -p ${dirname(file)})` },
  );
}

export async function writeChart(file: string, document: TraceDocument, signal: AbortSignal): Promise<void> {
  const { exported } = await import("../server/exports.ts");
  const { writeBeside } = await import("../store/write-beside.ts");
  await writeBeside(file, (await exported(document, formatOf(file)!, version)).body, { signal });
}
