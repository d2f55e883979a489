/** The question: prompt with its tokens shaded by what starts in them, the answer, what is explained. */
import type { TraceDocument } from "../../../attribution/document.ts";
import type { Chart } from "../../../charts/chart.ts";
import { percent, quoted, tokenText, visible } from "../../../charts/text.ts";

/** Looks like a token that only a template writes; shown quietly. */
const special = /^<\|?[a-z_]+\|?>$/;

export interface PromptProps {
  readonly document: TraceDocument;
  readonly chart: Chart;
  readonly lit: ReadonlySet<string>;
}

export function Prompt({ document, chart, lit }: PromptProps) {
  const most = Math.max(...chart.tokens.map(t => t.share), 0.01);
  const shown = document.tokens.map((token, i) => ({ text: visible(token.text), at: chart.tokens[i]! }));
  const rest = document.top.filter(t => t.text !== document.target.text).slice(0, 4);
  return (
    <header class="question">
      {chart.verdict && !chart.verdict.works && (
        <div class="failure" role="note">
          <strong>✗ {chart.verdict.text}</strong>
          <ul>
            {chart.verdict.reasons.map(reason => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </div>
      )}
      <h1 class={document.tokens.length > 24 ? "long" : ""}>
        {shown.map(({ text, at }) => (
          <span
            key={at.position}
            class={`token${at.box && lit.has(at.box) ? " lit" : ""}${special.test(text) ? " special" : ""}`}
            style={at.share > 0 ? { "--heat": `${Math.round(8 + 26 * (at.share / most))}%` } : undefined}
          >
            {text}
          </span>
        ))}
      </h1>
      <p class="answer-line">
        <span class="answer-text">
          → {chart.answerText} <span class="figure">{percent(chart.probability)}</span>
        </span>
        {rest.length > 0 && (
          <span class="rivals">{rest.map(t => `${tokenText(t.text)} ${percent(t.probability)}`).join(" · ")}</span>
        )}
      </p>
      <p class="about">
        {document.model.name}, in {document.basis === "neurons" ? "its own neurons" : document.basis} · explained is{" "}
        {chart.what}
      </p>
      {chart.versus && (
        <p class="about">
          held against{chart.versus.found ? " a prompt that Lucida found" : ""}:{" "}
          {quoted(otherPrompt(chart.versus.prompt))} → {chart.versus.answer}
        </p>
      )}
      {chart.verdict?.works && <p class="about works">✓ {chart.verdict.text}</p>}
      {!chart.verdict && <p class="about">○ Not verified: nobody has intervened in the model to test this chart</p>}
    </header>
  );
}

/** A chat is kept as its turns; here what was said is enough. */
function otherPrompt(prompt: string): string {
  if (!prompt.startsWith('[{"role"')) return prompt;
  try {
    const turns = JSON.parse(prompt) as { content: string }[];
    return turns.map(turn => turn.content).join(" / ");
  } catch {
    return prompt;
  }
}
