/** All edges, faintly, on a canvas: drawn once for a size and a threshold, and again when the theme changes. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { EdgeInfo } from "../../../attribution/document.ts";
import type { Places } from "./place.ts";

export function Backdrop({ places, edges }: { places: Places; edges: readonly EdgeInfo[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  useEffect(() => {
    const element = canvas.current!;
    const scale = Math.min(2, window.devicePixelRatio || 1);
    element.width = places.width * scale;
    element.height = places.height * scale;
    const pen = element.getContext("2d")!;
    pen.scale(scale, scale);
    const style = getComputedStyle(element);
    pen.lineWidth = 1;
    // Strongest last and by turns, so that no sign lies over the other; few strokes, since twenty thousand would take
    // ten times as long. The more edges there are, the fainter each: it is the picture of them all that counts.
    const colour = [style.getPropertyValue("--negative"), style.getPropertyValue("--positive")] as const;
    const faint = Math.min(0.16, Math.max(0.012, 60 / Math.max(1, edges.length)));
    const parts = 12;
    for (let part = parts - 1; part >= 0; part--) {
      const some = edges.slice(
        Math.floor((part * edges.length) / parts),
        Math.floor(((part + 1) * edges.length) / parts),
      );
      pen.globalAlpha = Math.min(0.3, faint * (part === 0 ? 4 : part < 3 ? 2 : 1));
      for (const positive of part % 2 ? ([0, 1] as const) : ([1, 0] as const)) {
        pen.strokeStyle = colour[positive];
        pen.beginPath();
        for (const edge of some) {
          const a = places.byId.get(edge.source);
          const b = places.byId.get(edge.target);
          if (!a || !b || edge.weight > 0 !== Boolean(positive)) continue;
          pen.moveTo(a.x, a.y);
          pen.lineTo(b.x, b.y);
        }
        pen.stroke();
      }
    }
  }, [places, edges, theme]);
  return <canvas ref={canvas} class="backdrop" />;
}

/** Changes when the page turns light or dark. */
function useTheme(): number {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const change = () => setTurn(n => n + 1);
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", change);
    const observer = new MutationObserver(change);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      system.removeEventListener("change", change);
      observer.disconnect();
    };
  }, []);
  return turn;
}
