/** One piece of long work of a component: its status while it runs, its result or its problem after. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ErrorInfo, JobKind, JobKinds, JobStatus } from "../../server/api.ts";
import { errorOf, job } from "../client.ts";

export interface JobState<K extends JobKind> {
  readonly running: boolean;
  readonly status: JobStatus | undefined;
  readonly result: JobKinds[K]["result"] | undefined;
  readonly error: ErrorInfo | undefined;
  start(
    model: string,
    input: JobKinds[K]["input"],
    onPart?: (part: unknown) => void,
  ): Promise<JobKinds[K]["result"] | undefined>;
  cancel(): void;
  clear(): void;
}

export function useJob<K extends JobKind>(kind: K): JobState<K> {
  const [status, setStatus] = useState<JobStatus>();
  const [result, setResult] = useState<JobKinds[K]["result"]>();
  const [error, setError] = useState<ErrorInfo>();
  const [running, setRunning] = useState(false);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  return {
    running,
    status,
    result,
    error,
    async start(model, input, onPart) {
      stop.current?.abort();
      const mine = new AbortController();
      stop.current = mine;
      setRunning(true);
      setError(undefined);
      setStatus(undefined);
      try {
        const onStatus = (s: JobStatus) => {
          if (stop.current === mine) setStatus(s);
        };
        const got = await job(kind, model, input, {
          signal: mine.signal,
          onStatus,
          ...(onPart ? { onPart: part => stop.current === mine && onPart(part) } : {}),
        });
        if (stop.current === mine) setResult(got);
        return got;
      } catch (failure) {
        if (stop.current === mine) setError(errorOf(failure));
        return undefined;
      } finally {
        if (stop.current === mine) setRunning(false);
      }
    },
    cancel: () => stop.current?.abort(),
    clear() {
      setResult(undefined);
      setError(undefined);
    },
  };
}
