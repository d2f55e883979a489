/**
 * Said kindly where the embedded model guesses: then the prompt is most likely from outside its small world. Its tokens
 * do not tell: it spells many words that it knows in pieces, as it does those that it never met.
 */
import { percent } from "../../../charts/text.ts";
import type { Prediction } from "../../../server/api.ts";

/** Below this its best word is a guess: of what it was taught it is nearly always surer. */
const sure = 0.5;

export function Outside({ prediction }: { prediction: Prediction }) {
  const best = prediction.top[0];
  if (!best || best.probability >= sure) return null;
  return (
    <p class="outside" role="status">
      The embedded model is guessing here: its best word has {percent(best.probability)}. It is tiny and knows only the
      small world it was raised on. You can trace this all the same, begin with a question below that it knows, or
      choose a larger model above.
    </p>
  );
}
