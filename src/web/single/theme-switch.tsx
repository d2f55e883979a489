/** Light, dark, or as the system says; remembered where the browser lets a file remember. */
import { useEffect, useState } from "preact/hooks";

const themes = ["system", "light", "dark"] as const;
type Theme = (typeof themes)[number];
const key = "lucida-theme";

function remembered(): Theme {
  try {
    const theme = localStorage.getItem(key);
    return themes.find(t => t === theme) ?? "system";
  } catch {
    // A file opened from disk may have no storage.
    return "system";
  }
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(remembered);
  useEffect(() => {
    const root = document.documentElement;
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    try {
      localStorage.setItem(key, theme);
    } catch {
      // Not remembered, then.
    }
  }, [theme]);
  return (
    <fieldset class="theme">
      <legend>theme</legend>
      {themes.map(t => (
        <label key={t}>
          <input type="radio" name="theme" value={t} checked={t === theme} onChange={() => setTheme(t)} />
          <span>{t}</span>
        </label>
      ))}
    </fieldset>
  );
}
