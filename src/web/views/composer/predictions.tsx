/** What the model would say next. One token can be chosen to be explained, another as what it is held against. */
import { percent, tokenText } from "../../../charts/text.ts";
import type { Likely } from "../../../server/api.ts";

export interface PredictionsProps {
  readonly top: readonly Likely[];
  readonly stale: boolean;
  readonly target: string | undefined;
  readonly foil: string | undefined;
  onChange(target: string | undefined, foil: string | undefined): void;
}

export function Predictions({ top, stale, target, foil, onChange }: PredictionsProps) {
  const press = (text: string) => {
    if (text === target) onChange(undefined, undefined);
    else if (text === foil) onChange(target, undefined);
    else if (target === undefined) onChange(text, undefined);
    else onChange(target, text);
  };
  const most = top[0]?.probability ?? 1;
  return (
    <div class={`predictions${stale ? " stale" : ""}`}>
      <p class="hint" id="predictions-hint">
        {target === undefined
          ? "Next token. Tap one to explain it; a second one to ask why not that."
          : foil === undefined
            ? `Explaining ${tokenText(target)}. Tap another to ask why not that; tap it again for the most probable.`
            : `Why ${tokenText(target)} rather than ${tokenText(foil)}?`}
      </p>
      <ul aria-labelledby="predictions-hint">
        {top.map(token => {
          const role = token.text === target ? "target" : token.text === foil ? "foil" : "";
          return (
            <li key={token.id}>
              <button
                type="button"
                class={`prediction ${role}`}
                aria-pressed={role !== ""}
                onClick={() => press(token.text)}
              >
                <span class="fill" style={{ width: `${(token.probability / most) * 100}%` }} />
                <span class="word">{tokenText(token.text) || "␣"}</span>
                <span class="figure">{percent(token.probability)}</span>
                {role && <span class="role">{role === "target" ? "why" : "why not"}</span>}
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
