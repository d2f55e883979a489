/** The charts of a text that grows: the model writes a token, its chart is traced, and so on, until it is stopped. */
import { useRef, useState } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import { tokenText } from "../../../charts/text.ts";
import type { ErrorInfo, JobStatus } from "../../../server/api.ts";
import { errorOf, job } from "../../client.ts";
import { asked } from "../intervene/asked.ts";

export interface Frames {
  /** The chart itself first, then one for each token that was written. */
  readonly frames: readonly TraceDocument[];
  /** What is being traced; undefined when nothing is. */
  readonly doing: { readonly title: string; readonly status: JobStatus | undefined } | undefined;
  readonly error: ErrorInfo | undefined;
  /** The model wrote its end: nothing comes after. */
  readonly ended: boolean;
  write(model: string, count: number): Promise<void>;
  stop(): void;
}

/** A token that only ends a text. */
const end = /^<\|?[a-z_]+\|?>$/;

export function useFrames(document: TraceDocument, onFrame: (at: number) => void): Frames {
  const [frames, setFrames] = useState<readonly TraceDocument[]>([document]);
  const [doing, setDoing] = useState<Frames["doing"]>();
  const [error, setError] = useState<ErrorInfo>();
  const work = useRef<AbortController>(undefined);
  const write = async (model: string, count: number) => {
    const mine = new AbortController();
    work.current = mine;
    setError(undefined);
    const made = [...frames];
    try {
      for (let i = 1; i <= count; i++) {
        const last = made.at(-1)!;
        if (end.test(last.target.text)) break;
        const title = `After ${tokenText(last.target.text)}: ${i} of ${count}`;
        const ids = [...last.tokens.map(t => t.id), last.target.id];
        const { document: frame } = await job(
          "trace",
          model,
          { ...asked(document), ids, save: false },
          { signal: mine.signal, onStatus: status => setDoing({ title, status }) },
        );
        made.push(frame);
        setFrames([...made]);
        onFrame(made.length - 1);
      }
    } catch (failure) {
      setError(errorOf(failure));
    } finally {
      setDoing(undefined);
    }
  };
  return {
    frames,
    doing,
    error,
    ended: end.test(frames.at(-1)!.target.text),
    write,
    stop: () => work.current?.abort(),
  };
}
