/** Every test of every box: what the chart predicted against what the model did. */
import type { TraceDocument } from "../../../attribution/document.ts";
import { Scatter } from "../story/scatter.tsx";

export function Agreement({ document }: { document: TraceDocument }) {
  const tests = document.supernodes.flatMap(box => {
    const test = box.verdict?.tests[0];
    return test ? [{ ...test, what: `${box.id} ${test.what}` }] : [];
  });
  if (tests.length === 0) return null;
  return (
    <section class="agreement" aria-labelledby="agreement-title">
      <h2 id="agreement-title">Did the model do what the chart predicts?</h2>
      <Scatter tests={tests} />
    </section>
  );
}
