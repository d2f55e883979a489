/** Several changes together: what is changed and how, what the model says and writes then, and its chart under them. */
import { useState } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import type { RunInfo, TraceInput } from "../../../server/api.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { ProgressLine } from "../../parts/progress.tsx";
import { useJob } from "../../parts/use-job.ts";
import { predicted, watchedIds } from "./answer-values.ts";
import { asked } from "./asked.ts";
import { BeforeAfter } from "./before-after.tsx";
import { ChangeRow } from "./change-row.tsx";
import { boxOf, changeable, changeOf, complete, firstPlan, type Planned } from "./plan.ts";

export interface InterveneViewProps {
  readonly document: TraceDocument;
  readonly model: string | undefined;
  readonly plan: readonly Planned[];
  /** Charts of the same model, whose values a swap can take. */
  readonly charts: readonly RunInfo[];
  onPlan(plan: readonly Planned[]): void;
  /** Traces the changed model. */
  onTrace(input: TraceInput): void;
}

export function InterveneView({ document, model, plan: given, charts, onPlan, onTrace }: InterveneViewProps) {
  const plan = given.length > 0 ? given : firstPlan(document);
  const work = useJob("intervene");
  const [tokens, setTokens] = useState(12);
  const [ran, setRan] = useState<readonly Planned[]>([]);
  const boxes = document.supernodes.filter(s => s.kind === "units" || s.kind === "tokens");
  const set = (i: number, change: Partial<Planned>) =>
    onPlan(plan.map((one, j) => (i === j ? { ...one, ...change } : one)));
  const ready = plan.length > 0 && plan.every(one => complete(one, document));
  const parts = ran.map(one => predicted(document, one));
  const expected =
    parts.length > 0 && parts.every(v => v !== undefined) ? parts.reduce((a, b) => a! + b!, 0) : undefined;
  const changes = (some: readonly Planned[]) => some.map(one => changeOf(one, document));
  const before = work.result?.before[0];
  const after = work.result?.live[0];
  return (
    <section class="intervene" aria-labelledby="intervene-title">
      <h2 id="intervene-title" class="view-title">
        Change the model, see what it says
      </h2>
      <p class="lead">
        Each change is made in the real model while it reads this prompt.{" "}
        {document.versus
          ? "For a swap with the other prompt’s values, what the chart predicts stands beside what happens."
          : "What the chart predicts stands beside what happens."}
      </p>
      <ul class="change-list">
        {plan.map((planned, i) => (
          <ChangeRow
            key={i}
            document={document}
            planned={planned}
            charts={charts}
            onChange={change => set(i, change)}
            onRemove={plan.length > 1 ? () => onPlan(plan.filter((_, j) => j !== i)) : undefined}
          />
        ))}
      </ul>
      <div class="change-foot">
        <button
          type="button"
          class="primary"
          disabled={!model || !ready || work.running}
          onClick={() => {
            setRan(plan);
            void work.start(model!, {
              ...asked(document),
              changes: changes(plan),
              tokens,
              watch: watchedIds(document),
            });
          }}
        >
          Run
        </button>
        <button
          type="button"
          class="plain"
          disabled={boxes.length === 0}
          onClick={() => {
            const used = new Set(plan.map(one => boxOf(document, one.nodes)));
            const next = boxes.filter(b => b.kind === "units").find(b => !used.has(b.id)) ?? boxes[0]!;
            onPlan([...plan, { nodes: changeable(next.members), do: "scale", value: 0 }]);
          }}
        >
          Add a change
        </button>
        <label class="dial small">
          write {tokens} tokens
          <input type="range" min={0} max={60} value={tokens} onInput={e => setTokens(Number(e.currentTarget.value))} />
        </label>
      </div>
      {!model && <p class="hint">The model of this chart is not on this machine: trace the prompt with yours first.</p>}
      {work.running && <ProgressLine title="Changing the model" status={work.status} onCancel={work.cancel} />}
      {work.error && <ProblemNote error={work.error} onClose={work.clear} />}
      {work.result && !work.running && (
        <>
          <BeforeAfter document={document} result={work.result} predicted={expected} />
          {document.basis === "neurons" && (
            <button
              type="button"
              class="plain"
              onClick={() =>
                onTrace({
                  ids: document.tokens.map(t => t.id),
                  changes: changes(ran),
                  ...(before && after && before.id !== after.id ? { foil: `#${before.id}` } : {}),
                })
              }
            >
              Trace the changed model
            </button>
          )}
        </>
      )}
    </section>
  );
}
