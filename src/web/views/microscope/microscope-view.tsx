/**
 * Every node of a trace, token by layer: all edges faintly behind on a canvas, nodes as SVG above, the edges of the chosen
 * node on top. What thresholds hide is counted and said.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { NodeInfo, TraceDocument } from "../../../attribution/document.ts";
import { percent, tokenText } from "../../../charts/text.ts";
import type { Go, Route } from "../../route.ts";
import { useWidth } from "../story/use-width.ts";
import { Backdrop } from "./backdrop.tsx";
import { Connections } from "./connections.tsx";
import { nodeName } from "./names.ts";
import { Nodes } from "./nodes.tsx";
import { Overlay } from "./overlay.tsx";
import { PinList } from "./pin-list.tsx";
import { readPins, toggleGroup, togglePin, writePins } from "./pins.ts";
import { nearest, place } from "./place.ts";
import { type Cut, everything, linksOf, shownOf } from "./shown.ts";

export interface MicroscopeViewProps {
  readonly id: string;
  readonly document: TraceDocument;
  /** The model that made it, when it is on this machine. */
  readonly model: string | undefined;
  readonly route: Route;
  readonly go: Go;
  /** The unit that is chosen, in full. */
  readonly aside: ComponentChildren;
}

export function MicroscopeView({ id, document, model, route, go, aside }: MicroscopeViewProps) {
  const cut = useMemo(() => readCut(route.cut), [route.cut]);
  const shown = useMemo(() => shownOf(document, cut), [document, cut]);
  const links = useMemo(() => linksOf(document), [document]);
  const pins = useMemo(() => readPins(route.pins), [route.pins]);
  const stage = useRef<HTMLDivElement>(null);
  const width = useWidth(stage);
  const height = Math.max(500, Math.min(760, 130 + (document.model.layers + 2) * 19));
  const inner = Math.max(width, Math.min(4000, document.tokens.length * 26 + 60));
  const places = useMemo(() => place(document, shown.nodes, inner, height), [document, shown, inner, height]);
  const [hover, setHover] = useState<NodeInfo>();
  const [zoom, setZoom] = useState({ k: 1, x: 0, y: 0 });
  const [search, setSearch] = useState("");
  const [way, setWay] = useState<"inputs" | "outputs">("inputs");
  const grouping = useRef(false);
  // The answer stands at the right end; where the picture is wider than the window, that end is in sight first.
  useEffect(() => {
    if (stage.current) stage.current.scrollLeft = stage.current.scrollWidth;
  }, [inner, width > 0]);
  const byId = useMemo(() => new Map(document.nodes.map(n => [n.id, n])), [document]);
  const chosen = route.node ? byId.get(route.node) : undefined;
  const found = useMemo(() => {
    const text = search.trim().toLowerCase();
    if (text === "") return undefined;
    return new Set(
      document.nodes
        .filter(n =>
          `${nodeName(document, n)} ${n.id} ${(n.promotes ?? []).join(" ")} ${tokenText(document.tokens[n.position ?? -1]?.text ?? "")}`
            .toLowerCase()
            .includes(text),
        )
        .map(n => n.id),
    );
  }, [document, search]);
  const choose = (id: string | undefined) => go({ node: id }, { replace: true });
  const setCut = (change: Partial<Cut>) => go({ cut: writeCut({ ...cut, ...change }) }, { replace: true });
  const setPins = (next: ReturnType<typeof readPins>) => go({ pins: writePins(next) }, { replace: true });

  const at = (event: PointerEvent | MouseEvent) => {
    const box = stage.current!.getBoundingClientRect();
    const x = (event.clientX - box.left + stage.current!.scrollLeft - zoom.x) / zoom.k;
    const y = (event.clientY - box.top - zoom.y) / zoom.k;
    return nearest(places.places, x, y, 30 / zoom.k)?.node;
  };
  const drag = useRef<{ x: number; y: number; moved: boolean }>(undefined);

  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.target instanceof Element && event.target.closest("input, textarea, select, dialog")) return;
      if (event.key.toLowerCase() === "g") grouping.current = event.type === "keydown";
    };
    window.addEventListener("keydown", key);
    window.addEventListener("keyup", key);
    return () => {
      window.removeEventListener("keydown", key);
      window.removeEventListener("keyup", key);
    };
  }, []);

  const zoomBy = (factor: number, cx = width / 2, cy = height / 2) =>
    setZoom(z => {
      const k = Math.min(12, Math.max(1, z.k * factor));
      if (k === 1) return { k: 1, x: 0, y: 0 };
      return { k, x: cx - ((cx - z.x) * k) / z.k, y: cy - ((cy - z.y) * k) / z.k };
    });

  const keys = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const id = chosen?.id ?? document.target.node;
    const list = (end: "inputs" | "outputs", of: string) => (links[end].get(of) ?? []).map(l => l.id);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const end = event.key === "ArrowDown" ? "inputs" : "outputs";
      const next = list(end, id)[0];
      if (next) {
        walked.current = { from: id, end };
        choose(next);
      }
    } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const from = walked.current;
      const all = from ? list(from.end, from.from) : places.places.map(p => p.node.id);
      const i = all.indexOf(id) + (event.key === "ArrowRight" ? 1 : -1);
      const next = all[Math.max(0, Math.min(all.length - 1, i))];
      if (next) choose(next);
    } else if (event.key === "p" && chosen) setPins(togglePin(pins, chosen.id));
    else if (event.key === "+" || event.key === "=") zoomBy(1.4);
    else if (event.key === "-") zoomBy(1 / 1.4);
    else if (event.key === "0") setZoom({ k: 1, x: 0, y: 0 });
    else if (event.key === "Escape") choose(undefined);
    else return;
    event.preventDefault();
  };
  const walked = useRef<{ from: string; end: "inputs" | "outputs" }>(undefined);

  return (
    <section class="microscope" aria-labelledby="microscope-title">
      <h2 id="microscope-title" class="unseen">
        Microscope: every node, token by layer
      </h2>
      <div class="scope-tools">
        <label class="dial small">
          <span>
            nodes <b>{shown.count}</b> of {shown.of} = <b>{percent(shown.influence)}</b> of influence
          </span>
          <input
            type="range"
            min={5}
            max={100}
            value={Math.round(cut.nodes * 100)}
            onInput={e => setCut({ nodes: Number(e.currentTarget.value) / 100 })}
          />
        </label>
        <label class="dial small">
          <span>
            edges <b>{shown.edges.length.toLocaleString("en")}</b> of {shown.edgeOf.toLocaleString("en")}
          </span>
          <input
            type="range"
            min={5}
            max={100}
            value={Math.round(cut.edges * 100)}
            onInput={e => setCut({ edges: Number(e.currentTarget.value) / 100 })}
          />
        </label>
        <label class="dial small">
          <span>
            {cut.density < 1 ? `hides units at over ${percent(cut.density)} of tokens` : "frequent units: all shown"}
          </span>
          <input
            type="range"
            min={5}
            max={100}
            step={5}
            value={Math.round(cut.density * 100)}
            onInput={e => setCut({ density: Number(e.currentTarget.value) / 100 })}
          />
        </label>
        <input
          type="search"
          aria-label="search nodes by label or token"
          placeholder="Search label, token, unit"
          value={search}
          onInput={e => setSearch(e.currentTarget.value)}
        />
        <span class="zoom-buttons">
          <button type="button" class="plain" aria-label="zoom in" onClick={() => zoomBy(1.5)}>
            +
          </button>
          <button type="button" class="plain" aria-label="zoom out" onClick={() => zoomBy(1 / 1.5)}>
            −
          </button>
          <button type="button" class="plain" onClick={() => setZoom({ k: 1, x: 0, y: 0 })}>
            All
          </button>
        </span>
      </div>
      {found && (
        <p class="hint" role="status">
          {found.size} nodes match
        </p>
      )}
      <div class="scope-columns">
        <div
          class="scope-stage"
          ref={stage}
          role="application"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: walked by arrow keys; the lists beside it say the same
          tabIndex={0}
          aria-label={`token by layer picture of ${shown.count} nodes; arrow keys walk along the strongest edges`}
          onKeyDown={keys}
          onWheel={event => {
            if (!event.ctrlKey && !event.metaKey) return;
            event.preventDefault();
            const box = stage.current!.getBoundingClientRect();
            zoomBy(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.clientX - box.left, event.clientY - box.top);
          }}
          onPointerDown={event => {
            drag.current = { x: event.clientX, y: event.clientY, moved: false };
          }}
          onPointerMove={event => {
            const from = drag.current;
            if (from && event.buttons === 1 && zoom.k > 1) {
              const dx = event.clientX - from.x;
              const dy = event.clientY - from.y;
              if (from.moved || Math.abs(dx) + Math.abs(dy) > 4) {
                drag.current = { x: event.clientX, y: event.clientY, moved: true };
                setZoom(z => ({ ...z, x: z.x + dx, y: z.y + dy }));
                return;
              }
            }
            const near = at(event);
            if (near?.id !== hover?.id) setHover(near);
          }}
          onPointerLeave={() => setHover(undefined)}
          onClick={event => {
            if (drag.current?.moved) return;
            const near = at(event);
            if (!near) return choose(undefined);
            if (grouping.current) setPins(toggleGroup(pins, near.id, Math.max(0, pins.groups.length - 1)));
            else if (event.ctrlKey || event.metaKey) setPins(togglePin(pins, near.id));
            else {
              walked.current = undefined;
              choose(near.id === chosen?.id ? undefined : near.id);
            }
          }}
        >
          {width > 0 && (
            <div
              class="scope-plane"
              style={{
                width: `${inner}px`,
                height: `${height}px`,
                transform: `translate(${zoom.x}px, ${zoom.y}px) scale(${zoom.k})`,
              }}
            >
              <Backdrop places={places} edges={shown.edges} />
              <Nodes document={document} places={places} found={found} />
              <Overlay
                document={document}
                places={places}
                links={links}
                chosen={chosen}
                hover={hover}
                pins={pins}
                way={way}
              />
            </div>
          )}
        </div>
        <aside class="scope-side">
          {chosen ? (
            <Connections
              document={document}
              node={chosen}
              links={links}
              trace={id}
              model={model}
              way={way}
              onWay={setWay}
              byId={byId}
              pinned={pins.pinned.includes(chosen.id)}
              onPin={() => setPins(togglePin(pins, chosen.id))}
              onGroup={() => setPins(toggleGroup(pins, chosen.id, Math.max(0, pins.groups.length - 1)))}
              onChoose={choose}
            />
          ) : (
            <p class="lead">
              Every node that the trace kept: a column a token, a row a layer. Choose one to see what feeds it and what
              it feeds; <kbd>Ctrl</kbd>-click pins it, holding <kbd>g</kbd> while clicking groups.
            </p>
          )}
          <PinList document={document} pins={pins} byId={byId} onChange={setPins} onChoose={choose} />
        </aside>
        {aside && <div class="scope-below">{aside}</div>}
      </div>
    </section>
  );
}

function readCut(text: string | undefined): Cut {
  const [nodes, edges, density] = (text ?? "").split("-").map(Number);
  const share = (v: number | undefined, otherwise: number) => (v && v >= 1 && v <= 100 ? v / 100 : otherwise);
  return {
    nodes: share(nodes, everything.nodes),
    edges: share(edges, everything.edges),
    density: share(density, everything.density),
  };
}

function writeCut(cut: Cut): string {
  return [cut.nodes, cut.edges, cut.density].map(v => Math.round(v * 100)).join("-");
}
