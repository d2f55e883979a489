/**
 * The model writes on, and each new token gets a chart of its own: scrub or play through them, and see when a thought
 * first came up. A box keeps its identity by the units it holds.
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import { percent, tokenText } from "../../../charts/text.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { ProgressLine } from "../../parts/progress.tsx";
import { StoryView } from "../story/story-view.tsx";
import { ThreadTable } from "./thread-table.tsx";
import { threads } from "./threads.ts";
import { useFrames } from "./use-frames.ts";

export interface TimeLapseViewProps {
  readonly document: TraceDocument;
  readonly model: string | undefined;
}

/** Milliseconds that a chart stays while they play. */
const pace = 1200;

export function TimeLapseView({ document, model }: TimeLapseViewProps) {
  const [at, setAt] = useState(0);
  const [count, setCount] = useState(4);
  const [playing, setPlaying] = useState(false);
  const { frames, doing, error, ended, write, stop } = useFrames(document, setAt);
  const lines = useMemo(() => threads(frames), [frames]);
  const last = frames.length - 1;
  useEffect(() => {
    if (!playing) return;
    const timer = setTimeout(() => {
      if (at < last) setAt(at + 1);
      else setPlaying(false);
    }, pace);
    return () => clearTimeout(timer);
  }, [playing, at, last]);
  const show = (i: number) => {
    setPlaying(false);
    setAt(i);
  };
  const frame = frames[at] ?? document;
  return (
    <section class="timelapse" aria-labelledby="timelapse-title">
      <h2 id="timelapse-title" class="view-title">
        Token by token
      </h2>
      <p class="lead">
        The model writes on, and every token that it writes gets its own chart. Play them, or move along them, and see
        in the table when a thought first came up.
      </p>
      <div class="change-foot">
        <button
          type="button"
          class="primary"
          disabled={!model || doing !== undefined || ended}
          onClick={() => void write(model!, count)}
        >
          Write {count} more {count === 1 ? "token" : "tokens"}
        </button>
        <label class="dial small">
          how many
          <input type="range" min={1} max={16} value={count} onInput={e => setCount(Number(e.currentTarget.value))} />
        </label>
      </div>
      {!model && <p class="hint">The model of this chart is not on this machine, so it cannot write on.</p>}
      {ended && <p class="hint">The model has ended its text here.</p>}
      {doing && <ProgressLine title={doing.title} status={doing.status} onCancel={stop} />}
      {error && <ProblemNote error={error} />}
      {frames.length > 1 && (
        <>
          <div class="playback">
            <button
              type="button"
              class="plain"
              onClick={() => {
                if (!playing && at === last) setAt(0);
                setPlaying(!playing);
              }}
            >
              {playing ? "Pause" : "Play"}
            </button>
            <ol class="frames" aria-label="tokens written">
              {frames.map((f, i) => (
                <li key={i}>
                  <button
                    type="button"
                    class={i === at ? "frame current" : "frame"}
                    aria-current={i === at ? "step" : undefined}
                    onClick={() => show(i)}
                  >
                    {tokenText(f.target.text) || "␣"}
                    <span class="figure">{percent(f.target.probability)}</span>
                  </button>
                </li>
              ))}
            </ol>
          </div>
          <label class="dial small scrub">
            <span class="unseen">which token</span>
            <input
              type="range"
              min={0}
              max={last}
              value={at}
              aria-valuetext={tokenText(frame.target.text)}
              onInput={e => show(Number(e.currentTarget.value))}
            />
          </label>
          <ThreadTable frames={frames} lines={lines} at={at} />
        </>
      )}
      <StoryView key={at} document={frame} />
    </section>
  );
}
