/** How many boxes the story has: drawn anew from the same graph, without the model. */
import { useState } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import { redrawn } from "./edit-boxes.ts";

export function BoxDial({ document, onChange }: { document: TraceDocument; onChange(document: TraceDocument): void }) {
  const now = document.supernodes.filter(s => s.kind === "units" || s.kind === "tokens").length;
  const [asked, setAsked] = useState<number>();
  return (
    <label class="dial small box-dial">
      <span>{asked === undefined || asked === now ? `${now} boxes` : `at most ${asked}: ${now} boxes`}</span>
      <input
        type="range"
        aria-label="most boxes"
        min={4}
        max={24}
        value={asked ?? now}
        onChange={event => {
          const boxes = Number(event.currentTarget.value);
          setAsked(boxes);
          onChange(redrawn(document, boxes));
        }}
      />
    </label>
  );
}
