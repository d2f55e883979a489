/** The page: a prompt on top, the chart it gave below, in one of its views. Holds what the parts share; draws little itself. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { TraceDocument } from "../attribution/document.ts";
import { visible } from "../charts/text.ts";
import type { Documents, ErrorInfo, JobStatus, Models, TraceInput } from "../server/api.ts";
import { api, connect, errorOf, job, listen } from "./client.ts";
import { usePageKeys } from "./page-keys.ts";
import { Keys } from "./parts/keys.tsx";
import { ProblemNote } from "./parts/problem.tsx";
import { ProgressLine } from "./parts/progress.tsx";
import { another, useRoute } from "./route.ts";
import { TopLine } from "./top-line.tsx";
import { ChartPage } from "./views/chart-page.tsx";
import { Composer } from "./views/composer/composer.tsx";
import { type Draft, draftOf, emptyDraft, estimate } from "./views/composer/draft.ts";
import { GalleryStrip, Library } from "./views/library/library.tsx";
import { ModelPicker } from "./views/models/model-picker.tsx";
import { modelOf, useModel } from "./views/models/use-model.ts";

interface Running {
  readonly key: number;
  readonly title: string;
  readonly status: JobStatus | undefined;
  readonly expected: number | undefined;
  readonly stop: AbortController;
}

export function App() {
  const [route, go] = useRoute();
  const [documents, setDocuments] = useState<Documents>();
  const [models, setModels] = useState<Models>();
  const [trace, setTrace] = useState<{ id: string; document: TraceDocument }>();
  const [error, setError] = useState<ErrorInfo>();
  const [note, setNote] = useState<string>();
  const [draft, setDraft] = useState<Draft>(emptyDraft);
  const [running, setRunning] = useState<readonly Running[]>([]);
  const [library, setLibrary] = useState<"open" | "compare">();
  const [keys, setKeys] = useState(false);
  const [online, setOnline] = useState(true);
  const [over, setOver] = useState(false);
  const counter = useRef(0);
  const failed = useCallback((failure: unknown) => {
    const info = errorOf(failure);
    if (info) setError(info);
  }, []);

  const refresh = useCallback(() => api.documents().then(setDocuments, failed), [failed]);
  useEffect(() => {
    void refresh();
    void api.models().then(setModels, failed);
    const close = connect(setOnline);
    const stop = listen(event => {
      if (event.type === "runs") void refresh();
      if (event.type === "model") {
        setModels(had => had && { ...had, resident: event.resident });
      }
    });
    return () => {
      close();
      stop();
    };
  }, [refresh, failed]);

  const doc = route.doc ?? documents?.gallery[0]?.id;
  useEffect(() => {
    if (!doc || trace?.id === doc) return;
    let wanted = true;
    api.document(doc).then(
      document => {
        if (wanted) setTrace({ id: doc, document });
      },
      failure => {
        if (wanted) failed(failure);
      },
    );
    return () => {
      wanted = false;
    };
  }, [doc, trace?.id, failed]);
  useEffect(() => {
    const text = trace ? visible(trace.document.prompt).trim() : "";
    document.title = text ? `${text.length > 60 ? `${text.slice(0, 60)}…` : text} · Lucida` : "Lucida";
  }, [trace]);

  const { model, ready, loading, choose, load, stopLoading } = useModel(models, {
    onBegin: () => setError(undefined),
    onLoaded: () => void api.models().then(setModels, failed),
    onFailed: failed,
  });

  const start = async (input: TraceInput, count?: number) => {
    if (!model) return;
    const key = ++counter.current;
    const stop = new AbortController();
    const title = input.changes ? "The changed model" : visible(input.prompt ?? "the prompt");
    const expected = estimate(models, model, count ?? Math.ceil((input.prompt ?? "").length / 4));
    const change = (status: JobStatus) =>
      setRunning(all => all.map(one => (one.key === key ? { ...one, status } : one)));
    setError(undefined);
    setRunning(all => [...all, { key, title, status: undefined, expected, stop }]);
    try {
      const made = await job("trace", model, input, { signal: stop.signal, onStatus: change });
      if (made.id) {
        setTrace({ id: made.id, document: made.document });
        // A changed model is at once comparable with the one that it was.
        go({ ...another, doc: made.id, view: "story", ...(input.changes ? { with: route.doc ?? doc } : {}) });
        void api.models().then(setModels, failed);
        requestAnimationFrame(() => {
          const place = document.getElementById("chart");
          if (place && place.getBoundingClientRect().top > window.innerHeight * 0.45)
            place.scrollIntoView({ block: "start" });
        });
      }
    } catch (failure) {
      failed(failure);
    } finally {
      setRunning(all => all.filter(one => one.key !== key));
    }
  };

  const open = (id: string) => {
    setLibrary(undefined);
    if (library === "compare") go({ with: id, view: "compare" });
    else go({ ...another, doc: id, view: "story" });
  };
  const take = async (file: File) => {
    setError(undefined);
    try {
      const { run, notes } = await api.import(file);
      setNote([`Kept “${run.title.slice(0, 60)}”.`, ...notes].join(" "));
      await refresh();
      open(run.id);
    } catch (failure) {
      failed(failure);
    }
  };

  usePageKeys({
    onKeys: () => setKeys(true),
    onCharts: () => setLibrary("open"),
    onView: view => go({ view }),
  });

  const made = trace?.document.model.name;
  const chartModel = useMemo(() => modelOf(made, models, model), [made, models, model]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files can be dropped anywhere; the button in the library does the same
    <div
      class={over ? "page over" : "page"}
      onDragOver={event => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={event => {
        if (event.relatedTarget === null) setOver(false);
      }}
      onDrop={event => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file) void take(file);
      }}
    >
      <a class="skip" href="#chart">
        To the chart
      </a>
      <TopLine
        model={<ModelPicker models={models} model={model} loading={loading !== undefined} onChoose={choose} />}
        onCharts={() => setLibrary("open")}
        onFile={file => void take(file)}
        onKeys={() => setKeys(true)}
      />
      {!route.doc && (
        <p class="intro">
          See what a language model thought between your prompt and its next word. Type a prompt and press <b>Trace</b>.
        </p>
      )}
      {!online && (
        <p class="offline" role="status">
          The server has gone. Charts on this page stay readable; start it again with <code>lucida</code>.
        </p>
      )}
      <Composer
        models={models}
        model={model}
        ready={ready}
        loading={loading}
        busy={running.length > 0}
        draft={draft}
        onDraft={setDraft}
        onLoad={load}
        onStopLoading={stopLoading}
        onTrace={(input, tokens) => void start(input, tokens)}
      />
      {running.map(one => (
        <ProgressLine
          key={one.key}
          title={one.title}
          status={one.status}
          expected={one.expected}
          onCancel={() => one.stop.abort()}
        />
      ))}
      {error && <ProblemNote error={error} onClose={() => setError(undefined)} />}
      {note && (
        <p class="note-line" role="status">
          {note}{" "}
          <button type="button" class="quiet" onClick={() => setNote(undefined)}>
            Dismiss
          </button>
        </p>
      )}
      {(!route.doc || route.doc.startsWith("gallery-")) && documents?.gallery.length !== 0 && (
        <GalleryStrip gallery={documents?.gallery ?? []} current={doc} onOpen={open} />
      )}
      <main id="chart" tabIndex={-1}>
        {trace ? (
          <ChartPage
            key={trace.id}
            id={trace.id}
            document={trace.document}
            route={route}
            go={go}
            model={chartModel}
            charts={[...(documents?.runs ?? []), ...(documents?.gallery ?? [])]}
            onCompare={() => setLibrary("compare")}
            onDocument={(document, id = trace.id) => {
              setTrace({ id, document });
              if (id !== trace.id) go({ doc: id }, { replace: true });
            }}
            onCopy={document =>
              void take(new File([JSON.stringify(document)], "a changed chart.json", { type: "application/json" }))
            }
            onTrace={input => void start(input, trace.document.tokens.length)}
            onAgain={() => {
              setDraft(draftOf(trace.document, draft));
              document.getElementById("prompt")?.focus();
            }}
          />
        ) : (
          <div class="placeholder" aria-hidden="true" />
        )}
      </main>
      {library && (
        <Library
          documents={documents}
          current={doc}
          title={library === "compare" ? "Compare with" : "Charts"}
          onOpen={open}
          onClose={() => setLibrary(undefined)}
          onChanged={() => void refresh()}
        />
      )}
      {keys && <Keys onClose={() => setKeys(false)} />}
      {over && <div class="drop">Drop a trace, a .lucida file, or a graph JSON</div>}
    </div>
  );
}
