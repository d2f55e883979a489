/** The inside of a box: name, place, what it reads and does, share, verdict. The same in the flow and in the cards. */
import { type ChartBox, doesOf, readsOf } from "../../../charts/box.ts";
import { verdictGlyph } from "../../../charts/palette.ts";
import { percent, signed } from "../../../charts/text.ts";

export function BoxCard({ box, probability }: { box: ChartBox; probability: number }) {
  if (box.kind === "answer") {
    return (
      <>
        <span class="place">
          <span>answer · {percent(probability)}</span>
          <span>{signed(box.effect)} logits</span>
        </span>
        <span class="name">{box.label}</span>
        <Fog share={box.error} />
      </>
    );
  }
  if (box.kind !== "units") {
    return (
      <>
        <span class="name">{box.label}</span>
        <span class="number">{percent(box.share)}</span>
      </>
    );
  }
  const reads = readsOf(box, 4);
  const does = doesOf(box, 4);
  return (
    <>
      <span class="head">
        <span class="number">{box.number}</span>
        <span class="name">{box.short}</span>
        {box.verdict && <Badge box={box} />}
      </span>
      <span class="place">{box.labelSource === "place" ? "no label yet" : box.place}</span>
      {reads && <span class="line">reads {reads}</span>}
      {does && <span class="line does">→ {does}</span>}
      <ShareBar share={box.share} effect={box.effect} />
      <Fog share={box.error} />
    </>
  );
}

export function Badge({ box, words = false }: { box: ChartBox; words?: boolean }) {
  if (!box.verdict) return null;
  const { word } = box.verdict;
  return (
    <span class={`badge ${word.replaceAll(" ", "-")}`}>
      <span aria-hidden="true">{verdictGlyph[word]}</span>
      <span class={words ? "" : "unseen"}> {word}</span>
    </span>
  );
}

export function ShareBar({ share, effect }: { share: number; effect: number }) {
  const sign = effect < 0 ? "against" : "for";
  return (
    <span class={`share ${sign}`}>
      <span class="sign">{effect < 0 ? "−" : "+"}</span>
      <span class="unseen">{sign} the answer</span>
      <span class="track">
        <span class="fill" style={{ width: `${Math.min(1, share) * 100}%` }} />
      </span>
      <span class="figure">{percent(share)}</span>
    </span>
  );
}

/** Error that flows in: a hatched edge as long as its share of the input. */
function Fog({ share }: { share: number }) {
  return share > 0 ? <span class="fog" style={{ width: `${Math.min(1, share) * 100}%` }} /> : null;
}
