/** A contrast for what stands in the prompt's box, looked for while somebody thinks; the search ends when they type on. */
import { useEffect, useState } from "preact/hooks";
import type { Contrasts, PromptInput } from "../../../server/api.ts";
import { job } from "../../client.ts";

/** After the last change, in milliseconds: longer than the preview's, since it runs the model some hundred times. */
const pause = 700;

export interface FoundContrast {
  readonly looking: boolean;
  readonly contrasts: Contrasts | undefined;
  /** Ends the search: a trace that is asked for now looks for itself. */
  stop(): void;
}

export function useContrast(
  model: string | undefined,
  wanted: boolean,
  input: PromptInput | undefined,
  target: string | undefined,
): FoundContrast {
  const [state, setState] = useState<{ key: string; contrasts?: Contrasts; stop?: AbortController }>({ key: "" });
  const key = model && wanted && input ? JSON.stringify([model, input, target]) : "";
  useEffect(() => {
    if (!key || !model || !input) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      setState({ key, stop });
      const asked = { ...input, ...(target === undefined ? {} : { target }) };
      job("contrast", model, asked, { signal: stop.signal }).then(
        contrasts => setState({ key, contrasts }),
        // The preview says what is wrong with a prompt; here it only means that nothing was found.
        () => setState(had => (had.stop === stop ? { key } : had)),
      );
    }, pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [key]);
  return {
    looking: key !== "" && state.key === key && state.stop !== undefined,
    contrasts: key !== "" && state.key === key ? state.contrasts : undefined,
    stop: () => state.stop?.abort(),
  };
}
