/** From logits to what a result says of them: the most probable tokens, and the named answers. */
import { Problem } from "../../core/problem.ts";
import { likely, softmax } from "../../models/generate.ts";
import { type Asked, shown, tokenNamed } from "../../models/prompt.ts";
import { type NamedAnswer, type Prediction, rounded } from "./result.ts";
import type { Run } from "./run.ts";

/** Throws a Problem for an answer that is no token of the model. */
export function predictionOf(asked: Asked, run: Run, logits: Float32Array): Prediction {
  const top = likely(logits, run.top ?? 5).map(({ id, logit, probability }) => ({
    id,
    text: shown(asked.tokenizer, id),
    logit: rounded(logit),
    probability: rounded(probability),
  }));
  const names = Object.entries(run.answers ?? {});
  if (names.length === 0) return { top };
  const probabilities = softmax(logits);
  const answers = names.map(([name, text]): [string, NamedAnswer] => {
    const { id, pieces } = firstToken(text, asked);
    const logit = logits[id]!;
    let rank = 1;
    for (let other = 0; other < logits.length; other++)
      if (logits[other]! > logit || (logits[other] === logit && other < id)) rank++;
    return [
      name,
      {
        id,
        text: shown(asked.tokenizer, id),
        logit: rounded(logit),
        probability: rounded(probabilities[id]!),
        rank,
        ...(pieces > 1 ? { pieces } : {}),
      },
    ];
  });
  return { top, answers: Object.fromEntries(answers) };
}

/** The token that an answer begins with, and how many tokens it is. */
function firstToken(text: string, asked: Asked): { id: number; pieces: number } {
  const pieces = asked.tokenizer && !/^#\d+$/.test(text) ? asked.tokenizer.encode(text, { special: false }) : [];
  if (pieces.length > 1 && asked.tokenizer?.idOf(` ${text}`) === undefined)
    return { id: pieces[0]!, pieces: pieces.length };
  if (text === "") throw new Problem("an answer is empty", { advice: "a token of the model" });
  return { id: tokenNamed(text, asked), pieces: 1 };
}
