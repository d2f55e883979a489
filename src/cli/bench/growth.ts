/** How the cost of a trace grows with the length of the prompt and with the number of expanded units. */
import { trace } from "../../attribution/trace.ts";
import { exponent } from "./exponent.ts";
import { type Figure, type Given, peakMemory, type Question, seconds, someIds } from "./question.ts";

async function grow(
  { open, signal, progress }: Given,
  what: string,
  cases: readonly { readonly size: number; readonly tokens: number; readonly units: number }[],
): Promise<Figure[]> {
  const opened = await open();
  const { vocabulary, context } = opened.model.config;
  const figures: Figure[] = [];
  const points: [number, number][] = [];
  const fitting = cases.filter(c => c.tokens <= context);
  const run = (tokens: number, units: number) =>
    trace(opened, { ids: someIds(tokens, vocabulary), units }, { precision: opened.precision, signal });
  // Loads what every trace needs: what grows is asked for, not what is paid once.
  await run(4, 10);
  for (const [i, { size, tokens, units }] of fitting.entries()) {
    const time = await seconds(() => run(tokens, units));
    points.push([size, time]);
    const goal = tokens === 512 && units === 500;
    figures.push(
      { name: `trace, ${size} ${what}`, value: time, unit: "s", ...(goal ? { goal: { most: 60 } } : {}) },
      {
        name: `trace, ${size} ${what}, peak memory`,
        value: peakMemory(),
        unit: "MB",
        ...(goal ? { goal: { most: 3000 } } : {}),
      },
    );
    progress(i + 1, fitting.length);
  }
  await opened.close();
  return [...figures, { name: `trace, growth with ${what}`, value: exponent(points), unit: "exponent" }];
}

export const tokens: Question = {
  name: "tokens",
  what: "How does the cost grow with the prompt?",
  run: given =>
    grow(
      given,
      "tokens",
      (given.quick ? [16, 32] : [16, 32, 64, 128, 256, 512]).map(size => ({
        size,
        tokens: size,
        units: given.quick ? 50 : 500,
      })),
    ),
};

export const nodes: Question = {
  name: "nodes",
  what: "How does the cost grow with the number of expanded units?",
  run: given =>
    grow(
      given,
      "nodes",
      (given.quick ? [50, 100] : [100, 300, 1000, 4000]).map(size => ({ size, tokens: 16, units: size })),
    ),
};
