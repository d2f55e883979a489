/** Long work: what is being done, how far, how long still, and how to stop it. */
import type { JobStatus } from "../../server/api.ts";

const words: Readonly<Record<string, string>> = {
  load: "making the layers ready (once a model)",
  run: "running the prompt",
  versus: "looking for a prompt to hold it against",
  effects: "effects of every neuron on the answer",
  sweep: "tracing back, row by row",
  chart: "drawing",
  roles: "switching each box off in the model",
  labels: "reading what units say",
  verify: "testing boxes against controls",
};

export interface ProgressProps {
  readonly title: string;
  readonly status: JobStatus | undefined;
  readonly expected?: number | undefined;
  onCancel(): void;
}

export function ProgressLine({ title, status, expected, onCancel }: ProgressProps) {
  const share = status?.total ? Math.min(1, (status.done ?? 0) / status.total) : undefined;
  return (
    <div class="progress">
      <div class="progress-words" role="status">
        <span class="progress-title">{title}</span>
        <span class="progress-stage">{said(status, expected)}</span>
      </div>
      <div
        class={`progress-bar${share === undefined ? " unknown" : ""}`}
        role="progressbar"
        aria-label={title}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(share === undefined ? {} : { "aria-valuenow": Math.round(share * 100) })}
      >
        <span style={{ width: `${(share ?? 0.3) * 100}%` }} />
      </div>
      <button type="button" class="quiet" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}

function said(status: JobStatus | undefined, expected: number | undefined): string {
  if (!status) return "asking";
  if (status.state === "queued") {
    return status.ahead > 0 ? `waiting: ${status.ahead} before it` : "about to begin";
  }
  const stage = status.stage ? (words[status.stage] ?? status.stage) : "beginning";
  const bytes = status.stage?.startsWith("fetching");
  const count =
    status.total && status.total > 1
      ? bytes
        ? ` ${megabytes(status.done ?? 0)} of ${megabytes(status.total)}`
        : ` ${status.done} of ${status.total}`
      : "";
  const left = expected && status.seconds !== undefined && expected > status.seconds + 1;
  return `${stage}${count}${left ? ` · about ${Math.ceil(expected - status.seconds!)} s left` : ""}`;
}

export function megabytes(n: number): string {
  return n >= 995e6 ? `${(n / 1e9).toFixed(1)} GB` : `${Math.max(1, Math.round(n / 1e6))} MB`;
}
