/**
 * The trace that somebody is about to ask for, begun while they read the preview. It gives way to whatever is asked for,
 * ends when they type on, and nothing of it is kept unless they press the button.
 */
import { useEffect, useRef } from "preact/hooks";
import type { TraceInput } from "../../../server/api.ts";
import { begin } from "../../client.ts";

/** After the question was complete, in milliseconds. */
const pause = 250;
/** Most tokens of a prompt: a longer one is minutes of work, which nobody should find their machine at unasked. */
export const mostTokens = 64;

/**
 * @param question undefined while it is not complete, or would be too long
 * @param busy something was asked for and is being worked on
 */
export function useEarlyTrace(model: string | undefined, question: TraceInput | undefined, busy: boolean): void {
  const occupied = useRef(busy);
  occupied.current = busy;
  const key = model && question ? JSON.stringify([model, question]) : "";
  useEffect(() => {
    if (!key || !model || !question) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      if (!occupied.current) begin("trace", model, question, stop.signal);
    }, pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [key]);
}
