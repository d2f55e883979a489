/** What can be done to a box where it stands: switch it off, reverse it, amplify it, give it the other prompt's values. */
import { useState } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { ProgressLine } from "../../parts/progress.tsx";
import { useJob } from "../../parts/use-job.ts";
import { predicted, watchedIds } from "./answer-values.ts";
import { asked } from "./asked.ts";
import { BeforeAfter } from "./before-after.tsx";
import { changeable as changeableOf, changeOf, type Planned } from "./plan.ts";

export interface BoxActionsProps {
  readonly document: TraceDocument;
  readonly nodes: readonly string[];
  readonly title: string;
  /** The model that made this chart; undefined when it is not on this machine. */
  readonly model: string | undefined;
  /** Takes the change over to the view where several are combined. */
  onKeep(planned: Planned): void;
}

const actions = [
  { name: "Switch off", do: "scale", value: 0 },
  { name: "Reverse", do: "scale", value: -1 },
  { name: "Double", do: "scale", value: 2 },
] as const;

export function BoxActions({ document, nodes, title, model, onKeep }: BoxActionsProps) {
  const work = useJob("intervene");
  const [done, setDone] = useState<{ change: Planned; name: string }>();
  const changeable = changeableOf(nodes);
  if (changeable.length === 0 || document.tokens.some(t => t.id < 0)) return null;
  const run = (name: string, change: Planned) => {
    if (!model) return;
    setDone({ change, name });
    void work.start(model, {
      ...asked(document),
      changes: [changeOf(change, document)],
      watch: watchedIds(document),
    });
  };
  return (
    <div class="box-actions">
      <div class="buttons">
        {actions.map(action => (
          <button
            type="button"
            class="plain"
            key={action.name}
            disabled={!model || work.running}
            onClick={() => run(action.name, { nodes: changeable, do: action.do, value: action.value })}
          >
            {action.name}
          </button>
        ))}
        {document.versus && (
          <button
            type="button"
            class="plain"
            disabled={!model || work.running}
            onClick={() => run("Swap", { nodes: changeable, do: "swap" })}
          >
            Swap for the other prompt’s
          </button>
        )}
      </div>
      {!model && (
        <p class="hint">The model of this chart is not here, so it cannot be changed: trace the prompt with yours.</p>
      )}
      {work.running && (
        <ProgressLine title={`${done?.name ?? ""}: ${title}`} status={work.status} onCancel={work.cancel} />
      )}
      {work.error && <ProblemNote error={work.error} onClose={work.clear} />}
      {!work.running && work.result && done && (
        <>
          <p class="about">
            {done.name}: {title}
          </p>
          <BeforeAfter document={document} result={work.result} predicted={predicted(document, done.change)} short />
          <button type="button" class="quiet" onClick={() => onKeep(done.change)}>
            Go on with this in Intervene
          </button>
        </>
      )}
    </div>
  );
}
