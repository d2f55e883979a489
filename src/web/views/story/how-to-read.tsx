/** The fold-out for somebody who sees such a chart for the first time. */
import type { Chart } from "../../../charts/chart.ts";
import { coverageParts } from "../../../charts/coverage.ts";
import { verdictGlyph } from "../../../charts/palette.ts";

export function HowToRead({ chart }: { chart: Chart }) {
  return (
    <div class="prose">
      <p>
        The chart shows how the model got from the prompt to <b>{chart.answerText}</b>. Tokens of the prompt are at the
        start, the answer at the end. A box between them is a group of units (neurons, or features of a dictionary) that
        do one thing at one place: the box says what they read and which tokens they make likelier or unlikelier.
      </p>
      <dl>
        <dt class="for">+ green</dt>
        <dd>speaks for the answer</dd>
        <dt class="against">− purple</dt>
        <dd>speaks against it</dd>
        <dt>width, %</dt>
        <dd>
          share of the answer that runs through a box or along a link. Paths share boxes, so shares of boxes do not add
          up to 100 %.
        </dd>
        <dt>
          <span class="key error" /> hatching
        </dt>
        <dd>
          error that flows in: what the dictionary of features could not rebuild. In the neuron basis there is none.
        </dd>
        <dt>dashed box</dt>
        <dd>units that are in no box. They are not named, but they are counted.</dd>
        <dt>double edge</dt>
        <dd>whole blocks of early layers, charted without looking inside.</dd>
        {Object.entries(verdictGlyph).map(([word, glyph]) => (
          <>
            <dt>
              {glyph} {word}
            </dt>
            <dd>{verdicts[word as keyof typeof verdicts]}</dd>
          </>
        ))}
        {coverageParts(chart.coverage).map(part => (
          <>
            <dt>
              <span class={`key ${part.key}`} /> {part.name}
            </dt>
            <dd>{part.meaning}</dd>
          </>
        ))}
      </dl>
      <p>
        A chart is a claim about the model, made with attention and normalisation held still. Verification changes the
        boxes in the real model and compares what happens with what the chart said, and with changes to random groups of
        the same size.
      </p>
    </div>
  );
}

const verdicts = {
  confirmed: "changed in the real model, the answer moved as predicted, and more than with random groups",
  opposite: "the answer moved the other way",
  "too weak to tell": "the effect is no larger than that of random groups",
  "not confirmed": "the answer moved less than half as far as predicted",
} as const;
