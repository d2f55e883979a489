/** One unit: its label and where that comes from, where it fires here and elsewhere, what it says, and on one's own text. */
import { useEffect, useState } from "preact/hooks";
import type { NodeInfo, TraceDocument } from "../../../attribution/document.ts";
import { percent, tokenText } from "../../../charts/text.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { useJob } from "../../parts/use-job.ts";
import type { Go } from "../../route.ts";
import { BoxActions } from "../intervene/box-actions.tsx";
import type { Planned } from "../intervene/plan.ts";
import { labelSource } from "../story/words.ts";
import { Heat } from "../watch/heat.tsx";
import { BuildIndex } from "./build-index.tsx";
import { Evidence } from "./evidence.tsx";
import { NearUnits } from "./near-units.tsx";
import { OwnText } from "./own-text.tsx";

export interface UnitPanelProps {
  readonly document: TraceDocument;
  readonly node: NodeInfo;
  readonly model: string | undefined;
  readonly go: Go;
  onKeep(planned: Planned): void;
}

export function UnitPanel({ document, node, model, go, onKeep }: UnitPanelProps) {
  const facts = useJob("unit");
  const { basis } = document;
  const layer = node.layer as number;
  const index = node.index!;
  const [built, setBuilt] = useState(0);
  useEffect(() => {
    if (model) void facts.start(model, { layer, index, basis });
  }, [model, basis, layer, index, built]);
  const here = document.nodes.filter(n => n.kind === "unit" && n.layer === layer && n.index === index);
  const heat = document.tokens.map((_, position) => here.find(n => n.position === position)?.activation ?? 0);
  const name = `${basis === "neurons" ? "unit" : "feature"} ${layer}.${index}`;
  const { evidence } = facts.result ?? {};
  return (
    <section class="unit-panel" aria-label={name}>
      <h3>About {name}</h3>
      <LabelLine node={node} fromIndex={evidence?.label} />
      <h4>In this prompt</h4>
      <Heat tokens={document.tokens} values={heat} />
      <p class="hint">Only places that the chart keeps are coloured.</p>
      <BoxActions document={document} nodes={here.map(n => n.id)} title={name} model={model} onKeep={onKeep} />
      {evidence && <Evidence evidence={evidence} here={here.map(n => n.activation)} />}
      <Words title="Makes more likely" words={facts.result?.promotes.map(w => w.text) ?? node.promotes} sign="+" />
      <Words title="Makes less likely" words={facts.result?.suppresses.map(w => w.text) ?? node.suppresses} sign="−" />
      <Words title="Driven by the words" words={facts.result?.reads.map(w => w.text) ?? node.reads} />
      {facts.running && !facts.result && <p class="hint">Reading its weights …</p>}
      {facts.error && <ProblemNote error={facts.error} />}
      {evidence && (
        <NearUnits title="Fires in the same texts" units={evidence.alike.slice(0, 6)} document={document} go={go} />
      )}
      {facts.result && (
        <NearUnits
          title="Writes nearly the same"
          units={facts.result.nearest.slice(0, 6)}
          document={document}
          go={go}
        />
      )}
      {model && facts.result && !evidence && (
        <BuildIndex model={model} basis={basis} onBuilt={() => setBuilt(n => n + 1)} />
      )}
      {model && <OwnText model={model} basis={basis} layer={layer} index={index} />}
      {!model && (
        <p class="hint">
          The model of this chart is not on this machine, so only what the chart itself keeps is shown of this unit.
        </p>
      )}
    </section>
  );
}

function LabelLine({
  node,
  fromIndex,
}: {
  node: NodeInfo;
  fromIndex: { readonly text: string; readonly confidence: number; readonly examples: number } | undefined;
}) {
  return (
    <p class="about">
      {node.label?.text
        ? `${tokenText(node.label.text)}: ${labelSource[node.label.source]}, confidence ${percent(node.label.confidence)}`
        : fromIndex
          ? ""
          : "no label: nothing about it is clear enough to put in words"}
      {fromIndex && (
        <>
          {node.label?.text && <br />}
          {fromIndex.text}: from {fromIndex.examples} of its strongest examples, confidence{" "}
          {percent(fromIndex.confidence)}
        </>
      )}
    </p>
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
