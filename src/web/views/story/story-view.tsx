/**
 * One trace as a story: question, coverage, words, chart, details, tables.
 *
 * Self-contained: it needs a document and story.css, keeps what is selected itself unless told, and reports through
 * callbacks. Knows nothing of servers, files or the page around it.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import { chart as chartOf } from "../../../charts/chart.ts";
import { figure, percent } from "../../../charts/text.ts";
import { Cards } from "./cards.tsx";
import { CoverageBar } from "./coverage-bar.tsx";
import { Details } from "./details.tsx";
import { Flow } from "./flow.tsx";
import { HowToRead } from "./how-to-read.tsx";
import { LinksTable } from "./links-table.tsx";
import { NodesTable } from "./nodes-table.tsx";
import { Paragraph } from "./paragraph.tsx";
import { Prompt } from "./prompt.tsx";
import { Shortcuts } from "./shortcuts.tsx";
import { useWidth } from "./use-width.ts";
import { type Step, type Walk, walk } from "./walk.ts";

export interface StoryViewProps {
  readonly document: TraceDocument;
  /** The chosen box, when the page wants to decide; otherwise the view keeps it itself (the answer first). */
  readonly selected?: string;
  readonly onSelect?: (box: string) => void;
  /** A node of the table was clicked. */
  readonly onOpenNode?: (node: string) => void;
  /** More to do with a box, shown in its details. */
  readonly actions?: (box: string) => ComponentChildren;
  /** Said and done with the whole chart, above it. */
  readonly tools?: ComponentChildren;
  /** Said below the chart, before its tables. */
  readonly below?: ComponentChildren;
  /** Links weaker than this share of the answer are listed, not drawn. */
  readonly minimumShare?: number;
}

/** The details beside the chart, with the space between: as in story.css. */
const panel = 364;

export function StoryView(props: StoryViewProps) {
  const { document, onSelect, onOpenNode, actions, minimumShare } = props;
  const chart = useMemo(
    () => chartOf(document, minimumShare === undefined ? {} : { minimumShare }),
    [document, minimumShare],
  );
  const root = useRef<HTMLDivElement>(null);
  // The whole view decides its form: measured on the chart alone, a panel that comes and goes would change the answer.
  const width = useWidth(root);
  const narrow = width < 640;
  const beside = width >= 1000;
  const [own, setOwn] = useState<Walk>({ at: chart.answer.id, list: [] });
  const [sentence, setSentence] = useState<number>();
  const [keys, setKeys] = useState(false);
  const selected = props.selected ?? own.at;
  const lit = useMemo(
    () => new Set(sentence === undefined ? [] : (document.story.sentences[sentence]?.boxes ?? [])),
    [document, sentence],
  );

  const go = (to: Walk, focus = false) => {
    setOwn(to);
    onSelect?.(to.at);
    if (!focus) return;
    requestAnimationFrame(() => {
      const button = root.current?.querySelector<HTMLElement>(`[data-box="${CSS.escape(to.at)}"]`);
      button?.focus({ preventScroll: true });
      button?.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  };
  const select = (id: string) => {
    setSentence(undefined);
    // On a phone a second tap closes the card; there is always one chosen box, so it falls back to none open.
    go({ at: narrow && id === selected ? "" : id, list: [] });
  };

  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const typing =
        event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
      if (event.key !== "?" || typing || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      setKeys(true);
    };
    window.addEventListener("keydown", key);
    return () => window.removeEventListener("keydown", key);
  }, []);

  const steer = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const up: Step = narrow ? "input" : "output";
    const down: Step = narrow ? "output" : "input";
    const step = ({ ArrowUp: up, ArrowDown: down, ArrowRight: "next", ArrowLeft: "previous" } as const)[event.key];
    if (event.key === "Escape") {
      setSentence(undefined);
      go({ at: chart.answer.id, list: [] });
    } else if (event.key === "Home") {
      go({ at: chart.answer.id, list: [] }, true);
    } else if (step) {
      setSentence(undefined);
      const focused = (event.target as Element).closest<HTMLElement>("[data-box]")?.dataset.box;
      const at = focused ?? (selected || chart.answer.id);
      go(walk(chart, at === own.at ? own : { at, list: [] }, step), true);
    } else return;
    event.preventDefault();
  };

  const details = (
    <Details
      document={document}
      chart={chart}
      id={selected || chart.answer.id}
      onSelect={id => go({ at: id, list: [] }, narrow)}
      actions={actions}
    />
  );
  return (
    <div class="story" ref={root}>
      <Prompt document={document} chart={chart} lit={lit} />
      <CoverageBar coverage={document.coverage} />
      <Paragraph story={document.story} chosen={sentence} onChoose={setSentence} />
      <div class="chart-head">
        <p class="note">
          {narrow
            ? "Read downwards: from the words of the prompt to the answer."
            : "Read upwards: the words of the prompt at the bottom, the answer on top."}{" "}
          <span class="for">+ green</span> speaks for it, <span class="against">− purple</span> against it; the wider,
          the more. {narrow ? "Tap" : "Choose"} a box to open it.
        </p>
        {props.tools}
      </div>
      <div class={beside ? "columns beside" : "columns"}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: keys go to the focused box; its buttons do all without them */}
        <div class="stage" onKeyDown={steer}>
          {width > 0 &&
            (narrow ? (
              <Cards chart={chart} selected={selected} lit={lit} onSelect={select} details={details} />
            ) : (
              <Flow
                chart={chart}
                width={beside ? width - panel : width}
                selected={selected}
                lit={lit}
                onSelect={select}
              />
            ))}
          {chart.undrawn.count > 0 && (
            <p class="note">
              {chart.undrawn.count} weaker links are not drawn; they carry {percent(chart.undrawn.share)} of the flow
              between boxes and are in the list of links.
            </p>
          )}
        </div>
        {!narrow && <aside>{details}</aside>}
      </div>
      {props.below}
      <details class="fold">
        <summary>How to read this</summary>
        <HowToRead chart={chart} />
      </details>
      <details class="fold">
        <summary>Links ({chart.links.length})</summary>
        <LinksTable chart={chart} onSelect={id => go({ at: id, list: [] }, true)} />
      </details>
      <details class="fold">
        <summary>Nodes ({document.nodes.length})</summary>
        <NodesTable
          document={document}
          chart={chart}
          onSelect={id => go({ at: id, list: [] }, true)}
          onOpenNode={onOpenNode}
        />
      </details>
      <Checks document={document} />
      {keys && <Shortcuts narrow={narrow} onClose={() => setKeys(false)} />}
    </div>
  );
}

function Checks({ document }: { document: TraceDocument }) {
  const { checks, sweep, scores, verify } = document;
  return (
    <footer class="checks">
      <p>
        rows add up to {figure(checks.rowSum)} · frozen logits to {figure(checks.frozenLogits)} · {sweep.expanded} rows
        computed, at most {percent(sweep.unexpanded)} of influence unexplored
        {/* Neurons rebuild the model without error: there these scores only tell how much rows have dropped. */}
        {document.basis !== "neurons" &&
          ` · replacement ${figure(scores.replacement)}, completeness ${figure(scores.completeness)}`}
        {verify && ` · verified with ${verify.nodes} nodes, ${verify.controls} controls, seed ${verify.seed}`}
        {verify?.spearman !== undefined && `, Spearman ${figure(verify.spearman)}`}
      </p>
      {document.notes.map(note => (
        <p key={note}>{note}</p>
      ))}
      <p>
        press <kbd>?</kbd> for keys
      </p>
    </footer>
  );
}
