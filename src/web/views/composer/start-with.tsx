/** Prompts to begin with, a button a kind; pressed again, a kind gives its next prompt. */
import type { Starter } from "./starters.ts";

export interface StartWithProps {
  readonly starters: readonly Starter[];
  /** What stands in the prompt's box. */
  readonly prompt: string;
  onPrompt(prompt: string): void;
}

export function StartWith({ starters, prompt, onPrompt }: StartWithProps) {
  return (
    <ul class="start-with" aria-label="prompts to begin with">
      {starters.map(({ kind, prompts }) => {
        const at = prompts.indexOf(prompt);
        return (
          <li key={kind}>
            <button
              type="button"
              class="quiet"
              aria-pressed={at >= 0}
              title={prompts[(at + 1) % prompts.length]}
              onClick={() => onPrompt(prompts[(at + 1) % prompts.length]!)}
            >
              {kind}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
