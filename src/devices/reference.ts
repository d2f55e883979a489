/** The reference device: the plain float64 reading. Slow and readable: it is the definition. */
import { leavesOf } from "../core/expr.ts";
import { evaluate } from "../core/readings/evaluate.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Device } from "./device.ts";

export const reference: Device = {
  name: "reference",
  async compile(outputs, weights) {
    const { inputs } = leavesOf(outputs);
    // The caller may reuse the memory of its weights.
    const kept = Object.fromEntries(
      Object.entries(weights).map(([name, t]) => [name, { shape: t.shape, data: Float64Array.from(t.data) }]),
    );
    return {
      inputs: [...inputs.keys()],
      async run(given, wanted = Object.keys(outputs)) {
        const values = evaluate(Object.fromEntries(wanted.map(name => [name, outputs[name]!])), { ...kept, ...given });
        return values as Record<string, Tensor>;
      },
      async release() {},
    };
  },
};
