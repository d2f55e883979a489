/** Everything known about one box: what it is, what feeds it, what it feeds, what it does, its tests, its members. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { NodeInfo, TraceDocument } from "../../../attribution/document.ts";
import { type ChartBox, layersOf } from "../../../charts/box.ts";
import type { Chart } from "../../../charts/chart.ts";
import type { ChartLink } from "../../../charts/link.ts";
import { figure, percent, quoted, signed, tokenText } from "../../../charts/text.ts";
import { Badge, ShareBar } from "./box-card.tsx";
import { Scatter } from "./scatter.tsx";
import { labelSource, testWords } from "./words.ts";

export interface DetailsProps {
  readonly document: TraceDocument;
  readonly chart: Chart;
  readonly id: string;
  onSelect(id: string): void;
  /** More to do with a box, from the page around. */
  readonly actions?: ((id: string) => ComponentChildren) | undefined;
}

export function Details({ document, chart, id, onSelect, actions }: DetailsProps) {
  const box = chart.boxes.find(b => b.id === id);
  if (!box) return <Others chart={chart} onSelect={onSelect} />;
  const supernode = document.supernodes.find(s => s.id === id);
  const inputs = chart.links.filter(l => l.target === id).sort((a, b) => b.input - a.input);
  const outputs = chart.links.filter(l => l.source === id);
  return (
    <section class="details" aria-label={`details of ${box.label}`}>
      <h2>
        {box.number && <span class="number">{box.number}</span>} {box.short}
      </h2>
      <p class="about">
        {box.place}
        {box.kind === "units" && ` · ${labelSource[box.labelSource]}`}
        {box.kind === "answer" && ` · ${chart.what}`}
      </p>
      {box.kind !== "answer" && (
        <>
          <ShareBar share={box.share} effect={box.effect} />
          <p>
            carries {percent(box.share)} of the answer; {signed(box.effect)} logits in all
            {box.kind === "units" &&
              ` · ${box.members.length} ${box.coarse ? "whole blocks" : "units"}, ${layersOf(box.layers)}`}
          </p>
        </>
      )}
      {box.error > 0 && (
        <p class="error-line">
          <span class="key error" aria-hidden="true" /> {percent(box.error)} of its input is error: the dictionary could
          not rebuild it
        </p>
      )}
      {actions?.(id)}
      {supernode?.does && (
        <>
          <h3>What it does</h3>
          <TokenLine sign="for" tokens={supernode.does.raises} />
          <TokenLine sign="against" tokens={supernode.does.lowers} />
          <p>
            Switched off in the model, the answer changes by {signed(supernode.does.measured)} logits; the chart
            predicts {signed(supernode.does.predicted)}.
          </p>
        </>
      )}
      <LinkList key={`in ${id}`} title="What feeds it" links={inputs} end="source" chart={chart} onSelect={onSelect} />
      <LinkList
        key={`out ${id}`}
        title="What it feeds"
        links={outputs}
        end="target"
        chart={chart}
        onSelect={onSelect}
      />
      {box.verdict && (
        <>
          <h3>
            Tests <Badge box={box} words />
          </h3>
          <Scatter tests={box.verdict.tests} />
          <ul class="tests">
            {box.verdict.tests.map(test => (
              <li key={test.what}>
                {testWords(test.what)}
                <dl>
                  <Figure name="predicted" value={signed(test.predicted)} />
                  <Figure name="live" value={signed(test.live)} />
                  <Figure name="frozen" value={signed(test.frozen)} />
                  <Figure
                    name={`${test.controls.length} controls`}
                    value={
                      test.controls.length
                        ? `${signed(Math.min(...test.controls))} … ${signed(Math.max(...test.controls))}`
                        : "–"
                    }
                  />
                </dl>
              </li>
            ))}
          </ul>
        </>
      )}
      {box.kind === "answer" && <Top document={document} />}
      {(box.kind === "units" || box.kind === "other") && <Members key={id} document={document} box={box} />}
    </section>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function TokenLine({ sign, tokens }: { sign: "for" | "against"; tokens: readonly { text: string; change: number }[] }) {
  if (tokens.length === 0) return null;
  return (
    <p class={`tokens-line ${sign}`}>
      <span>{sign}</span>{" "}
      {tokens.map(t => (
        <span class="tokenlet" key={t.text}>
          {tokenText(t.text)} <small>{signed(t.change)}</small>
        </span>
      ))}
    </p>
  );
}

/** Links and members that are shown before somebody asks for all. */
const few = 8;

interface LinkListProps {
  readonly title: string;
  readonly links: readonly ChartLink[];
  readonly end: "source" | "target";
  readonly chart: Chart;
  onSelect(id: string): void;
}

function LinkList({ title, links, end, chart, onSelect }: LinkListProps) {
  const [all, setAll] = useState(false);
  if (links.length === 0) return null;
  const shown = all || links.length <= few + 2 ? links : links.slice(0, few);
  return (
    <>
      <h3>{title}</h3>
      <ul class="link-list">
        {shown.map(link => {
          const other = chart.boxes.find(b => b.id === link[end])!;
          return (
            <li key={link[end]}>
              <button type="button" onClick={() => onSelect(link[end])}>
                <span class="name">
                  {other.number && <span class="number">{other.number}</span>} {other.short}
                  {link.back && " ↩"}
                </span>
                <ShareBar share={link.input} effect={link.weight} />
              </button>
            </li>
          );
        })}
      </ul>
      {shown.length < links.length && (
        <button type="button" class="quiet more" onClick={() => setAll(true)}>
          show all {links.length}
        </button>
      )}
      <p class="note">
        {end === "source" ? "shares of this box's input" : "shares of the other box's input"}
        {links.some(l => l.back) && "; ↩ runs against the order of the chart, so it is not drawn"}
      </p>
    </>
  );
}

function Top({ document }: { document: TraceDocument }) {
  return (
    <>
      <h3>What the model would say</h3>
      <table>
        <thead>
          <tr>
            <th>token</th>
            <th>probability</th>
            <th>logit</th>
          </tr>
        </thead>
        <tbody>
          {document.top.slice(0, 10).map(t => (
            <tr key={t.id}>
              <td>{quoted(t.text)}</td>
              <td>{percent(t.probability)}</td>
              <td>{figure(t.logit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Members({ document, box }: { document: TraceDocument; box: ChartBox }) {
  const [all, setAll] = useState(false);
  const inside = new Set(box.members);
  const nodes = document.nodes.filter(n => inside.has(n.id)).sort((a, b) => b.influence - a.influence);
  const shown = all ? nodes : nodes.slice(0, few);
  return (
    <>
      <h3>Members</h3>
      <ul class="members">
        {shown.map(node => (
          <Member key={node.id} node={node} document={document} />
        ))}
      </ul>
      {nodes.length > shown.length && (
        <button type="button" class="quiet more" onClick={() => setAll(true)}>
          show all {nodes.length}
        </button>
      )}
    </>
  );
}

function Member({ node, document }: { node: NodeInfo; document: TraceDocument }) {
  const where = node.kind === "mlp" ? `whole block ${node.layer}` : `layer ${node.layer} · ${node.index}`;
  const evidence = [
    node.reads?.length ? `reads ${node.reads.slice(0, 3).map(tokenText).join(", ")}` : "",
    node.promotes?.length ? `for ${node.promotes.slice(0, 4).map(tokenText).join(", ")}` : "",
    node.suppresses?.length ? `against ${node.suppresses.slice(0, 3).map(tokenText).join(", ")}` : "",
  ].filter(Boolean);
  return (
    <li>
      <span class="name">{node.label?.text ? tokenText(node.label.text) : where}</span>
      <span class="figure">{percent(node.influence)}</span>
      <small>
        {node.label?.text ? `${where} · ` : ""}
        {quoted(document.tokens[node.position ?? 0]?.text ?? "")} · activation {figure(node.activation)}
        {evidence.length > 0 && ` · ${evidence.join(" · ")}`}
      </small>
    </li>
  );
}

function Others({ chart, onSelect }: { chart: Chart; onSelect(id: string): void }) {
  const others = chart.boxes.filter(b => b.kind === "other");
  return (
    <section class="details" aria-label="units in no box">
      <h2>other units</h2>
      <p>Units that are in no box, by the token they belong to. They count: nothing is dropped.</p>
      <ul class="link-list">
        {others.map(box => (
          <li key={box.id}>
            <button type="button" onClick={() => onSelect(box.id)}>
              <span class="name">{box.place}</span>
              <ShareBar share={box.share} effect={box.effect} />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
