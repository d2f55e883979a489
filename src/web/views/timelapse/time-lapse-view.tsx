/**
 * The model writes on, and each new token gets a chart of its own: scrub through them, and see when a thought first came
 * up. A box keeps its identity by the units it holds.
 */
import { useMemo, useRef, useState } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import { percent, tokenText } from "../../../charts/text.ts";
import type { ErrorInfo, JobStatus } from "../../../server/api.ts";
import { errorOf, job } from "../../client.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { ProgressLine } from "../../parts/progress.tsx";
import { StoryView } from "../story/story-view.tsx";
import { threads } from "./threads.ts";

export interface TimeLapseViewProps {
  readonly document: TraceDocument;
  readonly model: string | undefined;
}

export function TimeLapseView({ document, model }: TimeLapseViewProps) {
  const [frames, setFrames] = useState<readonly TraceDocument[]>([document]);
  const [at, setAt] = useState(0);
  const [count, setCount] = useState(4);
  const [status, setStatus] = useState<JobStatus>();
  const [title, setTitle] = useState("");
  const [error, setError] = useState<ErrorInfo>();
  const stop = useRef<AbortController>(undefined);
  const lines = useMemo(() => threads(frames), [frames]);
  const run = async () => {
    if (!model) return;
    const mine = new AbortController();
    stop.current = mine;
    setError(undefined);
    const options = { signal: mine.signal, onStatus: setStatus };
    try {
      const made: TraceDocument[] = [frames[0]!];
      let ids = document.tokens.map(t => t.id);
      let next = document.target.id;
      for (let i = 1; i <= count; i++) {
        ids = [...ids, next];
        setTitle(`Token ${i + 1} of ${count + 1}`);
        const { document: frame } = await job("trace", model, { ids, save: false }, options);
        made.push(frame);
        setFrames([...made]);
        setAt(made.length - 1);
        next = frame.target.id;
      }
    } catch (failure) {
      setError(errorOf(failure));
    } finally {
      setTitle("");
      setStatus(undefined);
    }
  };
  const frame = frames[at] ?? document;
  return (
    <section class="timelapse" aria-labelledby="timelapse-title">
      <h2 id="timelapse-title" class="view-title">
        Token by token
      </h2>
      <p class="lead">
        The model writes on; every token that it writes gets its own chart. Move along them, and see in the lines below
        when a thought first came up.
      </p>
      <div class="change-foot">
        <button type="button" class="primary" disabled={!model || title !== ""} onClick={() => void run()}>
          Write {count} more tokens
        </button>
        <label class="dial small">
          how many
          <input type="range" min={1} max={16} value={count} onInput={e => setCount(Number(e.currentTarget.value))} />
        </label>
      </div>
      {!model && <p class="hint">The model of this chart is not on this machine, so it cannot write on.</p>}
      {title && <ProgressLine title={title} status={status} onCancel={() => stop.current?.abort()} />}
      {error && <ProblemNote error={error} />}
      {frames.length > 1 && (
        <>
          <ol class="frames" aria-label="tokens written">
            {frames.map((f, i) => (
              <li key={i}>
                <button
                  type="button"
                  class={i === at ? "frame current" : "frame"}
                  aria-current={i === at ? "step" : undefined}
                  onClick={() => setAt(i)}
                >
                  {tokenText(f.target.text) || "␣"}
                  <span class="figure">{percent(f.target.probability)}</span>
                </button>
              </li>
            ))}
          </ol>
          <label class="dial small scrub">
            <span class="unseen">which token</span>
            <input
              type="range"
              min={0}
              max={frames.length - 1}
              value={at}
              onInput={e => setAt(Number(e.currentTarget.value))}
            />
          </label>
          <table class="threads">
            <caption class="unseen">Share of the answer that each box carries, token by token</caption>
            <thead>
              <tr>
                <th scope="col">box</th>
                {frames.map((f, i) => (
                  <th scope="col" key={i} class={i === at ? "now" : ""}>
                    {tokenText(f.target.text).slice(0, 8)}
                  </th>
                ))}
                <th scope="col">first seen</th>
              </tr>
            </thead>
            <tbody>
              {lines.slice(0, 14).map(line => (
                <tr key={line.key}>
                  <th scope="row">{tokenText(line.label)}</th>
                  {line.shares.map((share, i) => (
                    <td key={i} class={i === at ? "now" : ""}>
                      {share === undefined ? (
                        ""
                      ) : (
                        <span class="dot" style={{ "--share": `${Math.sqrt(Math.min(1, share)) * 100}%` }}>
                          <span class="unseen">{percent(share)}</span>
                        </span>
                      )}
                    </td>
                  ))}
                  <td>{tokenText(frames[line.first]?.target.text ?? "")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      <StoryView key={at} document={frame} />
    </section>
  );
}
