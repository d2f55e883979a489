/** The prompt as tokens, and what the model would say next, kept up while somebody types. */
import { useEffect, useState } from "preact/hooks";
import type { ErrorInfo, Prediction, PromptInput } from "../../../server/api.ts";
import { api, errorOf } from "../../client.ts";

/** After the last key, in milliseconds. */
const pause = 220;

export interface Preview {
  readonly prediction: Prediction | undefined;
  readonly error: ErrorInfo | undefined;
  /** Does the prediction belong to what stands in the box now? */
  readonly fresh: boolean;
}

export function usePreview(model: string | undefined, ready: boolean, input: PromptInput | undefined): Preview {
  const [state, setState] = useState<{ key: string; prediction?: Prediction; error?: ErrorInfo }>({ key: "" });
  const key = model && ready && input ? JSON.stringify([model, input]) : "";
  useEffect(() => {
    if (!key || !model || !input) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      api.predict(model, input, stop.signal).then(
        prediction => setState({ key, prediction }),
        failure => {
          const error = errorOf(failure);
          if (error && !stop.signal.aborted) setState({ key, error });
        },
      );
    }, pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [key]);
  return key
    ? { prediction: state.prediction, error: state.key === key ? state.error : undefined, fresh: state.key === key }
    : { prediction: undefined, error: undefined, fresh: false };
}
