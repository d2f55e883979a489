/** How much of the answer the chart explains: always in sight, in words as well as in a bar. */
import type { Coverage } from "../../../attribution/document.ts";
import { coverageParts } from "../../../charts/coverage.ts";
import { percent } from "../../../charts/text.ts";

export function CoverageBar({ coverage }: { coverage: Coverage }) {
  const parts = coverageParts(coverage);
  return (
    <section class="coverage" aria-label="coverage">
      <div class="bar" aria-hidden="true">
        {parts.map(part => (
          <span key={part.key} class={part.key} style={{ width: `${Math.max(0, part.share) * 100}%` }} />
        ))}
      </div>
      <ul>
        {parts.map(part => (
          <li key={part.key}>
            <span class={`key ${part.key}`} aria-hidden="true" />
            {part.name} <b>{percent(part.share)}</b>
          </li>
        ))}
      </ul>
    </section>
  );
}
