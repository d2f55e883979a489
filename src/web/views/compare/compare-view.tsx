/** Two charts side by side: what is only in one, what is in both, and where the weight went. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { SupernodeInfo, TraceDocument } from "../../../attribution/document.ts";
import { percent, signed, tokenText, visible } from "../../../charts/text.ts";
import type { ErrorInfo } from "../../../server/api.ts";
import { api, errorOf } from "../../client.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import type { Go } from "../../route.ts";
import { type BoxPair, diff } from "./diff.ts";
import { UnitsTable } from "./units-table.tsx";

export interface CompareViewProps {
  readonly id: string;
  readonly document: TraceDocument;
  readonly other: string | undefined;
  readonly go: Go;
  onChoose(): void;
}

export function CompareView({ document, other, onChoose }: CompareViewProps) {
  const [second, setSecond] = useState<TraceDocument>();
  const [error, setError] = useState<ErrorInfo>();
  useEffect(() => {
    if (!other) return;
    let wanted = true;
    api.document(other).then(
      d => wanted && setSecond(d),
      failure => wanted && setError(errorOf(failure)),
    );
    return () => {
      wanted = false;
    };
  }, [other]);
  const it = useMemo(() => (second && other ? diff(document, second) : undefined), [document, second, other]);
  return (
    <section class="compare" aria-labelledby="compare-title">
      <h2 id="compare-title" class="view-title">
        {second && other ? "Two charts" : "Compare with another chart"}
      </h2>
      {error && <ProblemNote error={error} />}
      <div class="compare-heads">
        <Head document={document} side="A" />
        {second && other ? <Head document={second} side="B" /> : null}
        <button type="button" class={second && other ? "quiet" : "primary"} onClick={onChoose}>
          {second && other ? "Choose another" : "Choose a chart"}
        </button>
      </div>
      {!other && (
        <p class="lead">
          Trace a second prompt, or take one of the gallery. Boxes are matched by the units that they share, with places
          counted from the end.
        </p>
      )}
      {second && other && it && (
        <>
          {it.alike ? (
            <p class="diff-counts">
              <span class="only-a">{it.onlyA} units only in A</span>
              <span>{it.both} in both</span>
              <span class="only-b">{it.onlyB} only in B</span>
            </p>
          ) : (
            <p class="hint">
              Two different models (or bases): units of the same number have nothing to do with each other, so the boxes
              stand side by side by weight.
            </p>
          )}
          <ol class="diff-boxes">
            {it.boxes.map(pair => (
              <Pair key={(pair.a?.id ?? "") + (pair.b?.id ?? "")} pair={pair} alike={it.alike} />
            ))}
          </ol>
          {it.rows.length > 0 && <UnitsTable rows={it.rows} a={document} b={second} />}
        </>
      )}
    </section>
  );
}

function Head({ document, side }: { document: TraceDocument; side: string }) {
  return (
    <div class="compare-head">
      <span class="side">{side}</span>
      <p class="compare-prompt">{visible(document.prompt)}</p>
      <p>
        <b>→ {tokenText(document.target.text)}</b> {percent(document.target.probability)}{" "}
        <span class="hint">{document.model.name}</span>
      </p>
    </div>
  );
}

function Pair({ pair, alike }: { pair: BoxPair; alike: boolean }) {
  if (!alike) {
    return (
      <li class="diff-box both">
        <Side box={pair.a} />
        <span class="slope" aria-hidden="true" />
        <Side box={pair.b} />
      </li>
    );
  }
  const state = pair.a && pair.b ? "both" : pair.a ? "only-a" : "only-b";
  return (
    <li class={`diff-box ${state}`}>
      <Side box={pair.a} />
      <span class="slope" aria-hidden="true">
        {pair.a && pair.b ? slope(pair.a.share, pair.b.share) : pair.a ? "×" : "+"}
      </span>
      <Side box={pair.b} />
      <span class="hint">
        {state === "both" ? `${percent(pair.alike)} of units shared` : state === "only-a" ? "only in A" : "only in B"}
      </span>
    </li>
  );
}

function slope(a: number, b: number): string {
  return b > a * 1.15 ? "↗" : b < a * 0.87 ? "↘" : "→";
}

function Side({ box }: { box: SupernodeInfo | undefined }) {
  if (!box) return <span class="side-box empty">–</span>;
  return (
    <span class="side-box">
      <b>{tokenText(box.label.text) || box.id}</b>
      <span class="figure">
        {percent(box.share)} · {signed(box.effect)}
      </span>
    </span>
  );
}
