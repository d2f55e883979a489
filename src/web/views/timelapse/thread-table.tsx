/** How much each box carries, token by token: a row a box, a dot where it is there, as large as its share. */
import type { TraceDocument } from "../../../attribution/document.ts";
import { percent, tokenText } from "../../../charts/text.ts";
import type { Thread } from "./threads.ts";

export interface ThreadTableProps {
  readonly frames: readonly TraceDocument[];
  readonly lines: readonly Thread[];
  /** The frame that is shown. */
  readonly at: number;
}

const most = 14;

export function ThreadTable({ frames, lines, at }: ThreadTableProps) {
  return (
    <table class="threads">
      <caption class="unseen">Share of the answer that each box carries, token by token</caption>
      <thead>
        <tr>
          <th scope="col">box</th>
          {frames.map((f, i) => (
            <th scope="col" key={i} class={i === at ? "now" : ""}>
              {tokenText(f.target.text).slice(0, 12)}
            </th>
          ))}
          <th scope="col">first seen at</th>
        </tr>
      </thead>
      <tbody>
        {lines.slice(0, most).map(line => (
          <tr key={line.key}>
            <th scope="row">{tokenText(line.label)}</th>
            {line.shares.map((share, i) => (
              <td key={i} class={i === at ? "now" : ""}>
                {share !== undefined && (
                  <span class="dot" style={{ "--share": `${Math.sqrt(Math.min(1, share)) * 100}%` }}>
                    <span class="unseen">{percent(share)}</span>
                  </span>
                )}
              </td>
            ))}
            <td>{tokenText(frames[line.first]?.target.text ?? "")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
