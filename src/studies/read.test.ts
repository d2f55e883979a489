import { expect, test } from "vitest";
import { studies, studyNamed } from "./documents/index.ts";
import { newStudy } from "./new-study.ts";
import { readStudy } from "./read.ts";
import { study } from "./study.ts";

test("the file that a newcomer starts from is a study", () => {
  expect(readStudy(newStudy("mine"), "mine.yaml").name).toBe("mine");
});

test("a slip in a file is named with its place", () => {
  const wrong = newStudy("mine").replace(
    "need: 0.5                # share of held-out prompts that must follow",
    "need: 5",
  );
  expect(() => readStudy(wrong, "mine.yaml")).toThrow(/grounds\[1\]\.tests\[1\]\.need/);
  expect(() => readStudy("name: [", "mine.yaml")).toThrow(/not YAML/);
  expect(() => readStudy("name: x", "mine.yaml")).toThrow(/title/);
});

test("a test without a null, or with one that would change nothing in it, is no test", () => {
  const line = /failsOn: random directions.*\n/;
  expect(() => readStudy(newStudy("mine").replace(line, "\n"), "mine.yaml")).toThrow(/tests\[1\]\.failsOn/);
  const probe = newStudy("mine").replace("test: swap ", "test: probe");
  expect(() => readStudy(probe, "mine.yaml")).toThrow(/tests\[1\]\.failsOn/);
});

test("nothing in a file is executed, and no field is taken that is not known", () => {
  expect(() => readStudy(`${newStudy("mine")}\nrun: rm -rf /`, "mine.yaml")).toThrow(/run/);
  expect(() => readStudy("name: !!js/function 'function(){}'", "mine.yaml")).toThrow();
});

test("every study that comes along survives being written down: it is plain data", () => {
  for (const s of studies) expect(study.parse(JSON.parse(JSON.stringify(s))), s.name).toEqual(s);
  expect(new Set(studies.map(s => s.name)).size).toBe(studies.length);
});

test("a wrong name is met with the nearest", () => {
  expect(() => studyNamed("two-hops")).toThrow(/no study/);
});
