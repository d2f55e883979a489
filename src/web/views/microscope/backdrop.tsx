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
    // Two paths, one stroke each: twenty thousand strokes would take ten times as long.
    for (const [sign, name] of [
      [1, "--positive"],
      [-1, "--negative"],
    ] as const) {
      pen.strokeStyle = style.getPropertyValue(name);
      const own = edges.filter(edge => Math.sign(edge.weight) === sign);
      pen.globalAlpha = own.length > 4000 ? 0.035 : own.length > 600 ? 0.07 : 0.14;
      pen.beginPath();
      for (const edge of own) {
        const a = places.byId.get(edge.source);
        const b = places.byId.get(edge.target);
        if (!a || !b) continue;
        pen.moveTo(a.x, a.y);
        pen.lineTo(b.x, b.y);
      }
      pen.stroke();
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
