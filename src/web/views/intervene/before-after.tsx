/** What the model said and what it says after the change: the same tokens side by side, and the text that it writes. */
import type { TraceDocument } from "../../../attribution/document.ts";
import { percent, signed, tokenText } from "../../../charts/text.ts";
import type { Intervened } from "../../../server/api.ts";
import { answerValues } from "./answer-values.ts";

export interface BeforeAfterProps {
  readonly document: TraceDocument;
  readonly result: Intervened;
  /** What the chart said would happen, in logits. */
  readonly predicted?: number | undefined;
  /** Fewer rows, for the panel of a box. */
  readonly short?: boolean;
}

export function BeforeAfter({ document, result, predicted, short }: BeforeAfterProps) {
  const values = answerValues(document, result);
  const rows = union(result, short ? 4 : 8);
  const changed = result.before[0]?.id !== result.live[0]?.id;
  return (
    <div class="before-after" role="status">
      <p class="outcome">
        {changed ? (
          <>
            It now says <b>{tokenText(result.live[0]?.text ?? "")}</b> {percent(result.live[0]?.probability ?? 0)}, no
            longer {tokenText(result.before[0]?.text ?? "")}.
          </>
        ) : (
          <>
            It still says <b>{tokenText(result.live[0]?.text ?? "")}</b>: {percent(result.before[0]?.probability ?? 0)}{" "}
            before, {percent(result.live[0]?.probability ?? 0)} now.
          </>
        )}
      </p>
      <table class="pairs">
        <thead>
          <tr>
            <th scope="col">token</th>
            <th scope="col">before</th>
            <th scope="col">after</th>
            {!short && <th scope="col">attention frozen</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.id} class={row.id === document.target.id ? "answer" : ""}>
              <th scope="row">{tokenText(row.text) || "␣"}</th>
              <Bar value={row.before} />
              <Bar value={row.live} />
              {!short && <Bar value={row.frozen} />}
            </tr>
          ))}
        </tbody>
      </table>
      {values && (
        <p class="figures">
          {document.target.foil
            ? `${tokenText(document.target.text)} over ${tokenText(document.target.foil.text)}`
            : `score of ${tokenText(document.target.text)}`}
          : {signed(values.live - values.before)} logits measured
          {predicted !== undefined && <>, {signed(predicted)} predicted</>}; with attention frozen{" "}
          {signed(values.frozen - values.before)}
        </p>
      )}
      {result.text && <Texts text={result.text} />}
    </div>
  );
}

function Bar({ value }: { value: number | undefined }) {
  if (value === undefined) return <td class="bar-cell">–</td>;
  return (
    <td class="bar-cell">
      <span class="bar-fill" style={{ width: `${Math.max(0.5, value * 100)}%` }} />
      <span class="bar-figure">{percent(value)}</span>
    </td>
  );
}

/** The tokens that matter before or after, by the larger of the two. A probability outside a list's top is unknown. */
function union(result: Intervened, most: number) {
  const rows = new Map<number, { id: number; text: string; before?: number; live?: number; frozen?: number }>();
  for (const key of ["before", "live", "frozen"] as const) {
    for (const token of result[key]) {
      const row = rows.get(token.id) ?? { id: token.id, text: token.text };
      row[key] = token.probability;
      rows.set(token.id, row);
    }
  }
  for (const watched of result.watched) {
    const row = rows.get(watched.token.id) ?? { ...watched.token };
    rows.set(watched.token.id, {
      ...row,
      before: watched.before.probability,
      live: watched.live.probability,
      frozen: watched.frozen.probability,
    });
  }
  const known = result.watched.map(w => w.token.id);
  return [...rows.values()]
    .sort(
      (a, b) =>
        Number(known.includes(b.id)) - Number(known.includes(a.id)) ||
        Math.max(b.before ?? 0, b.live ?? 0) - Math.max(a.before ?? 0, a.live ?? 0),
    )
    .slice(0, most);
}

/** Changed words marked: everything from the first token that differs. */
function Texts({ text }: { text: NonNullable<Intervened["text"]> }) {
  let alike = 0;
  while (alike < text.before.length && text.before[alike] === text.after[alike]) alike++;
  const show = (tokens: readonly string[]) => (
    <>
      {tokens.slice(0, alike).join("")}
      <mark>{tokens.slice(alike).join("")}</mark>
    </>
  );
  return (
    <div class="texts">
      <div>
        <h4>It wrote</h4>
        <p>{show(text.before)}</p>
      </div>
      <div>
        <h4>It now writes</h4>
        <p>{show(text.after)}</p>
      </div>
    </div>
  );
}
