/** All tasks, in the order in which they are shown to people. */
import type { Task } from "./task.ts";
import { adviceTask } from "./tasks/advice.ts";
import { age } from "./tasks/age.ts";
import { agreement } from "./tasks/agreement.ts";
import { attributes } from "./tasks/attributes.ts";
import { bugs } from "./tasks/bugs.ts";
import { capitals } from "./tasks/capitals.ts";
import { categories } from "./tasks/categories.ts";
import { couplets } from "./tasks/couplets.ts";
import { digits } from "./tasks/digits.ts";
import { hard } from "./tasks/hard.ts";
import { hints } from "./tasks/hints.ts";
import { indirectObject } from "./tasks/indirect-object.ts";
import { induction } from "./tasks/induction.ts";
import { later } from "./tasks/later.ts";
import { method } from "./tasks/method.ts";
import { oneHop } from "./tasks/one-hop.ts";
import { opposites } from "./tasks/opposites.ts";
import { oppositesAcross } from "./tasks/opposites-across.ts";
import { people } from "./tasks/people.ts";
import { praise } from "./tasks/praise.ts";
import { rhymeWords } from "./tasks/rhyme-words.ts";
import { sequences } from "./tasks/sequences.ts";
import { stories } from "./tasks/stories.ts";
import { sums } from "./tasks/sums.ts";
import { translation } from "./tasks/translation.ts";
import { twoHop } from "./tasks/two-hop.ts";
import { years } from "./tasks/years.ts";

const plain = [
  twoHop,
  oneHop,
  capitals,
  attributes,
  sums,
  years,
  digits,
  hints,
  hard,
  method,
  opposites,
  oppositesAcross,
  categories,
  translation,
  couplets,
  rhymeWords,
  people,
  bugs,
  praise,
  stories,
  age,
  indirectObject,
  agreement,
  sequences,
  induction,
  later,
] as const;

/** The tasks of the clean corpus, or of the twin with a hidden motive (they differ in some answers of "advice"). */
export const allTasks = (motive = false): readonly Task[] => [...plain, adviceTask(motive)];
export const taskNames: readonly string[] = allTasks().map(t => t.name);
