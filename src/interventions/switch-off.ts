/** Sets of units switched off, each in its own run of the prompt, and what the model then says. */
import type { PromptBasis } from "../features/basis.ts";
import type { Recording } from "../models/record.ts";
import { logitsUnder } from "./read-out.ts";
import { unitVariant } from "./unit-variant.ts";
import { type Mode, runVariants, type VariantOptions } from "./variants.ts";

export interface SwitchOffOptions extends Omit<VariantOptions, "positions">, Partial<Mode> {}

/**
 * Logits [vocabulary] at the last position with each set of units (the basis's numbers) at zero, attention live unless
 * `options.attention` is "frozen".
 */
export async function switchOff(
  recording: Recording,
  basis: PromptBasis,
  sets: readonly (readonly number[])[],
  options: SwitchOffOptions = {},
): Promise<{ logits: Float32Array<ArrayBuffer> }[]> {
  const mode: Mode = { attention: options.attention ?? "live", ...(options.constrained ? options : {}) };
  const variants = sets.map(units =>
    unitVariant(
      recording,
      basis,
      units.map(unit => ({ unit, value: 0 })),
      mode,
    ),
  );
  const streams = await runVariants(recording, variants, options);
  return (await logitsUnder(recording, streams, mode)).map(logits => ({ logits }));
}
