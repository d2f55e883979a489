/** The line on top: the name, the model, the charts, a file to open, light or dark, the keys. */
import type { ComponentChildren } from "preact";
import { ThemeSwitch } from "./single/theme-switch.tsx";

export interface TopLineProps {
  /** Which model is asked. */
  readonly model: ComponentChildren;
  onCharts(): void;
  onFile(file: File): void;
  onKeys(): void;
}

export function TopLine({ model, onCharts, onFile, onKeys }: TopLineProps) {
  return (
    <header class="top">
      <a class="brand" href="/">
        Lucida
      </a>
      <nav aria-label="page">
        {model}
        <button type="button" class="quiet" onClick={onCharts}>
          Charts
        </button>
        <label class="quiet open-file">
          Open a file
          <input
            type="file"
            class="unseen"
            accept=".json,.lucida,.html,application/json"
            onChange={event => {
              const file = event.currentTarget.files?.[0];
              if (file) onFile(file);
              event.currentTarget.value = "";
            }}
          />
        </label>
        <ThemeSwitch />
        <button type="button" class="quiet keys-button" aria-label="keys" onClick={onKeys}>
          ?
        </button>
      </nav>
    </header>
  );
}
