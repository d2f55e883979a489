/** Chosen units on any text: type or paste, and see each light up token by token as the model reads, and writes on. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import { figure } from "../../../charts/text.ts";
import type { WatchedToken } from "../../../server/api.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { ProgressLine } from "../../parts/progress.tsx";
import { useJob } from "../../parts/use-job.ts";
import type { Go, Route } from "../../route.ts";
import { Heat } from "./heat.tsx";
import { charted, nameOf, unitsOf, type Watch } from "./units-of.ts";

export interface WatchViewProps {
  readonly document: TraceDocument;
  readonly model: string | undefined;
  readonly route: Route;
  readonly go: Go;
}

/** Units that are watched to begin with. */
const few = 8;

export function WatchView({ document, model, route, go }: WatchViewProps) {
  const known = useMemo(() => unitsOf(document), [document]);
  const [watched, setWatched] = useState<readonly Watch[]>(known.slice(0, few));
  const [text, setText] = useState(route.text ?? document.prompt);
  const [add, setAdd] = useState("");
  const [count, setCount] = useState(12);
  const [read, setRead] = useState<{ readonly of: string; readonly tokens: readonly WatchedToken[] }>();
  const work = useJob("watch");
  const key = JSON.stringify([text, watched.map(w => [w.layer, w.index])]);
  const start = (tokens: number) => {
    if (!model || text.trim() === "" || watched.length === 0) return;
    setRead({ of: key, tokens: [] });
    const units = watched.map(({ layer, index }) => ({ layer, index }));
    const more = (part: unknown) =>
      setRead(had => (had?.of === key ? { of: key, tokens: [...had.tokens, part as WatchedToken] } : had));
    void work.start(model, { prompt: text, units, basis: document.basis, tokens }, more).then(done => {
      // Parts may have been missed on the way; the whole has them all.
      if (!done) return;
      const given = done.tokens.length - done.written;
      const tokens = done.tokens.map((t, i) => ({
        ...t,
        activations: done.activations.map(row => row[i]!),
        ...(i >= given ? { written: true } : {}),
      }));
      setRead(had => (had?.of === key ? { of: key, tokens } : had));
    });
  };
  useEffect(() => {
    const timer = setTimeout(() => start(0), 300);
    return () => clearTimeout(timer);
  }, [key, model]);
  const named = /^\s*(?:unit\s*)?(\d+)\.(\d+)\s*$/.exec(add);
  const here = read?.of === key ? read.tokens : [];
  return (
    <section class="watch" aria-labelledby="watch-title">
      <h2 id="watch-title" class="view-title">
        Watch units on any text
      </h2>
      <label>
        <span class="hint">
          Type or paste any text. Each line below is one unit of the model, coloured where it is active:{" "}
          <span class="for">green</span> above zero, <span class="against">purple</span> below.
        </span>
        <textarea
          class="watch-text"
          rows={3}
          value={text}
          spellcheck={false}
          onInput={event => {
            setText(event.currentTarget.value);
            go({ text: event.currentTarget.value }, { replace: true });
          }}
        />
      </label>
      <div class="change-foot">
        <button type="button" class="plain" disabled={!model || work.running} onClick={() => start(count)}>
          Let it write on
        </button>
        <label class="dial small">
          {count} tokens
          <input type="range" min={1} max={60} value={count} onInput={e => setCount(Number(e.currentTarget.value))} />
        </label>
      </div>
      {!model && <p class="hint">The model of this chart is not on this machine, so nothing can be read with it.</p>}
      <div class="watch-progress">
        {work.running && <ProgressLine title="Watching" status={work.status} onCancel={work.cancel} />}
      </div>
      {work.error && <ProblemNote error={work.error} />}
      <ol class="watched">
        {watched.map((unit, i) => {
          const same = !model && text === document.prompt;
          const tokens = here.length > 0 ? here : same ? document.tokens : [];
          const values = here.length > 0 ? here.map(t => t.activations[i] ?? 0) : charted(document, unit);
          const written = here.findIndex(t => t.written);
          return (
            <li key={`${unit.layer}.${unit.index}`}>
              <div class="watched-head">
                <b>{unit.name}</b>
                <span class="figure">
                  {unit.layer}.{unit.index}
                  {tokens.length > 0 &&
                    ` · peak ${figure(values.reduce((m, v) => (Math.abs(v) > Math.abs(m) ? v : m), 0))}`}
                </span>
                <button type="button" class="quiet" onClick={() => setWatched(watched.filter(w => w !== unit))}>
                  Remove
                </button>
              </div>
              {tokens.length > 0 ? (
                <Heat tokens={tokens} values={values} {...(written < 0 ? {} : { written })} />
              ) : (
                <p class="heat empty">{text}</p>
              )}
            </li>
          );
        })}
      </ol>
      <form
        class="watch-add"
        onSubmit={event => {
          event.preventDefault();
          if (!named) return;
          const [layer, index] = [Number(named[1]), Number(named[2])];
          if (!watched.some(w => w.layer === layer && w.index === index))
            setWatched([...watched, { layer, index, name: nameOf(document, layer, index) }]);
          setAdd("");
        }}
      >
        <label>
          <span class="hint">another unit, as layer.number</span>
          <input value={add} placeholder="12.345" onInput={e => setAdd(e.currentTarget.value)} />
        </label>
        <button type="submit" class="plain" disabled={!named}>
          Watch it
        </button>
      </form>
    </section>
  );
}
