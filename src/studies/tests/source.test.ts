import { expect, test } from "vitest";
import type { Item } from "../item.ts";
import { withPartOf } from "./source.ts";

const item = (ids: number[], roles: Item["roles"]): Item => ({
  id: ids.join(),
  split: "held-out",
  prompt: "",
  answer: "",
  ids,
  answerIds: [],
  otherIds: [],
  roles,
  labels: {},
});

test("a part that stands twice is replaced at both places: a model may read either", () => {
  const x = { first: 5, last: 6, also: [{ first: 1, last: 2 }] };
  const own = item([0, 2, 1, 9, 9, 2, 1, 7], { x, k: { first: 3, last: 3 } });
  const donor = item([0, 3, 4, 8, 9, 3, 4, 7], { x, k: { first: 3, last: 3 } });
  expect(withPartOf(own, donor, "x")).toEqual([0, 3, 4, 9, 9, 3, 4, 7]);
  expect(withPartOf(own, donor, "k")).toEqual([0, 2, 1, 8, 9, 2, 1, 7]);
  expect(own.ids).toEqual([0, 2, 1, 9, 9, 2, 1, 7]);
  expect(withPartOf(own, own, "x")).toBeUndefined();
  // Another prompt may say it once: both places take that.
  const once = item([0, 5, 6], { x: { first: 1, last: 2 } });
  expect(withPartOf(own, once, "x")).toEqual([0, 5, 6, 9, 9, 5, 6, 7]);
  expect(withPartOf(own, item([0, 5], { x: { first: 1, last: 1 } }), "x")).toBeUndefined();
});
