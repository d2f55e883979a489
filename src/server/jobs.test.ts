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

  describe("begun ahead of being asked for", () => {
    const early = (model = "m") => ({ ...request("page"), model, early: true });
    /** Work that ends when told to, and how often it was begun, ended and delivered. */
    const slow = () => {
      const seen = { begun: 0, stopped: 0, delivered: [] as unknown[], go: () => {} };
      const jobs = new Jobs(
        ({ model }, { signal }) => {
          seen.begun++;
          return new Promise((done, failed) => {
            seen.go = () => done(`made of ${model}`);
            signal.addEventListener("abort", () => {
              seen.stopped++;
              failed(signal.reason);
            });
          });
        },
        async (_, made) => {
          seen.delivered.push(made);
          return { kept: made };
        },
      );
      return { jobs, seen };
    };

    test("who asks for the same takes it over while it runs: nothing is worked out twice", async () => {
      const { jobs, seen } = slow();
      const { id } = jobs.add(early());
      await until(jobs, id, "running");
      expect(jobs.add(request("page")).id).toBe(id);
      // The page lets go of what it began: it is somebody's now.
      jobs.letGo(id);
      seen.go();
      await until(jobs, id, "done");
      expect(jobs.result(id)).toEqual({ kept: "made of m" });
      expect(seen).toMatchObject({ begun: 1, stopped: 0, delivered: ["made of m"] });
    });

    test("what is ready before anybody asks is delivered then, and not before", async () => {
      const { jobs, seen } = slow();
      const { id } = jobs.add(early());
      await until(jobs, id, "running");
      seen.go();
      await until(jobs, id, "done");
      expect(seen.delivered).toEqual([]);
      expect(jobs.add(request("page")).id).toBe(id);
      await expect.poll(() => jobs.result(id)).toEqual({ kept: "made of m" });
      expect(seen).toMatchObject({ begun: 1, delivered: ["made of m"] });
      // Once: who asks again gets it made again.
      expect(jobs.add(request("page")).id).not.toBe(id);
    });

    test("it gives way to anything else that is asked, by whomever", async () => {
      const { jobs, seen } = slow();
      const { id } = jobs.add(early());
      await until(jobs, id, "running");
      const other = jobs.add({ ...request("another page"), model: "n" }).id;
      await until(jobs, id, "cancelled");
      await until(jobs, other, "running");
      expect(seen).toMatchObject({ begun: 2, stopped: 1, delivered: [] });
      seen.go();
      await until(jobs, other, "done");
    });

    test("let go it ends, and a failure is told to whoever asks, by the work done again", async () => {
      const { jobs, seen } = slow();
      const { id } = jobs.add(early());
      await until(jobs, id, "running");
      jobs.letGo(id);
      await until(jobs, id, "cancelled");
      expect(seen.stopped).toBe(1);
      let n = 0;
      const failing = new Jobs(async () => {
        throw new Problem(`no luck the ${++n}. time`, { advice: "patience" });
      });
      const first = failing.add(early()).id;
      await until(failing, first, "failed");
      const second = failing.add(request("page")).id;
      expect(second).not.toBe(first);
      await until(failing, second, "failed");
      expect(failing.get(second)?.error?.what).toBe("no luck the 2. time");
    });
  });
});
