/** The model that is asked: which one was chosen, and its way into the server's memory. */
import { useState } from "preact/hooks";
import type { JobStatus, Models } from "../../../server/api.ts";
import { job } from "../../client.ts";

export interface ChosenModel {
  readonly model: string | undefined;
  /** It is in memory. */
  readonly ready: boolean;
  /** On its way into memory. */
  readonly loading: JobStatus | undefined;
  choose(name: string): void;
  load(): void;
  stopLoading(): void;
}

const beginning: JobStatus = { id: "", kind: "load", state: "queued", ahead: 0 };

export interface UseModelOptions {
  onBegin(): void;
  /** Loaded: what the server knows of its models has changed. */
  onLoaded(): void;
  onFailed(failure: unknown): void;
}

export function useModel(models: Models | undefined, { onBegin, onLoaded, onFailed }: UseModelOptions): ChosenModel {
  const [chosen, setChosen] = useState<string>();
  const [loading, setLoading] = useState<{ status: JobStatus; stop: AbortController }>();
  const model = chosen ?? models?.resident?.name ?? models?.preferred;
  const load = async (name: string | undefined) => {
    if (!name) return;
    loading?.stop.abort();
    const stop = new AbortController();
    setLoading({ status: beginning, stop });
    onBegin();
    try {
      await job("load", name, {}, { signal: stop.signal, onStatus: status => setLoading({ status, stop }) });
      onLoaded();
    } catch (failure) {
      onFailed(failure);
    } finally {
      setLoading(had => (had?.stop === stop ? undefined : had));
    }
  };
  return {
    model,
    ready: model !== undefined && models?.resident?.name === model,
    loading: loading?.status,
    choose(name) {
      setChosen(name);
      void load(name);
    },
    load: () => void load(model),
    stopLoading: () => loading?.stop.abort(),
  };
}

/** The model that made a chart, as it is called here: in memory, chosen, or on this machine; undefined when it is not. */
export function modelOf(made: string | undefined, models: Models | undefined, model: string | undefined) {
  if (!made || !models) return undefined;
  const fits = (name: string) =>
    name === made ||
    name
      .split("/")
      .at(-1)
      ?.replace(/\.gguf$/, "") === made;
  if (models.resident && fits(models.resident.name)) return models.resident.name;
  if (model && fits(model)) return model;
  return models.choices.find(choice => choice.here && !choice.trouble && fits(choice.name))?.name;
}
