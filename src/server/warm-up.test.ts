import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { embedded } from "../../test/embedded.ts";
import { trace } from "../attribution/trace.ts";
import { type OpenModel, openModel } from "../store/open-model.ts";
import { WarmUp } from "./warm-up.ts";

let open: OpenModel;
beforeAll(async () => {
  open = await openModel(embedded);
});
afterAll(() => open.close());

test("put off by a question, taken up again, and then a trace has only its own programs to make", async () => {
  const { device } = open.model;
  const compile = device.compile.bind(device);
  let made = 0;
  device.compile = (...what) => {
    made++;
    return compile(...what);
  };
  const warmUp = new WarmUp();
  const until = (done: () => boolean) => vi.waitUntil(done, { timeout: 50_000, interval: 5 });
  warmUp.soon(open);
  await until(() => made > 10);
  const asked = made;
  await warmUp.stop();
  expect(warmUp.isWarm(open)).toBe(false);
  const early = made;
  await new Promise(next => setTimeout(next, 300));
  expect(made).toBe(early);

  warmUp.soon(open);
  await until(() => warmUp.isWarm(open));
  const last = made;
  // What was being made was made to its end, and no more.
  expect(early - asked).toBeLessThan((last - early) / 4);
  const versus = "Fact: the capital of the state containing Fresno is";
  await trace(open, { text: "Fact: the capital of the state containing Dallas is", versus }, { precision: "" });
  expect(made - last).toBeLessThan(open.model.layers);
});
