/** One chart: its views, what can be done with it, and where it can be taken. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { TraceDocument } from "../../attribution/document.ts";
import type { RunInfo, TraceInput } from "../../server/api.ts";
import { ProgressLine } from "../parts/progress.tsx";
import { useJob } from "../parts/use-job.ts";
import type { Go, Route, View } from "../route.ts";
import { CompareView } from "./compare/compare-view.tsx";
import { BoxDial } from "./edit/box-dial.tsx";
import { BoxEditor } from "./edit/box-editor.tsx";
import { isGallery, useEdits } from "./edit/use-edits.ts";
import { ExportMenu } from "./export/export-menu.tsx";
import { BoxActions } from "./intervene/box-actions.tsx";
import { InterveneView } from "./intervene/intervene-view.tsx";
import { type Planned, readPlan, writePlan } from "./intervene/plan.ts";
import { MicroscopeView } from "./microscope/microscope-view.tsx";
import { StoryView } from "./story/story-view.tsx";
import { TimeLapseView } from "./timelapse/time-lapse-view.tsx";
import { UnitPanel } from "./unit/unit-panel.tsx";
import { Agreement } from "./verify/agreement.tsx";
import { VerifyButton, VerifyProgress } from "./verify/verify-button.tsx";
import { WatchView } from "./watch/watch-view.tsx";

export interface ChartPageProps {
  readonly id: string;
  readonly document: TraceDocument;
  readonly route: Route;
  readonly go: Go;
  /** The model that made the chart, when it is on this machine. */
  readonly model: string | undefined;
  /** Charts that are kept, to swap values from. */
  readonly charts: readonly RunInfo[];
  onCompare(): void;
  onDocument(document: TraceDocument, id?: string): void;
  /** A chart of the gallery that was changed becomes one of one's own. */
  onCopy(document: TraceDocument): void;
  onTrace(input: TraceInput): void;
  onAgain(): void;
}

const names: Readonly<Record<View, string>> = {
  story: "Story",
  microscope: "Microscope",
  intervene: "Intervene",
  compare: "Compare",
  timelapse: "Time-lapse",
  watch: "Watch",
};

export function ChartPage(props: ChartPageProps) {
  const { id, document, route, go, model } = props;
  const edits = useEdits(id, document, props.onDocument);
  const naming = useJob("roles");
  const latest = useRef(document);
  latest.current = document;
  /** Boxes with other members are named by what they do, where the model is at hand to say. */
  const regroup = (next: TraceDocument) => {
    edits.apply(next);
    if (!model || isGallery(id) || document.changed) return;
    void edits
      .settled()
      .then(() => naming.start(model, { document: id }))
      .then(done => {
        if (done && latest.current === next) edits.amend(done.document);
      });
  };
  const verify = useJob("verify");
  const stem = useMemo(
    () => (document.prompt.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).slice(-6).join("-") || "trace",
    [document],
  );
  const node = route.node ? document.nodes.find(n => n.id === route.node) : undefined;
  const plan = useMemo(() => readPlan(route.set, document), [route.set, document]);
  const keep = (planned: Planned) => go({ view: "intervene", set: writePlan([...plan, planned], document) });
  const titleOf = (box: string) => document.supernodes.find(s => s.id === box)?.label.text || box;
  const membersOf = (box: string) => document.supernodes.find(s => s.id === box)?.members ?? [];
  const tabs = useRef<HTMLElement>(null);
  useEffect(() => {
    // Where not all tabs have room, the one that is open is in sight.
    const row = tabs.current;
    const tab = row?.querySelector<HTMLElement>("[aria-current]");
    if (row && tab) row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }, [route.view]);
  return (
    <>
      <div class="views">
        <nav class="tabs" aria-label="views of this chart" ref={tabs}>
          {(Object.keys(names) as View[]).map(view => (
            <button
              type="button"
              key={view}
              class="tab"
              aria-current={route.view === view ? "page" : undefined}
              onClick={() => go({ view })}
            >
              {names[view]}
            </button>
          ))}
        </nav>
        <div class="view-actions">
          {edits.canUndo && (
            <button type="button" class="quiet" onClick={edits.undo}>
              Undo
            </button>
          )}
          {edits.canRedo && (
            <button type="button" class="quiet" onClick={edits.redo}>
              Redo
            </button>
          )}
          {isGallery(id) && edits.canUndo && (
            <button type="button" class="quiet" onClick={() => void props.onCopy(document)}>
              Keep a copy
            </button>
          )}
          {!isGallery(id) && !document.changed && (
            <VerifyButton
              document={document}
              able={model !== undefined}
              why="its model is not on this machine"
              work={verify}
              onStart={() => {
                void verify.start(model!, { document: id }).then(done => {
                  if (done) props.onDocument(done.document);
                });
              }}
            />
          )}
          <button type="button" class="quiet" onClick={props.onAgain}>
            Ask again
          </button>
          <ExportMenu id={id} name={stem} />
        </div>
      </div>
      <VerifyProgress work={verify} />
      {naming.running && <ProgressLine title="Naming the new boxes" status={naming.status} onCancel={naming.cancel} />}
      {document.changed && <p class="note-line">The model is changed in this chart: {document.changed.join("; ")}.</p>}
      {route.view === "story" && (
        <StoryView
          document={document}
          {...(route.box === undefined ? {} : { selected: route.box })}
          onSelect={box => go({ box }, { replace: true })}
          onOpenNode={node => go({ view: "microscope", node })}
          tools={<BoxDial document={document} onChange={regroup} />}
          below={document.verify && <Agreement document={document} />}
          actions={box => {
            const members = membersOf(box);
            if (members.length === 0 || members.every(m => m.startsWith("target."))) return null;
            return (
              <>
                <BoxActions
                  key={box}
                  document={document}
                  nodes={members}
                  title={titleOf(box)}
                  model={model}
                  onKeep={keep}
                />
                <BoxEditor key={`${box} editor`} document={document} box={box} edits={{ ...edits, apply: regroup }} />
              </>
            );
          }}
        />
      )}
      {route.view === "microscope" && (
        <MicroscopeView
          id={id}
          document={document}
          model={model}
          route={route}
          go={go}
          aside={
            node?.kind === "unit" && (
              <UnitPanel key={node.id} document={document} node={node} model={model} go={go} onKeep={keep} />
            )
          }
        />
      )}
      {route.view === "intervene" && (
        <InterveneView
          document={document}
          model={model}
          plan={plan}
          charts={props.charts.filter(c => c.id !== id && c.model === document.model.name)}
          onPlan={next => go({ set: writePlan(next, document) }, { replace: true })}
          onTrace={props.onTrace}
        />
      )}
      {route.view === "compare" && (
        <CompareView document={document} id={id} other={route.with} onChoose={props.onCompare} go={go} />
      )}
      {route.view === "timelapse" && <TimeLapseView document={document} model={model} />}
      {route.view === "watch" && <WatchView document={document} model={model} route={route} go={go} />}
    </>
  );
}
