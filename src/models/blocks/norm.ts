/** RMSNorm and LayerNorm as expressions. The scale is a tap: frozen, it is a constant of the prompt. */
import { type Expr, weight } from "../../core/expr.ts";
import { add } from "../../core/ops/add.ts";
import { centre } from "../../core/ops/centre.ts";
import { inverseRms } from "../../core/ops/inverse-rms.ts";
import { mul } from "../../core/ops/mul.ts";
import { tap } from "../../core/ops/tap.ts";
import type { BlockContext } from "./context.ts";

/**
 * x / rms(x) · gain, or (x − mean) / std · gain + bias, along the last axis.
 * Taps: `<name>.scale` [..., 1], and `<name>.normalized`, before the gain.
 */
export function norm(context: BlockContext, x: Expr, name: string, width: number): Expr {
  const { config, has } = context;
  const layer = config.family.norm === "layer";
  const centred = layer ? centre(x) : x;
  const scale = tap(inverseRms(centred, config.epsilon), `${name}.scale`, true);
  const normalized = tap(mul(centred, scale), `${name}.normalized`);
  const scaled = mul(normalized, weight(name, [width]));
  return has(`${name}.bias`) ? add(scaled, weight(`${name}.bias`, [width])) : scaled;
}
