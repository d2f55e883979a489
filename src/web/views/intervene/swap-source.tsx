/**
 * Whose values a swap takes: the contrast's, a prompt of one's own, or another chart's; of a chart, also which of its
 * boxes comes in the place of this one ("California" for "Texas"): its units take the values that they have there.
 */
import { useEffect, useState } from "preact/hooks";
import type { SupernodeInfo, TraceDocument } from "../../../attribution/document.ts";
import { tokenText, visible } from "../../../charts/text.ts";
import type { RunInfo } from "../../../server/api.ts";
import { api } from "../../client.ts";
import { boxName } from "./box-name.ts";
import { hereNodes, type Planned } from "./plan.ts";

export interface SwapSourceProps {
  readonly document: TraceDocument;
  readonly planned: Planned;
  /** Charts of the same model. */
  readonly charts: readonly RunInfo[];
  onChange(change: Partial<Planned>): void;
}

const contrast = "contrast";
const typed = "typed";

export function SwapSource({ document, planned, charts, onChange }: SwapSourceProps) {
  const [other, setOther] = useState<TraceDocument>();
  const { chart, from } = planned;
  useEffect(() => {
    if (!chart) return;
    let wanted = true;
    api.document(chart).then(
      found => wanted && setOther(found),
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [chart]);
  const boxes = (chart && other?.supernodes.filter(s => s.kind === "units")) || [];
  const value = chart ?? (from === undefined && document.versus ? contrast : typed);
  return (
    <div class="swap-source">
      <label>
        for its values in
        <select
          value={value}
          onChange={event => {
            const next = event.currentTarget.value;
            const none = { chart: undefined, box: undefined, brought: undefined };
            if (next === contrast) onChange({ ...none, from: undefined });
            else if (next === typed) onChange({ ...none, from: from ?? document.prompt });
            else onChange({ ...none, chart: next, from: charts.find(c => c.id === next)?.title });
          }}
        >
          {document.versus && <option value={contrast}>{visible(document.versus.prompt).slice(-60)}</option>}
          {charts.map(run => (
            <option key={run.id} value={run.id}>
              {run.title.slice(-60)} → {tokenText(run.answer)}
            </option>
          ))}
          <option value={typed}>a prompt of my own</option>
        </select>
      </label>
      {value === typed && (
        <textarea
          rows={1}
          aria-label="the prompt whose values are taken"
          placeholder={`${document.tokens.length} tokens, like this one with another word`}
          value={from ?? ""}
          spellcheck={false}
          onInput={e => onChange({ from: e.currentTarget.value })}
        />
      )}
      {boxes.length > 0 && other && (
        <label>
          and in its place comes
          <select
            value={planned.box ?? ""}
            onChange={event => {
              const box = boxes.find(b => b.id === event.currentTarget.value);
              onChange({ ...broughtBy(box, document, other), from: other.prompt });
            }}
          >
            <option value="">nothing more: these units alone</option>
            {boxes.map(box => (
              <option key={box.id} value={box.id}>
                {boxName(other, box)}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}

function broughtBy(box: SupernodeInfo | undefined, here: TraceDocument, there: TraceDocument): Partial<Planned> {
  return box ? { box: box.id, brought: hereNodes(box.members, here, there) } : { box: undefined, brought: undefined };
}
