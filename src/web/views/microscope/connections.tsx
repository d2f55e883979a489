/** The chosen node in words: what it is, and its inputs and outputs, signed and sorted. */
import { useState } from "preact/hooks";
import type { NodeInfo, TraceDocument } from "../../../attribution/document.ts";
import { figure, percent, signed } from "../../../charts/text.ts";
import { EdgeHeads } from "./heads.tsx";
import { nodeName, nodePlace } from "./names.ts";
import type { Links } from "./shown.ts";

interface ConnectionsProps {
  readonly document: TraceDocument;
  readonly node: NodeInfo;
  readonly links: Links;
  /** The saved chart. */
  readonly trace: string;
  readonly model: string | undefined;
  readonly way: "inputs" | "outputs";
  onWay(way: "inputs" | "outputs"): void;
  readonly byId: ReadonlyMap<string, NodeInfo>;
  readonly pinned: boolean;
  onPin(): void;
  onGroup(): void;
  onChoose(id: string): void;
}

const page = 14;

const splittable = (source: string) => /^(unit|mlp|embedding)\./.test(source);

export function Connections(props: ConnectionsProps) {
  const { document, node, links, way, onWay, byId, pinned, onPin, onGroup, onChoose } = props;
  const [all, setAll] = useState("");
  const [split, setSplit] = useState("");
  const list = links[way].get(node.id) ?? [];
  const open = all === `${node.id} ${way}`;
  const box = document.supernodes.find(s => s.id === node.supernode);
  return (
    <section class="connections" aria-label="chosen node">
      <h3>{nodeName(document, node)}</h3>
      <p class="about">
        {[
          nodePlace(document, node),
          node.kind === "unit" ? `unit ${node.layer}.${node.index}` : "",
          node.kind === "target" ? "" : `${percent(node.influence)} of the answer`,
          node.kind === "target" || node.effect === undefined ? "" : `${signed(node.effect)} logits`,
          `activation ${figure(node.activation)}`,
          box ? `in ${box.label.text || box.id}` : "",
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
      <div class="buttons">
        <button type="button" class="plain" aria-pressed={pinned} onClick={onPin}>
          {pinned ? "Unpin" : "Pin"}
        </button>
        <button type="button" class="plain" onClick={onGroup}>
          Group
        </button>
      </div>
      <fieldset class="switch" aria-label="which links">
        {(["inputs", "outputs"] as const).map(end => (
          <button type="button" key={end} class="quiet" aria-pressed={way === end} onClick={() => onWay(end)}>
            {end === "inputs" ? "What feeds it" : "What it feeds"} ({links[end].get(node.id)?.length ?? 0})
          </button>
        ))}
      </fieldset>
      {list.length === 0 && (
        <p class="hint">
          {way === "inputs" && !node.expanded
            ? "Its own inputs were not computed: it was outside the budget of rows."
            : "None among the kept nodes."}
        </p>
      )}
      <ol class="links">
        {(open ? list : list.slice(0, page)).map(link => {
          const other = byId.get(link.id);
          if (!other) return null;
          return (
            <li key={link.id}>
              <button
                type="button"
                class={link.weight < 0 ? "link-row against" : "link-row"}
                onClick={() => onChoose(link.id)}
              >
                <span class="fill" style={{ width: `${Math.min(100, Math.abs(link.share) * 160)}%` }} />
                <span class="sign">{link.weight < 0 ? "−" : "+"}</span>
                <span class="word">{nodeName(document, other)}</span>
                <span class="place">{nodePlace(document, other)}</span>
                <span class="figure">{signed(link.share, 3)}</span>
              </button>
              {props.model && splittable(way === "inputs" ? link.id : node.id) && (
                <button
                  type="button"
                  class="quiet heads-button"
                  aria-expanded={split === link.id}
                  aria-label={`which heads carry the edge with ${nodeName(document, other)}`}
                  onClick={() => setSplit(split === link.id ? "" : link.id)}
                >
                  heads
                </button>
              )}
              {props.model && split === link.id && (
                <EdgeHeads
                  id={props.trace}
                  document={document}
                  model={props.model}
                  source={way === "inputs" ? link.id : node.id}
                  target={way === "inputs" ? node.id : link.id}
                />
              )}
            </li>
          );
        })}
      </ol>
      {list.length > page && (
        <button type="button" class="quiet" onClick={() => setAll(open ? "" : `${node.id} ${way}`)}>
          {open ? "Fewer" : `All ${list.length}`}
        </button>
      )}
    </section>
  );
}
