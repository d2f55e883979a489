/** All questions of the bench, in the order in which they are asked. */
import { nodes, tokens } from "./growth.ts";
import { interventions } from "./interventions.ts";
import { load } from "./load.ts";
import { peak } from "./peak.ts";
import { predict } from "./predict.ts";
import type { Question } from "./question.ts";
import { sweep } from "./sweep.ts";
import { verify } from "./verify.ts";
import { wholeTrace } from "./whole-trace.ts";

export const questions: readonly Question[] = [
  peak,
  load,
  predict,
  sweep,
  wholeTrace,
  tokens,
  nodes,
  interventions,
  verify,
];
