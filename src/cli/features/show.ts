/** `features show 12.345`: one unit's evidence in the terminal, as JSON, and as a page. */
import type { UnitRecord } from "../../features/index/record.ts";
import type { FeatureIndex } from "../../store/feature-index.ts";
import type { OpenModel } from "../../store/open-model.ts";
import { unitNamed } from "../units.ts";
import { indexOf, type Scene, tokenizerOf } from "./scene.ts";

/** Texts of all windows of a record. */
export async function textsOf(index: FeatureIndex, record: UnitRecord, open: OpenModel) {
  const tokenizer = tokenizerOf(open);
  const texts = new Map<number, string[]>();
  for (const { window } of [...record.top, ...record.low, ...record.quantiles.flatMap(band => band.examples)])
    if (!texts.has(window))
      texts.set(
        window,
        (await index.window(window)).map(id => tokenizer.token(id)),
      );
  return (window: number) => texts.get(window) ?? [];
}

export async function show(scene: Scene, subject: string | undefined): Promise<void> {
  const { options, context, open } = scene;
  const unit = unitNamed(subject);
  const index = await indexOf(scene);
  try {
    const record = await index.unit(unit.layer, unit.index);
    const asked = (await index.asked()).get(`${unit.layer}.${unit.index}`);
    const texts = await textsOf(index, record, open);
    const { unitLines, unitPage } = await import("../unit-card.ts");
    const tokens = index.manifest.tokens;
    if (options.out !== undefined) {
      const { writeBeside } = await import("../../store/write-beside.ts");
      await writeBeside(options.out, unitPage(record, texts, tokens, open.model.name), { signal: context.signal });
      context.note(`wrote ${options.out}`);
    }
    const told = (examples: UnitRecord["top"]) => examples.map(x => ({ ...x, tokens: texts(x.window) }));
    context.result({
      ...record,
      ...(asked ? { asked } : {}),
      top: told(record.top),
      low: told(record.low),
      quantiles: record.quantiles.map(band => ({ ...band, examples: told(band.examples) })),
    });
    const [head, ...rest] = unitLines(record, texts, tokens, context.width, context.color);
    context.out(head!);
    if (asked)
      context.out(
        `${asked.text} ${context.color.dim(`(says ${asked.by}, confidence ${asked.confidence.toFixed(2)})`)}`,
      );
    for (const line of rest) context.out(line);
  } finally {
    await index.close();
  }
}
