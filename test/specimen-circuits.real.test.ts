/**
 * The embedded model's circuits, found by intervening on held-out prompts: that it answers rightly is not enough, since
 * models have done so for degenerate reasons. Each test has its controls (random directions or units as large).
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OpenModel, openModel } from "../src/store/open-model.ts";
import { specimenEncoder } from "../src/store/specimen-encoder.ts";
import { addition } from "../src/studies/documents/addition.ts";
import { codeBug } from "../src/studies/documents/code-bug.ts";
import { knownEntities } from "../src/studies/documents/known-entities.ts";
import { rhyme } from "../src/studies/documents/rhyme.ts";
import { twoHop } from "../src/studies/documents/two-hop.ts";
import { Lab } from "../src/studies/lab.ts";
import { runStudy } from "../src/studies/run-study.ts";
import type { Study } from "../src/studies/study.ts";
import type { Encoder } from "../src/training/tokenizer/encoder.ts";
import { embedded } from "./embedded.ts";

let open: OpenModel;
let encoder: Encoder;
beforeAll(async () => {
  open = await openModel(embedded);
  encoder = (await specimenEncoder(embedded))!;
});
afterAll(() => open.close());

/** The study's test of this title, by itself. */
function alone(study: Study, title: string): Study {
  const grounds = study.grounds
    .filter(ground => ground.on === "specimen")
    .map(ground => ({ ...ground, tests: ground.tests.filter(t => t.title === title) }));
  expect(grounds[0]!.tests).toHaveLength(1);
  return { ...study, grounds };
}

test.each([
  ["another state at the city gives that state's capital", twoHop, "another state in the city's place", 100, 0.9],
  ["an old empire at an American city gives the empire's", twoHop, "an empire in the middle of America", 100, 0.8],
  ["another sum's ones units give its last digit", addition, "another sum's units move the ones digit", 60, 0.9],
  ["another planned word changes the whole line", rhyme, "another planned word at the line break", 60, 0.9],
  ["known made unknown is answered “I do not know”", knownEntities, "a known person made a stranger", 60, 0.9],
  ["about a stranger made known something is made up", knownEntities, "a stranger made known", 60, 0.9],
  // The other way is void in this version: one random direction in the means' place makes half of failing code run.
  ["running code made to fail is said to fail", codeBug, "running code made to fail", 60, 0.9],
] as const)(
  "%s",
  async (_, study, title, most, least) => {
    const report = await runStudy(alone(study, title), new Lab(open.model, open.tokenizer!), {
      encoder,
      precision: "float16",
      fingerprint: "circuits",
      most,
    });
    const [finding] = report.findings;
    expect(report.gate.passed).toBe(true);
    expect(finding!.main!.share.n).toBeGreaterThanOrEqual(Math.min(most, 50));
    expect(finding!.main!.share.value).toBeGreaterThanOrEqual(least);
    for (const control of finding!.controls) expect(control.share.value, control.name).toBeLessThan(least / 2);
    expect(finding!.outcome).toBe("holds");
  },
  240_000,
);
