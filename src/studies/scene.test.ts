import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { dealtEvenly, shuffled } from "./scene.ts";

test("labels dealt evenly are as many as before, and every class gets each in proportion; a plain shuffle favours one", () => {
  const labels = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? "b" : "a"));
  const shareOfB = (dealt: readonly string[], of: string) => {
    const theirs = dealt.filter((_, i) => labels[i] === of);
    return theirs.filter(label => label === "b").length / theirs.length;
  };
  const next = random(3);
  let most = 0;
  for (let i = 0; i < 20; i++) {
    const dealt = dealtEvenly(labels, next);
    expect(dealt.filter(label => label === "b")).toHaveLength(100);
    expect(Math.abs(shareOfB(dealt, "a") - shareOfB(dealt, "b"))).toBeLessThan(0.011);
    const plain = shuffled(labels, next);
    most = Math.max(most, Math.abs(shareOfB(plain, "a") - shareOfB(plain, "b")));
  }
  expect(most).toBeGreaterThan(0.05);
  const [one, other] = [dealtEvenly(labels, random(1)), dealtEvenly(labels, random(2))];
  expect(one).not.toEqual(other);
});
