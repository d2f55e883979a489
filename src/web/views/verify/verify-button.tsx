/** Tests a chart in the real model, against random controls, and puts the verdicts on its boxes. */
import type { TraceDocument } from "../../../attribution/document.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { ProgressLine } from "../../parts/progress.tsx";
import type { JobState } from "../../parts/use-job.ts";

export interface VerifyProps {
  readonly document: TraceDocument;
  /** A saved run of one's own, whose model is here. */
  readonly able: boolean;
  readonly why: string;
  readonly work: JobState<"verify">;
  onStart(): void;
}

export function VerifyButton({ document, able, why, work, onStart }: VerifyProps) {
  return (
    <button
      type="button"
      class="plain"
      disabled={!able || work.running}
      title={able ? undefined : why}
      onClick={onStart}
    >
      {document.verify ? "Verify again" : "Verify"}
    </button>
  );
}

export function VerifyProgress({ work }: { work: JobState<"verify"> }) {
  return (
    <>
      {work.running && (
        <ProgressLine title="Testing every box in the real model" status={work.status} onCancel={work.cancel} />
      )}
      {work.error && <ProblemNote error={work.error} onClose={work.clear} />}
    </>
  );
}
