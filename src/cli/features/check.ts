/** `features check --text FOLDER`: do the labels of the index predict where units fire in text that it has not seen? */
import { Problem } from "../../core/problem.ts";
import { bosOf, unitNamed } from "../units.ts";
import { WrongCommand } from "../verb.ts";
import { indexOf, type Scene, tokenizerOf } from "./scene.ts";

export async function check(scene: Scene): Promise<void> {
  const { options, context, open, watched } = scene;
  if (options.text.length === 0)
    throw new WrongCommand("check needs text that the index has not seen", { advice: "check --text FOLDER" });
  const tokenizer = tokenizerOf(open);
  const index = await indexOf(scene);
  try {
    const { random } = await import("../../core/random.ts");
    const { checkLabels } = await import("../../features/index/check-labels.ts");
    const { windowsOf } = await import("../../features/index/windows.ts");
    const corpus = await import("../../store/corpus.ts");
    const names = [...(await index.labels())].flatMap(([name, [, , source]]) => (source === "examples" ? [name] : []));
    const next = random(options.seed);
    for (let i = names.length - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1));
      [names[i], names[j]] = [names[j]!, names[i]!];
    }
    const units = [];
    for (const name of names.slice(0, options.units ?? 200)) {
      const { layer, index: at } = unitNamed(name);
      const { label } = await index.unit(layer, at);
      if (label?.rule) units.push({ layer, index: at, text: label.text, rule: label.rule });
    }
    if (units.length < 2)
      throw new Problem("the index has too few labels to check", { advice: "an index on more text" });
    const windows: (readonly number[])[] = [];
    const files = await corpus.corpusFiles(options.text);
    const bos = bosOf(open);
    const cut = { length: index.manifest.length, tokens: options.tokens, bos };
    for await (const ids of windowsOf(corpus.textsOf(files), text => tokenizer.encode(text, { special: false }), cut))
      windows.push(ids);
    const phase = context.progress.start("the model reads", { unit: "windows" });
    const checked = await checkLabels(watched, units, windows, id => tokenizer.token(id), {
      signal: context.signal,
      progress: (done, of) => phase.update(done, of),
    });
    phase.end();
    const judged = checked.flatMap(c => (c.auroc === undefined ? [] : [c.auroc])).sort((a, b) => a - b);
    const control = checked.flatMap(c => (c.control === undefined ? [] : [c.control])).sort((a, b) => a - b);
    const at = (v: number[], share: number) => v[Math.round(share * (v.length - 1))] ?? Number.NaN;
    const quantiles = (v: number[]) => [0.05, 0.25, 0.5, 0.75, 0.95].map(share => at(v, share));
    const total = index.manifest.layers.reduce((sum, l) => sum + l.units, 0);
    const summary = {
      labelled: names.length,
      of: total,
      asked: units.length,
      judged: judged.length,
      auroc: quantiles(judged),
      above90: judged.filter(v => v >= 0.9).length / judged.length,
      below70: judged.filter(v => v < 0.7).length / judged.length,
      control: quantiles(control),
    };
    context.result({ ...summary, units: checked });
    context.out(
      `${names.length} of ${total} units have a label; ${units.length} were asked, ${judged.length} could be judged (at least 5 such tokens in ${windows.length} windows)`,
    );
    const line = (v: readonly number[]) => v.map(x => x.toFixed(2)).join("  ");
    context.out("AUROC of the activation, tokens that the label names against all others, quantiles 5 25 50 75 95 %:");
    context.out(`  own label      ${line(summary.auroc)}`);
    context.out(`  another's      ${line(summary.control)}`);
    context.out(
      `${(100 * summary.above90).toFixed(0)} % at least 0.9, ${(100 * summary.below70).toFixed(0)} % below 0.7`,
    );
  } finally {
    await index.close();
  }
}
