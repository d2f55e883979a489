/** One unit: its label and where that comes from, what it reads and says, where it fires here, and on a text of one's own. */
import { useEffect, useState } from "preact/hooks";
import type { NodeInfo, TraceDocument } from "../../../attribution/document.ts";
import { percent, tokenText } from "../../../charts/text.ts";
import type { Change } from "../../../server/api.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { useJob } from "../../parts/use-job.ts";
import type { Go } from "../../route.ts";
import { BoxActions } from "../intervene/box-actions.tsx";
import { labelSource } from "../story/words.ts";
import { Heat } from "../watch/heat.tsx";

export interface UnitPanelProps {
  readonly document: TraceDocument;
  readonly node: NodeInfo;
  readonly model: string | undefined;
  readonly go: Go;
  onKeep(change: Change): void;
}

export function UnitPanel({ document, node, model, go, onKeep }: UnitPanelProps) {
  const facts = useJob("unit");
  const own = useJob("watch");
  const [text, setText] = useState("");
  const neurons = document.basis === "neurons";
  const layer = node.layer as number;
  const index = node.index!;
  useEffect(() => {
    if (model && neurons) void facts.start(model, { layer, index });
  }, [model, neurons, layer, index]);
  const here = document.nodes.filter(n => n.kind === "unit" && n.layer === layer && n.index === index);
  const heat = document.tokens.map((_, position) => here.find(n => n.position === position)?.activation ?? 0);
  const name = `unit ${layer}.${index}`;
  return (
    <section class="unit-panel" aria-label={name}>
      <h3>About {name}</h3>
      <p class="about">
        {node.label?.text
          ? `${tokenText(node.label.text)}: ${labelSource[node.label.source]}, confidence ${percent(node.label.confidence)}`
          : "no label: nothing about it is clear enough to put in words"}
      </p>
      <h4>In this prompt</h4>
      <Heat tokens={document.tokens} values={heat} />
      <p class="hint">Only places that the chart keeps are coloured.</p>
      <BoxActions document={document} nodes={here.map(n => n.id)} title={name} model={model} onKeep={onKeep} />
      <Words title="Makes more likely" words={facts.result?.promotes.map(w => w.text) ?? node.promotes} sign="+" />
      <Words title="Makes less likely" words={facts.result?.suppresses.map(w => w.text) ?? node.suppresses} sign="−" />
      <Words title="Driven by the words" words={facts.result?.reads.map(w => w.text) ?? node.reads} />
      {facts.running && <p class="hint">Reading its weights …</p>}
      {facts.error && <ProblemNote error={facts.error} />}
      {facts.result && facts.result.nearest.length > 0 && (
        <>
          <h4>Writes nearly the same</h4>
          <ul class="inline-list">
            {facts.result.nearest.slice(0, 6).map(near => {
              const there = document.nodes.find(n => n.layer === near.layer && n.index === near.index);
              return (
                <li key={near.index}>
                  {there ? (
                    <button type="button" class="quiet" onClick={() => go({ node: there.id })}>
                      unit {near.layer}.{near.index}
                    </button>
                  ) : (
                    <span>
                      unit {near.layer}.{near.index}
                    </span>
                  )}{" "}
                  <span class="figure">{near.cosine.toFixed(2)}</span>
                </li>
              );
            })}
          </ul>
        </>
      )}
      {model && neurons && (
        <form
          class="own-text"
          onSubmit={event => {
            event.preventDefault();
            if (text.trim()) void own.start(model, { prompt: text, units: [{ layer, index }] });
          }}
        >
          <label>
            Try it on a text of your own
            <textarea rows={2} value={text} onInput={e => setText(e.currentTarget.value)} />
          </label>
          <button type="submit" class="plain" disabled={!text.trim() || own.running}>
            Show where it fires
          </button>
          {own.error && <ProblemNote error={own.error} />}
          {own.result && <Heat tokens={own.result.tokens} values={own.result.activations[0]!} />}
        </form>
      )}
    </section>
  );
}

function Words({ title, words, sign }: { title: string; words: readonly string[] | undefined; sign?: string }) {
  if (!words?.length) return null;
  return (
    <>
      <h4>{title}</h4>
      <p class="words">
        {words.slice(0, 12).map((word, i) => (
          <span key={i} class="word">
            {sign && <span aria-hidden="true">{sign}</span>} {tokenText(word)}
          </span>
        ))}
      </p>
    </>
  );
}
