/**
 * "It broke the model" is not "it worked": the same change, made in the middle of unrelated text, must leave what
 * follows as predictable as it was, or at least do no more harm than a random change as large.
 */
import type { Intervention } from "../interventions/intervention.ts";
import type { Guard } from "./finding.ts";
import type { Scene } from "./scene.ts";
import { average } from "./stats.ts";

/** Most that unrelated text may become harder to predict, in nats a token: a perplexity 1.3 times as high. */
const MOST = 0.26;

/** `change` makes the real change and a random one for text `i` at a position. */
export async function guard(
  scene: Scene,
  change: (position: number, i: number) => { real: readonly Intervention[]; random: readonly Intervention[] },
): Promise<Guard | undefined> {
  const before: number[] = [];
  const after: number[] = [];
  const random: number[] = [];
  for (const [i, ids] of scene.texts.entries()) {
    if (ids.length < 6) continue;
    const made = change(Math.floor(ids.length / 3), i);
    const [a, b, c] = await scene.lab.surprise(ids, [[], made.real, made.random]);
    before.push(a!);
    after.push(b!);
    random.push(c!);
  }
  if (before.length === 0) return undefined;
  const [x, y, z] = [average(before), average(after), average(random)];
  return { before: x, after: y, random: z, texts: before.length, ok: y - x <= Math.max(MOST, 1.2 * (z - x)) };
}
