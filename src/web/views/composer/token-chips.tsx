/** A prompt as its tokens: each a chip, spaces and line ends made visible, ids on demand. */
import type { TokenInfo } from "../../../attribution/document.ts";
import { tokenText } from "../../../charts/text.ts";

export interface TokenChipsProps {
  readonly tokens: readonly TokenInfo[];
  readonly stale?: boolean;
  /** Tokens that differ from those of the other prompt. */
  readonly marked?: ReadonlySet<number>;
}

/** More than this many are counted, not drawn. */
const most = 160;

export function TokenChips({ tokens, stale, marked }: TokenChipsProps) {
  const hidden = Math.max(0, tokens.length - most);
  return (
    <ol class={`chips-row${stale ? " stale" : ""}`} aria-label={`${tokens.length} tokens`}>
      {hidden > 0 && <li class="chip-count">… {hidden} before</li>}
      {tokens.slice(hidden).map((token, i) => (
        <li key={i} class={`tok${marked?.has(hidden + i) ? " marked" : ""}`} title={`token ${token.id}`}>
          {token.text.startsWith(" ") && <span class="gap" aria-hidden="true" />}
          {tokenText(token.text) || "␣"}
        </li>
      ))}
    </ol>
  );
}
