/** Where units are changed: at the places that the chart gives them, or at chosen tokens of the prompt. */
import type { TokenInfo } from "../../../attribution/document.ts";
import { tokenText } from "../../../charts/text.ts";

export interface PositionsPickerProps {
  readonly tokens: readonly TokenInfo[];
  /** Undefined: their own places. */
  readonly at: readonly number[] | undefined;
  onChange(at: readonly number[] | undefined): void;
}

export function PositionsPicker({ tokens, at, onChange }: PositionsPickerProps) {
  const chosen = new Set(at);
  return (
    <div class="positions">
      <label class="check">
        <input
          type="checkbox"
          checked={at !== undefined}
          onChange={e => onChange(e.currentTarget.checked ? tokens.map((_, i) => i).slice(-1) : undefined)}
        />
        at chosen tokens
      </label>
      {at && (
        <fieldset class="position-tokens">
          <legend class="unseen">tokens at which it is changed</legend>
          {tokens.map((token, position) => (
            <button
              type="button"
              key={position}
              class="tok"
              aria-pressed={chosen.has(position)}
              onClick={() => {
                const next = chosen.has(position) ? at.filter(p => p !== position) : [...at, position];
                onChange(next.sort((a, b) => a - b));
              }}
            >
              {tokenText(token.text) || "␣"}
              <span class="unseen"> at position {position}</span>
            </button>
          ))}
        </fieldset>
      )}
    </div>
  );
}
