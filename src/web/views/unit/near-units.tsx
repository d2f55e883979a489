/** Units like this one; those that are in the chart can be gone to. */
import type { TraceDocument } from "../../../attribution/document.ts";
import type { NearUnit } from "../../../server/api.ts";
import type { Go } from "../../route.ts";

export interface NearUnitsProps {
  readonly title: string;
  readonly units: readonly NearUnit[];
  readonly document: TraceDocument;
  readonly go: Go;
}

export function NearUnits({ title, units, document, go }: NearUnitsProps) {
  if (units.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <ul class="inline-list">
        {units.map(near => {
          const there = document.nodes.find(n => n.layer === near.layer && n.index === near.index);
          const name = `${near.layer}.${near.index}${near.label ? ` ${near.label}` : ""}`;
          return (
            <li key={`${near.layer}.${near.index}`}>
              {there ? (
                <button type="button" class="quiet" onClick={() => go({ node: there.id })}>
                  {name}
                </button>
              ) : (
                <span>{name}</span>
              )}{" "}
              <span class="figure">{near.score.toFixed(2)}</span>
            </li>
          );
        })}
      </ul>
    </>
  );
}
