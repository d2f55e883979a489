/** Several changes together: which boxes, what becomes of them, and what the model says and writes then. */
import { useState } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import { tokenText } from "../../../charts/text.ts";
import type { Change } from "../../../server/api.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { ProgressLine } from "../../parts/progress.tsx";
import { useJob } from "../../parts/use-job.ts";
import { predicted, watchedIds } from "./answer-values.ts";
import { asked } from "./asked.ts";
import { BeforeAfter } from "./before-after.tsx";

export interface InterveneViewProps {
  readonly document: TraceDocument;
  readonly model: string | undefined;
  readonly changes: readonly Change[];
  onChanges(changes: readonly Change[]): void;
}

const edits = [
  { key: "off", name: "switch off", do: "scale", value: 0 },
  { key: "reverse", name: "reverse", do: "scale", value: -1 },
  { key: "scale", name: "times", do: "scale", value: 2 },
  { key: "set", name: "set to", do: "set", value: 1 },
  { key: "swap", name: "swap for the other prompt’s", do: "swap", value: undefined },
] as const;

export function InterveneView({ document, model, changes: given, onChanges }: InterveneViewProps) {
  // One click away from seeing something: to begin with, the weightiest box is switched off.
  const changes = given.length > 0 ? given : first(document);
  const work = useJob("intervene");
  const [tokens, setTokens] = useState(12);
  const [versus, setVersus] = useState(document.versus?.prompt ?? "");
  const [ran, setRan] = useState<readonly Change[]>([]);
  const boxes = document.supernodes.filter(s => s.kind === "units" || s.kind === "tokens");
  const set = (i: number, change: Partial<Change>) =>
    onChanges(changes.map((one, j) => (i === j ? { ...one, ...change } : one)));
  const swaps = changes.some(c => c.do === "swap");
  const sum = ran.length > 0 ? ran.map(change => predicted(document, change)) : [];
  const expected = sum.length > 0 && sum.every(v => v !== undefined) ? sum.reduce((a, b) => a! + b!, 0) : undefined;
  return (
    <section class="intervene" aria-labelledby="intervene-title">
      <h2 id="intervene-title" class="view-title">
        Change the model, see what it says
      </h2>
      <p class="lead">
        Each change is made in the real model while it reads this prompt. What the chart predicts stands beside what
        happens.
      </p>
      <ul class="change-list">
        {changes.map((change, i) => (
          <li key={i} class="change">
            <select
              aria-label="what is changed"
              value={boxOf(document, change)}
              onChange={e => {
                const box = boxes.find(b => b.id === e.currentTarget.value);
                if (box) set(i, { nodes: changeable(box.members) });
              }}
            >
              {boxOf(document, change) === "" && <option value="">{nodesName(change)}</option>}
              {boxes.map(box => (
                <option key={box.id} value={box.id}>
                  {boxName(document, box.id)}
                </option>
              ))}
            </select>
            <select
              aria-label="what becomes of it"
              value={editOf(change)}
              onChange={e => {
                const edit = edits.find(x => x.key === e.currentTarget.value)!;
                set(i, { do: edit.do, value: edit.value });
              }}
            >
              {edits.map(edit => (
                <option key={edit.key} value={edit.key}>
                  {edit.name}
                </option>
              ))}
            </select>
            {(editOf(change) === "scale" || editOf(change) === "set") && (
              <input
                type="number"
                aria-label="value"
                step="0.1"
                value={change.value}
                onInput={e => {
                  const value = e.currentTarget.valueAsNumber;
                  if (Number.isFinite(value)) set(i, { value });
                }}
              />
            )}
            <label class="check">
              <input
                type="checkbox"
                checked={change.everyToken ?? false}
                disabled={change.do === "swap"}
                onChange={e => set(i, { everyToken: e.currentTarget.checked })}
              />
              on every new token too
            </label>
            {changes.length > 1 && (
              <button type="button" class="quiet" onClick={() => onChanges(changes.filter((_, j) => j !== i))}>
                Remove
              </button>
            )}
          </li>
        ))}
      </ul>
      <div class="change-foot">
        <button
          type="button"
          class="plain"
          disabled={boxes.length === 0}
          onClick={() => {
            const used = new Set(changes.map(c => boxOf(document, c)));
            const next = boxes.filter(b => b.kind === "units").find(b => !used.has(b.id)) ?? boxes[0]!;
            onChanges([...changes, { nodes: changeable(next.members), do: "scale", value: 0 }]);
          }}
        >
          Add a change
        </button>
        <label class="dial small">
          write {tokens} tokens
          <input type="range" min={0} max={60} value={tokens} onInput={e => setTokens(Number(e.currentTarget.value))} />
        </label>
      </div>
      {swaps && (
        <label class="swap-from">
          The other prompt
          <textarea rows={1} value={versus} spellcheck={false} onInput={e => setVersus(e.currentTarget.value)} />
        </label>
      )}
      <button
        type="button"
        class="primary"
        disabled={!model || changes.length === 0 || work.running || (swaps && versus.trim() === "")}
        onClick={() => {
          setRan(changes);
          void work.start(model!, {
            ...asked(document),
            changes,
            tokens,
            watch: watchedIds(document),
            ...(swaps ? { versus } : {}),
          });
        }}
      >
        Run
      </button>
      {!model && <p class="hint">The model of this chart is not on this machine: trace the prompt with yours first.</p>}
      {work.running && <ProgressLine title="Changing the model" status={work.status} onCancel={work.cancel} />}
      {work.error && <ProblemNote error={work.error} onClose={work.clear} />}
      {work.result && !work.running && <BeforeAfter document={document} result={work.result} predicted={expected} />}
    </section>
  );
}

function first(document: TraceDocument): readonly Change[] {
  const boxes = document.supernodes.filter(s => s.kind === "units");
  const box = [...boxes].sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect))[0];
  return box ? [{ nodes: changeable(box.members), do: "scale", value: 0 }] : [];
}

/** Errors and biases cannot be changed. */
const changeable = (members: readonly string[]) => members.filter(m => /^(unit|mlp|embedding)\./.test(m));

function boxOf(document: TraceDocument, change: Change): string {
  const chosen = new Set(change.nodes);
  const held = (members: readonly string[]) => {
    const all = changeable(members);
    return all.length === chosen.size && all.every(m => chosen.has(m));
  };
  return document.supernodes.find(s => held(s.members))?.id ?? "";
}

function nodesName(change: Change): string {
  return change.nodes.length === 1 ? change.nodes[0]! : `${change.nodes.length} nodes`;
}

function boxName(document: TraceDocument, id: string): string {
  const box = document.supernodes.find(s => s.id === id)!;
  const [first, last] = box.positions;
  const place = document.tokens
    .slice(first, last + 1)
    .map(t => tokenText(t.text))
    .join(" ");
  const label = tokenText(box.label.text);
  return box.kind === "tokens"
    ? `token ${label || place}`
    : `${label || box.id}${label.includes("layer") ? "" : ` (at ${place})`}`;
}

function editOf(change: Change): (typeof edits)[number]["key"] {
  if (change.do === "swap" || change.do === "set") return change.do;
  return change.value === 0 ? "off" : change.value === -1 ? "reverse" : "scale";
}
