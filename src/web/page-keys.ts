/** The keys that work anywhere on the page; those of a view are its own. The list of all is parts/keys.tsx. */
import { useEffect } from "preact/hooks";
import { type View, views } from "./route.ts";

export interface PageKeys {
  onKeys(): void;
  onCharts(): void;
  onView(view: View): void;
}

export function usePageKeys({ onKeys, onCharts, onView }: PageKeys): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const typing =
        event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        const button = document.querySelector<HTMLButtonElement>(".composer button[type=submit]");
        button?.click();
        event.preventDefault();
        return;
      }
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector("dialog[open]")) return;
      const to = /^\d$/.test(event.key) ? views[Number(event.key) - 1] : undefined;
      if (event.key === "?") onKeys();
      else if (event.key === "/") document.getElementById("prompt")?.focus();
      else if (event.key === "r") onCharts();
      else if (to) onView(to);
      else return;
      // The story view has a list of keys of its own, for where there is no page around it.
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    window.addEventListener("keydown", press, { capture: true });
    return () => window.removeEventListener("keydown", press, { capture: true });
  });
}
