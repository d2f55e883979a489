/** `features find --on A --off B`: the units that tell two files of texts apart, chosen on one half, judged on the other. */
import { Problem } from "../../core/problem.ts";
import type { Candidate } from "../../features/search/tell-apart.ts";
import { WrongCommand } from "../verb.ts";
import { labelsOf, type Scene } from "./scene.ts";
import { encoded, linesOf, peaks } from "./texts.ts";

export async function tell(scene: Scene, subject: string | undefined): Promise<void> {
  const { options, context, open } = scene;
  if (options.on === undefined || options.off === undefined || subject !== undefined)
    throw new WrongCommand("find takes a phrase, or both --on and --off", { advice: "--on A.txt --off B.txt" });
  const [on, off] = [await linesOf(options.on), await linesOf(options.off)];
  const least = 8;
  for (const [file, lines] of [
    [options.on, on],
    [options.off, off],
  ] as const)
    if (lines.length < least)
      throw new Problem(`${lines.length} texts are too few: half choose the units, the other half judge them`, {
        where: `in ${file}`,
        advice: `at least ${least} lines, better 20`,
      });
  const paired = on.length === off.length;
  const [onIds, offIds] = [encoded(on, open, options.on), encoded(off, open, options.off)];
  const { afterShared } = await import("../../features/search/peaks.ts");
  const spans = paired ? onIds.map((ids, i) => afterShared(ids, offIds[i]!)) : undefined;
  const found = await peaks(
    scene,
    [...onIds, ...offIds],
    spans && [...spans.map(([first]) => first), ...spans.map(([, second]) => second)],
  );
  const { tellApart } = await import("../../features/search/tell-apart.ts");
  const told = tellApart(found, on.length, { candidates: options.top * 2, seed: options.seed, paired });
  const labels = await labelsOf(scene);
  const label = (c: Candidate) => labels.get(`${c.layer}.${c.index}`)?.[0];
  context.result({
    ...told,
    candidates: told.candidates.map(c => ({ ...c, label: label(c) })),
    on: on.length,
    off: off.length,
  });
  const { color } = context;
  const sure = told.candidates.filter(c => c.q < 0.05);
  context.out(
    `${told.choosing.on} + ${told.choosing.off} texts chose ${told.candidates.length} of ${found.units} units; ${told.judging.on} + ${told.judging.off} others judged them`,
  );
  if (paired)
    context.out(
      color.dim(
        "line n of both files is a pair: what follows its first difference is compared, q within pairs (signed ranks)",
      ),
    );
  context.out(
    color.dim(
      `with shuffled texts the best unit still reaches ${told.luck.toFixed(2)} in the choosing half: only the judged AUROC counts`,
    ),
  );
  context.out("");
  context.out(
    color.bold("  unit        end   AUROC  95 % interval   q       chosen at   pairs   mean on / off   label"),
  );
  for (const c of told.candidates.slice(0, options.top)) {
    const line = `  ${`${c.layer}.${c.index}`.padEnd(11)} ${c.end.padEnd(5)} ${c.auroc.toFixed(2).padStart(5)}  ${c.interval[0].toFixed(2)} to ${c.interval[1].toFixed(2)}    ${c.q.toFixed(4)}  ${c.chosen.toFixed(2).padStart(9)}   ${(c.pairs ? `${c.pairs[0]}/${c.pairs[1]}` : "").padEnd(6)}  ${c.on.toFixed(2)} / ${c.off.toFixed(2)}   ${label(c) ?? ""}`;
    context.out(c.q < 0.05 ? line : color.dim(line));
  }
  context.out("");
  context.out(
    sure.length > 0
      ? `${sure.length} of ${told.candidates.length} candidates hold on texts that did not choose them (false discovery rate 5 %)`
      : "none of the candidates holds on texts that did not choose them: no unit was found",
  );
}
