/**
 * What a batch of runs passes through, kept so that pulls can go back through it: the streams and the units. A run may
 * be an ordinary prompt, one that starts from other embeddings, or one under an intervention.
 */
import { type ForwardOptions, forward, type Stages } from "./forward.ts";
import type { Model } from "./model.ts";
import type { Recording } from "./record.ts";

export interface State {
  readonly model: Model;
  readonly batch: number;
  readonly tokens: number;
  /** [layer][batch, token, dModel] entering each layer, and (last entry) leaving the last. */
  readonly residual: readonly Float32Array<ArrayBuffer>[];
  /** [layer][batch, token, dModel] after attention. */
  readonly mid: readonly Float32Array<ArrayBuffer>[];
  /** [layer][batch, token, dMlp] what the units wrote with, after any change. */
  readonly hidden: readonly Float32Array<ArrayBuffer>[];
  /** [layer][batch, token, dMlp] what the units would have been without the change made to them. */
  readonly live: readonly Float32Array<ArrayBuffer>[];
}

/** A recorded prompt is a state of one run. */
export function stateOf(recording: Recording): State {
  const hidden = recording.read.map(read => read.hidden!);
  return { ...recording, batch: 1, hidden, live: hidden };
}

/** The same run n times over, for n pulls that differ. */
export function repeated(state: State, n: number): State {
  const repeat = (arrays: readonly Float32Array<ArrayBuffer>[]) =>
    arrays.map(values => {
      const out = new Float32Array(values.length * n);
      for (let i = 0; i < n; i++) out.set(values, i * values.length);
      return out;
    });
  const hidden = repeat(state.hidden);
  return {
    ...state,
    batch: state.batch * n,
    residual: repeat(state.residual),
    mid: repeat(state.mid),
    hidden,
    live: state.live === state.hidden ? hidden : repeat(state.live),
  };
}

/** Runs the prompt, changed by `stages`, and keeps its state. `from` starts it on other embeddings. */
export async function runState(
  model: Model,
  batch: readonly (readonly number[])[],
  stages: Pick<Stages, "hidden" | "frozenOn" | "frozenNorms"> = {},
  options: Pick<ForwardOptions, "from" | "signal"> = {},
): Promise<State> {
  const residual: Float32Array<ArrayBuffer>[] = [];
  const mid: Float32Array<ArrayBuffer>[] = [];
  const hidden: Float32Array<ArrayBuffer>[] = [];
  const live: Float32Array<ArrayBuffer>[] = [];
  const last = await forward(model, batch, {
    ...options,
    stages: {
      ...stages,
      residual: (_layer, x) => void residual.push(x),
      mid: (_layer, x) => void mid.push(x),
      async hidden(layer, values, taps) {
        live[layer] = stages.hidden ? values.slice() : values;
        await stages.hidden?.(layer, values, taps);
        hidden[layer] = values;
      },
    },
  });
  residual.push(last);
  return { model, batch: batch.length, tokens: batch[0]!.length, residual, mid, hidden, live };
}
