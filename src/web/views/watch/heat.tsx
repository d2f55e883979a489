/** A text whose tokens are coloured by how active a unit is there; the figure stands in words as well. */
import type { TokenInfo } from "../../../attribution/document.ts";
import { figure, tokenText } from "../../../charts/text.ts";

export interface HeatProps {
  readonly tokens: readonly TokenInfo[];
  readonly values: readonly number[];
  /** The activation that is coloured fully; the largest here when left out. */
  readonly full?: number;
  /** From this token on the model wrote it. */
  readonly written?: number;
}

export function Heat({ tokens, values, full, written }: HeatProps) {
  const most = full ?? Math.max(...values.map(Math.abs), 1e-9);
  const top = values.reduce((best, v, i) => (Math.abs(v) > Math.abs(values[best] ?? 0) ? i : best), 0);
  return (
    <p class="heat">
      <span class="unseen">
        most active at {tokenText(tokens[top]?.text ?? "")}, {figure(values[top] ?? 0)}.{" "}
      </span>
      {tokens.map((token, i) => {
        const share = Math.min(1, Math.abs(values[i] ?? 0) / most);
        return (
          <span
            key={i}
            class={`heat-token ${(values[i] ?? 0) < 0 ? "against" : "for"}${written !== undefined && i >= written ? " written" : ""}`}
            style={share > 0.02 ? { "--heat": `${Math.round(share * 40)}%` } : undefined}
            title={figure(values[i] ?? 0)}
          >
            {token.text.replace(/\n/g, "⏎\n")}
          </span>
        );
      })}
    </p>
  );
}
