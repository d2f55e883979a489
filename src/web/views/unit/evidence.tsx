/** What a unit fires on over a corpus: examples by quantile with their heat, how often and how strongly. */
import { figure, percent, tokenText } from "../../../charts/text.ts";
import type { UnitEvidence, UnitExample } from "../../../server/api.ts";
import { Histogram } from "./histogram.tsx";

export interface EvidenceProps {
  readonly evidence: UnitEvidence;
  /** Its activations in this prompt, to be marked. */
  readonly here: readonly number[];
}

export function Evidence({ evidence, here }: EvidenceProps) {
  const { density, tokens, corpus, min, max, mean } = evidence;
  return (
    <section class="evidence" aria-label="what it fires on">
      <h4>How strongly it fires</h4>
      <Histogram histogram={evidence.histogram} here={here} />
      <p class="hint">
        fires at {density < 0.0005 ? "fewer than 0.05 %" : percent(density)} of {tokens.toLocaleString("en")} tokens,
        from {figure(min)} to {figure(max)}, {figure(mean)} on average · {corpus}
      </p>
      {evidence.quantiles.map(({ name, examples }, i) => (
        <details key={name} class="quantile" open={i === 0}>
          <summary>
            {name} <span class="figure">{examples.length}</span>
          </summary>
          <ol class="examples">
            {examples.map(example => (
              <Example key={`${example.at} ${example.value}`} example={example} />
            ))}
          </ol>
        </details>
      ))}
    </section>
  );
}

/** Tokens to show before and after the peak. */
const before = 18;
const after = 8;

function Example({ example }: { example: UnitExample }) {
  const { tokens, at, value, heat } = example;
  const from = Math.max(0, at - before);
  const to = Math.min(tokens.length, at + after + 1);
  return (
    <li>
      <span class="figure">{figure(value)}</span>
      <p class="heat">
        {from > 0 && "…"}
        {tokens.slice(from, to).map((text, i) => {
          const h = heat[from + i] ?? 0;
          const share = Math.min(1, Math.abs(h));
          return (
            <span
              key={i}
              class={`heat-token ${h < 0 ? "against" : "for"}${from + i === at ? " peak" : ""}`}
              style={share > 0.03 ? { "--heat": `${Math.round(share * 40)}%` } : undefined}
            >
              {text.replace(/\n/g, "⏎")}
            </span>
          );
        })}
        {to < tokens.length && "…"}
        <span class="unseen"> most active at {tokenText(tokens[at] ?? "")}</span>
      </p>
    </li>
  );
}
