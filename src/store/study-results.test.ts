/** Kept steps of studies: torn files, a full disk, a run that goes on. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { StudyResults } from "./study-results.ts";
import * as beside from "./write-beside.ts";

const root = mkdtempSync(join(tmpdir(), "lucida-results-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("a step that was kept is found again; one whose file is no longer whole is made again", async () => {
  const results = new StudyResults(join(root, "torn"));
  await results.put("gate", { share: 0.5 });
  expect(await new StudyResults(join(root, "torn")).get("gate")).toEqual({ share: 0.5 });
  expect(await results.get("another")).toBeUndefined();
  const [file] = readdirSync(join(root, "torn"));
  writeFileSync(join(root, "torn", file!), '{"key":"gate","val');
  expect(await results.get("gate")).toBeUndefined();
});

test("a full disk is a sentence, what was kept before stays, and nothing half-written is left", async () => {
  const results = new StudyResults(join(root, "full"));
  await results.put("gate", 1);
  const { systemProblem } = await import("./system-problem.ts");
  const spy = vi.spyOn(beside, "writeBeside").mockImplementation(async path => {
    throw systemProblem(Object.assign(new Error("write"), { code: "ENOSPC" }), path, "write");
  });
  await expect(results.put("test 1", 2)).rejects.toThrow("the disk is full");
  spy.mockRestore();
  expect(await results.get("gate")).toBe(1);
  expect(await results.get("test 1")).toBeUndefined();
  expect(readdirSync(join(root, "full"))).toHaveLength(1);
  await results.put("test 1", 2);
  expect(await results.get("test 1")).toBe(2);
});
