/** The address is the state: which chart, which view, what is chosen in it. Going back goes back. */
import { useEffect, useState } from "preact/hooks";

export const views = ["story", "microscope", "intervene", "compare", "timelapse", "watch"] as const;
export type View = (typeof views)[number];

export interface Route {
  /** A saved chart; the first of the gallery when absent. */
  readonly doc?: string | undefined;
  readonly view: View;
  readonly box?: string | undefined;
  /** A node of the microscope, or the unit that is open. */
  readonly node?: string | undefined;
  /** The other chart of a comparison. */
  readonly with?: string | undefined;
  /** Pinned nodes and groups, as the microscope writes them. */
  readonly pins?: string | undefined;
  /** Thresholds of the microscope. */
  readonly cut?: string | undefined;
  /** What is to be changed in the model, as views/intervene/plan.ts writes it. */
  readonly set?: string | undefined;
  /** The text that units are watched on. */
  readonly text?: string | undefined;
}

const keys = ["doc", "box", "node", "with", "pins", "cut", "set", "text"] as const;

function read(): Route {
  const query = new URLSearchParams(location.search);
  const named = query.get("view");
  const given = keys.flatMap(key => {
    const value = query.get(key);
    return value === null ? [] : [[key, value] as const];
  });
  return { view: views.find(view => view === named) ?? "story", ...Object.fromEntries(given) };
}

function write(route: Route): string {
  const query = new URLSearchParams();
  for (const key of keys) if (route[key]) query.set(key, route[key]);
  if (route.view !== "story") query.set("view", route.view);
  const text = query.toString();
  return text ? `?${text}` : location.pathname;
}

/** What belongs to one chart alone, let go of when another is opened. */
export const another = {
  box: undefined,
  node: undefined,
  with: undefined,
  pins: undefined,
  set: undefined,
  text: undefined,
} as const;

export type Go = (change: Partial<Route>, options?: { replace?: boolean }) => void;

export function useRoute(): [Route, Go] {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const back = () => setRoute(read());
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
  }, []);
  const go: Go = (change, options) => {
    const next = { ...read(), ...change };
    const address = write(next);
    if (options?.replace) history.replaceState(null, "", address);
    else if (address !== location.search) history.pushState(null, "", address);
    setRoute(next);
  };
  return [route, go];
}
