/** Chosen units on any text: type or paste, and see where each lights up. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import { figure, tokenText } from "../../../charts/text.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { useJob } from "../../parts/use-job.ts";
import { Heat } from "./heat.tsx";

export interface WatchViewProps {
  readonly document: TraceDocument;
  readonly model: string | undefined;
}

interface Watch {
  readonly layer: number;
  readonly index: number;
  readonly name: string;
}

/** Units that are watched to begin with. */
const few = 8;

export function WatchView({ document, model }: WatchViewProps) {
  const known = useMemo(() => unitsOf(document), [document]);
  const [watched, setWatched] = useState<readonly Watch[]>(known.slice(0, few));
  const [text, setText] = useState(document.prompt);
  const [add, setAdd] = useState("");
  const work = useJob("watch");
  const neurons = document.basis === "neurons";
  useEffect(() => {
    if (!model || !neurons || text.trim() === "" || watched.length === 0) return;
    const timer = setTimeout(() => {
      void work.start(model, { prompt: text, units: watched.map(({ layer, index }) => ({ layer, index })) });
    }, 300);
    return () => clearTimeout(timer);
  }, [text, watched, model, neurons]);
  const named = /^\s*(?:unit\s*)?(\d+)\.(\d+)\s*$/.exec(add);
  return (
    <section class="watch" aria-labelledby="watch-title">
      <h2 id="watch-title" class="view-title">
        Watch units on any text
      </h2>
      <label>
        <span class="hint">Type or paste; each line below is one unit, coloured where it is active.</span>
        <textarea
          class="watch-text"
          rows={4}
          value={text}
          spellcheck={false}
          onInput={event => setText(event.currentTarget.value)}
        />
      </label>
      {!model && <p class="hint">The model of this chart is not on this machine, so nothing can be read with it.</p>}
      {!neurons && <p class="hint">Only raw neurons can be watched so far; this chart is made of features.</p>}
      {work.error && <ProblemNote error={work.error} />}
      <ol class="watched">
        {watched.map((unit, i) => {
          const same = text === document.prompt;
          const values = work.result?.activations[i] ?? (same ? charted(document, unit) : undefined);
          const tokens = work.result?.tokens ?? (same ? document.tokens : undefined);
          return (
            <li key={`${unit.layer}.${unit.index}`}>
              <div class="watched-head">
                <b>{unit.name}</b>
                <span class="figure">
                  {unit.layer}.{unit.index}
                  {values && ` · peak ${figure(values.reduce((m, v) => (Math.abs(v) > Math.abs(m) ? v : m), 0))}`}
                </span>
                <button type="button" class="quiet" onClick={() => setWatched(watched.filter(w => w !== unit))}>
                  Remove
                </button>
              </div>
              {values && tokens && values.length === tokens.length ? (
                <Heat tokens={tokens} values={values} />
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
          Another unit, as layer.number
          <input value={add} placeholder="12.345" onInput={e => setAdd(e.currentTarget.value)} />
        </label>
        <button type="submit" class="plain" disabled={!named}>
          Watch it
        </button>
      </form>
    </section>
  );
}

/** What the chart itself holds of a unit, where the model cannot be asked. */
function charted(document: TraceDocument, unit: Watch): number[] {
  const nodes = document.nodes.filter(n => n.kind === "unit" && n.layer === unit.layer && n.index === unit.index);
  return document.tokens.map((_, position) => nodes.find(n => n.position === position)?.activation ?? 0);
}

function unitsOf(document: TraceDocument): Watch[] {
  const seen = new Set<string>();
  return [...document.nodes]
    .filter(node => node.kind === "unit")
    .sort((a, b) => b.influence - a.influence)
    .flatMap(node => {
      const key = `${node.layer}.${node.index}`;
      if (seen.has(key)) return [];
      seen.add(key);
      const layer = node.layer as number;
      return [{ layer, index: node.index!, name: nameOf(document, layer, node.index!) }];
    });
}

function nameOf(document: TraceDocument, layer: number, index: number): string {
  const nodes = document.nodes.filter(n => n.kind === "unit" && n.layer === layer && n.index === index);
  const label = nodes.find(n => n.label?.text)?.label?.text;
  if (label) return tokenText(label);
  const box = document.supernodes.find(s => s.id === nodes[0]?.supernode)?.label.text;
  return box ? `in ${tokenText(box)}` : `unit ${layer}.${index}`;
}
