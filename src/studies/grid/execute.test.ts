import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { steer } from "../../cli/steer-run.ts";
import { parseIntervention } from "../../interventions/sentence.ts";
import { forward } from "../../models/forward.ts";
import { generate, softmax } from "../../models/generate.ts";
import { promptOf, tokenNamed } from "../../models/prompt.ts";
import { type OpenModel, openModel } from "../../store/open-model.ts";
import { runHere } from "./execute.ts";
import { expand } from "./grid.ts";
import type { Run } from "./run.ts";

let open: OpenModel;
beforeAll(async () => {
  const path = resolve(import.meta.dirname, "../../../specimen");
  open = await openModel({ kind: "folder", path, name: "specimen", source: "specimen" }, { threads: 1 });
});
afterAll(() => open.close());

const cities = ["Dallas", "Houston", "Fresno", "Miami", "Oakland", "Chicago", "Dallas"];
const template = "Fact: the capital of the state containing {city} is";
const rows = cities.map(city => ({ values: { city } }));

test("what a batch says of each prompt is what the model says of it alone", async () => {
  const runs = expand({ kind: "predict", template, rows, answers: { texan: " Austin" } });
  const results = await runHere(open)(runs);
  expect(results.map(r => r.values!.city)).toEqual(cities);
  for (const result of results) {
    const { ids } = promptOf({ text: result.prompt }, open);
    const probabilities = softmax(
      await open.model.logits((await forward(open.model, [ids])).slice(-open.model.config.dModel)),
    );
    expect(result.tokens).toBe(ids.length);
    expect(result.top![0]!.probability).toBeCloseTo(Math.max(...probabilities), 4);
    expect(result.answers!.texan!.probability).toBeCloseTo(probabilities[tokenNamed(" Austin", open)]!, 4);
  }
  expect(results[0]!.answers!.texan!.rank).toBe(1);
  expect(results[2]!.answers!.texan!.rank).toBeGreaterThan(1);
});

test("a run that makes no sense is its own error, and the rest goes on", async () => {
  const good: Run = { id: "good", kind: "predict", prompt: "Fact: the" };
  const results = await runHere(open)([
    { id: "empty", kind: "predict", prompt: "" },
    { ...good, id: "answer", answers: { a: "" } },
    { ...good, id: "layer", set: [parseIntervention("scale unit 99.0 at last by 0")] },
    {
      ...good,
      id: "blown",
      set: [
        parseIntervention("scale residual 1 at last by 1e38"),
        parseIntervention("scale residual 1 at last by 1e38"),
      ],
    },
    { ...good, id: "steered", set: [parseIntervention("scale unit 1.0 at last by 0")] },
    { ...good, id: "long", kind: "generate", prompt: "a ".repeat(400) },
    { ...good, id: "trace", kind: "trace", trace: { target: "two words here" } },
    good,
  ]);
  const errors = Object.fromEntries(results.map(r => [r.id, r.error?.what]));
  expect(errors).toEqual({
    empty: "the prompt is empty",
    answer: "an answer is empty",
    layer: expect.stringContaining("layer 99 is not there"),
    blown: expect.stringContaining("not finite"),
    steered: undefined,
    long: expect.stringContaining("tokens long"),
    trace: expect.stringContaining("tokens in specimen"),
    good: undefined,
  });
});

test("texts written side by side are those written alone, drawn ones too", async () => {
  for (const temperature of [0, 3]) {
    const asked = { tokens: 12, temperature };
    const results = await runHere(open)(expand({ kind: "generate", template, rows, seeds: [1, 2], generate: asked }));
    for (const result of results) {
      const { ids } = promptOf({ text: result.prompt }, open);
      const alone = await generate(open.model, ids, { ...asked, seed: result.seed!, stop: open.eosIds });
      expect(result.made, `${result.id} at ${temperature}`).toEqual(alone);
    }
    const texts = new Set(results.filter(r => r.values!.city === "Dallas").map(r => r.text));
    expect(texts.size).toBe(temperature === 0 ? 1 : 2);
  }
});

test("a run with interventions says what steer says, before and after", async () => {
  const sentence = `swap residual 2 at "as" from "${template.replace("{city}", "Fresno")}"`;
  const runs = expand({
    kind: "predict",
    template,
    rows: rows.slice(0, 1),
    set: [sentence],
    answers: { other: " Sacramento" },
  });
  const frozen = runs.map(run => ({ ...run, id: "frozen", attention: "frozen" as const }));
  const written = runs.map(run => ({ ...run, id: "text", kind: "generate" as const, generate: { tokens: 6 } }));
  const [live, held, text] = await runHere(open)([...runs, ...frozen, ...written]);
  const options = {
    interventions: [parseIntervention(sentence)],
    tokens: 6,
    top: 5,
    signal: new AbortController().signal,
  };
  const alone = await steer(open, promptOf({ text: live!.prompt }, open), options);
  expect(live!.set).toEqual([sentence]);
  expect(live!.top![0]).toMatchObject({ text: " Sacramento", id: alone.live[0]!.id });
  expect(live!.top![0]!.probability).toBeCloseTo(alone.live[0]!.probability, 4);
  expect(held!.top![0]!.probability).toBeCloseTo(alone.frozen[0]!.probability, 4);
  expect(live!.before!.top[0]!.text).toBe(" Austin");
  expect(live!.answers!.other!.probability).toBeGreaterThan(live!.before!.answers!.other!.probability + 0.5);
  expect(text).toMatchObject({ text: alone.text!.after, before: { text: alone.text!.before } });
});

test("a traced run keeps what the chart says", async () => {
  const runs: Run[] = [
    { id: "t", kind: "trace", prompt: template.replace("{city}", "Dallas"), trace: { units: 60, target: " Austin" } },
  ];
  const [result] = await runHere(open)(runs);
  expect(result!.trace).toMatchObject({ target: " Austin", what: expect.stringContaining("Austin") });
  expect(result!.trace!.boxes.length).toBeGreaterThan(0);
  const { explained, error, bias, hidden } = result!.trace!.coverage;
  expect(explained + error + bias + hidden).toBeCloseTo(1, 6);
});
