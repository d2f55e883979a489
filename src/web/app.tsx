/** The page: a prompt on top, the chart it gave below, in one of its views. Holds what the parts share; draws little itself. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { TraceDocument } from "../attribution/document.ts";
import { visible } from "../charts/text.ts";
import type { Documents, ErrorInfo, JobStatus, Models, TraceInput } from "../server/api.ts";
import { api, connect, errorOf, job, listen } from "./client.ts";
import { Keys } from "./parts/keys.tsx";
import { ProblemNote } from "./parts/problem.tsx";
import { ProgressLine } from "./parts/progress.tsx";
import { another, useRoute, type View } from "./route.ts";
import { ThemeSwitch } from "./single/theme-switch.tsx";
import { ChartPage } from "./views/chart-page.tsx";
import { Composer } from "./views/composer/composer.tsx";
import { type Draft, draftOf, emptyDraft, estimate } from "./views/composer/draft.ts";
import { GalleryStrip, Library } from "./views/library/library.tsx";
import { ModelPicker } from "./views/models/model-picker.tsx";

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
  const [chosen, setChosen] = useState<string>();
  const [trace, setTrace] = useState<{ id: string; document: TraceDocument }>();
  const [error, setError] = useState<ErrorInfo>();
  const [note, setNote] = useState<string>();
  const [draft, setDraft] = useState<Draft>(emptyDraft);
  const [running, setRunning] = useState<readonly Running[]>([]);
  const [loading, setLoading] = useState<{ status: JobStatus | undefined; stop: AbortController }>();
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

  const model = chosen ?? models?.resident?.name ?? models?.preferred;
  const ready = model !== undefined && models?.resident?.name === model;
  const load = async (name = model) => {
    if (!name) return;
    loading?.stop.abort();
    const stop = new AbortController();
    setLoading({ status: undefined, stop });
    setError(undefined);
    try {
      await job("load", name, {}, { signal: stop.signal, onStatus: status => setLoading({ status, stop }) });
      void api.models().then(setModels, failed);
    } catch (failure) {
      failed(failure);
    } finally {
      setLoading(had => (had?.stop === stop ? undefined : had));
    }
  };

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

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const typing =
        event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        const button = document.querySelector<HTMLButtonElement>(".composer button[type=submit]");
        button?.click();
        event.preventDefault();
        return;
      }
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector("dialog[open]")) return;
      const to = (
        { "1": "story", "2": "microscope", "3": "intervene", "4": "compare", "5": "timelapse", "6": "watch" } as const
      )[event.key] as View | undefined;
      if (event.key === "?") setKeys(true);
      else if (event.key === "/") document.getElementById("prompt")?.focus();
      else if (event.key === "r") setLibrary("open");
      else if (to) go({ view: to });
      else return;
      // The story view has a list of keys of its own, for where there is no page around it.
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    window.addEventListener("keydown", press, { capture: true });
    return () => window.removeEventListener("keydown", press, { capture: true });
  });

  /** The model that can be asked about this chart: by the same name, loaded when needed. */
  const chartModel = useMemo(() => {
    const name = trace?.document.model.name;
    if (!name || !models) return undefined;
    const fits = (m: string) =>
      m === name ||
      m
        .split("/")
        .at(-1)
        ?.replace(/\.gguf$/, "") === name;
    if (models.resident && fits(models.resident.name)) return models.resident.name;
    if (model && fits(model)) return model;
    return models.choices.find(c => c.here && !c.trouble && fits(c.name))?.name;
  }, [trace, models, model]);

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
      <header class="top">
        <a class="brand" href="/">
          Lucida
        </a>
        <nav aria-label="page">
          <ModelPicker
            models={models}
            model={model}
            loading={loading !== undefined}
            onChoose={name => {
              setChosen(name);
              void load(name);
            }}
          />
          <button type="button" class="quiet" onClick={() => setLibrary("open")}>
            Charts
          </button>
          <label class="quiet open-file">
            Open a file
            <input
              type="file"
              class="unseen"
              accept=".json,.lucida,.html,application/json"
              onChange={event => {
                const file = event.currentTarget.files?.[0];
                if (file) void take(file);
                event.currentTarget.value = "";
              }}
            />
          </label>
          <ThemeSwitch />
          <button type="button" class="quiet keys-button" aria-label="keys" onClick={() => setKeys(true)}>
            ?
          </button>
        </nav>
      </header>
      {!online && (
        <p class="offline" role="status">
          The server has gone. Charts on this page stay readable; start it again with <code>lucida</code>.
        </p>
      )}
      <Composer
        models={models}
        model={model}
        ready={ready}
        loading={loading ? (loading.status ?? beginning) : undefined}
        draft={draft}
        onDraft={setDraft}
        onLoad={() => void load()}
        onStopLoading={() => loading?.stop.abort()}
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

const beginning: JobStatus = { id: "", kind: "load", state: "queued", ahead: 0 };
