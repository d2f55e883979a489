import { expect, test } from "vitest";
import { twoHop } from "../../test/hand-built/models.ts";
import type { SupernodeInfo } from "./document.ts";
import { withRoles } from "./role.ts";
import { trace } from "./trace.ts";

async function charted() {
  const known = twoHop();
  const asked = { model: known.model, tokenizer: undefined };
  const traced = await trace(asked, { ids: known.ids, versus: known.contrast, units: 20 }, { precision: "float32" });
  return { known, traced };
}

const holding = (boxes: readonly SupernodeInfo[], id: string) => boxes.find(box => box.members.includes(id));

test("what is foretold of a box is what is measured of it, whole blocks included", async () => {
  const { known, traced } = await charted();
  const { supernodes } = traced.document;
  // The city is read by the first layer, which is charted whole.
  const city = holding(supernodes, "mlp.0.2")!;
  const state = holding(supernodes, "unit.1.3.1")!;
  for (const box of [city, state]) {
    expect(Math.abs(box.does!.measured)).toBeGreaterThan(1);
    expect(box.does!.measured / box.does!.predicted).toBeGreaterThan(0.6);
    expect(box.does!.measured / box.does!.predicted).toBeLessThan(1.6);
    // One number, told from two sides.
    expect(box.effect).toBe(-box.does!.predicted);
  }
  await known.model.release();
});

test("a box that moves no token has no words for what it does", async () => {
  const { known, traced } = await charted();
  const { recording, contrast, basis, graph, targets } = traced;
  const logits = (await known.model.logits(recording.residual[known.model.layers]!)).slice(
    -known.model.config.vocabulary,
  );
  const input = { recording, contrast, basis, graph, target: targets[0]!, logits, blockEffect: () => 0, show: String };
  const state = holding(traced.document.supernodes, "unit.1.3.1")!;
  // Before the prompts differ nothing changes.
  const idle = { ...state, id: "idle", members: ["unit.0.0.9"] };
  const [still, moving] = await withRoles([idle, state], input);
  expect(still!.does).toMatchObject({ raises: [], lowers: [] });
  expect(Math.abs(still!.does!.measured)).toBeLessThan(1e-3);
  expect(moving!.does!.raises.length + moving!.does!.lowers.length).toBeGreaterThan(0);
  await known.model.release();
});
