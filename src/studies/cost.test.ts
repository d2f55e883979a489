/** What is said before a study must be what it then takes: not less, and not several times more. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tinyFolder } from "../../test/tiny-folder.ts";
import { type OpenModel, openModel } from "../store/open-model.ts";
import { runsAtMost } from "./cost.ts";
import { studyNamed } from "./documents/index.ts";
import { Lab } from "./lab.ts";
import { itemsOf, runStudy } from "./run-study.ts";

const folder = mkdtempSync(join(tmpdir(), "studies-cost-"));
let open: OpenModel;
beforeAll(async () => {
  tinyFolder(folder, { layers: 2, dModel: 32, dMlp: 48, heads: 4 });
  open = await openModel({ kind: "folder", path: folder, name: "random", source: "disk" }, { threads: 1 });
});
afterAll(async () => {
  await open.close();
  rmSync(folder, { recursive: true });
});

test.each(["two-hop", "languages", "reader-age", "code-bug", "hidden-motive", "greater-than"])(
  "%s takes about as many runs as were announced",
  async name => {
    const most = 16;
    const study = studyNamed(name);
    const lab = new Lab(open.model, open.tokenizer!);
    const ground = study.grounds.find(g => g.on === "any")!;
    const { layers, config } = open.model;
    const announced = runsAtMost(ground, itemsOf(ground, lab, undefined, 1), { ...config, layers }, most);
    // Forced, so that a model that can do nothing makes the tests as well.
    const { runs } = await runStudy(study, lab, { precision: "float32", fingerprint: "t", force: true, most });
    expect(runs).toBeLessThanOrEqual(announced);
    expect(runs).toBeGreaterThan(announced / 5);
  },
  120_000,
);
