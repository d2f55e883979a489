import { describe, expect, test } from "vitest";
import { Problem } from "../core/problem.ts";
import type { JobStatus } from "./api.ts";
import { Jobs } from "./jobs.ts";

const request = (client?: string) => ({ kind: "load" as const, model: "m", input: {}, client });
const until = async (jobs: Jobs, id: string, state: JobStatus["state"]) =>
  expect.poll(() => jobs.get(id)?.state).toBe(state);

describe("a queue of work", () => {
  test("runs one at a time, in order, and says how many are before", async () => {
    const order: string[] = [];
    const gates: (() => void)[] = [];
    const jobs = new Jobs(async r => {
      order.push(r.model);
      await new Promise<void>(done => gates.push(done));
      return r.model;
    });
    const ids = ["a", "b", "c"].map(model => jobs.add({ ...request(), model }).id);
    await until(jobs, ids[0]!, "running");
    expect(jobs.get(ids[2]!)?.ahead).toBe(2);
    expect(order).toEqual(["a"]);
    for (let i = 0; i < 3; i++) {
      await expect.poll(() => gates.length).toBe(i + 1);
      gates[i]!();
    }
    await until(jobs, ids[2]!, "done");
    expect(order).toEqual(["a", "b", "c"]);
    expect(jobs.result(ids[1]!)).toBe("b");
  });

  test("cancelling what runs stops the work itself; what waits never begins", async () => {
    let stopped = false;
    let begun = 0;
    const jobs = new Jobs((_, { signal }) => {
      begun++;
      return new Promise((_done, failed) => {
        signal.addEventListener("abort", () => {
          stopped = true;
          failed(signal.reason);
        });
      });
    });
    const [first, second] = [jobs.add(request()).id, jobs.add(request()).id];
    await until(jobs, first, "running");
    jobs.cancel(second);
    jobs.cancel(first);
    await until(jobs, first, "cancelled");
    expect(stopped).toBe(true);
    expect(begun).toBe(1);
    expect(jobs.get(second)?.state).toBe("cancelled");
  });

  test("the work of a page that has gone is cancelled, that of others is not", async () => {
    const jobs = new Jobs(
      (_, { signal }) => new Promise((_d, failed) => signal.addEventListener("abort", () => failed(signal.reason))),
    );
    const [mine, theirs] = [jobs.add(request("gone")).id, jobs.add(request("here")).id];
    await until(jobs, mine, "running");
    jobs.cancelOf("gone");
    await until(jobs, mine, "cancelled");
    await until(jobs, theirs, "running");
    jobs.cancel(theirs);
  });

  test("a failure is kept in words, and the next one runs", async () => {
    let n = 0;
    const jobs = new Jobs(async () => {
      if (n++ === 0) throw new Problem("the disk is full", { advice: "another disk" });
      return 1;
    });
    const [first, second] = [jobs.add(request()).id, jobs.add(request()).id];
    await until(jobs, second, "done");
    expect(jobs.get(first)?.error).toMatchObject({ what: "the disk is full", advice: "another disk" });
  });
});
