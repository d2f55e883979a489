/** What went wrong: what, where, what to try. */
import type { ErrorInfo } from "../../server/api.ts";

export function ProblemNote({ error, onClose }: { error: ErrorInfo; onClose?: () => void }) {
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{error.what}</strong>
      </p>
      {error.where && <p class="where">{error.where}</p>}
      {error.advice && <p>Try {error.advice}</p>}
      {onClose && (
        <button type="button" class="quiet" onClick={onClose}>
          Dismiss
        </button>
      )}
    </div>
  );
}
