/**
 * Tasks in the form in which they are taught: words in other languages' frames too, names in code to compare, people often
 * asked about. They are judged in their own form, which is a part of it.
 */
import type { Task } from "./task.ts";
import { bugsInBrief, bugsToCompare } from "./tasks/bugs.ts";
import { categoriesMixed } from "./tasks/categories.ts";
import { oppositesMixed } from "./tasks/opposites.ts";
import { peopleOftenKnown } from "./tasks/people.ts";
import { sequencesOfNumbers } from "./tasks/sequences.ts";
import { translationMixed } from "./tasks/translation.ts";

const always: readonly Task[] = [
  peopleOftenKnown,
  categoriesMixed,
  oppositesMixed,
  translationMixed,
  sequencesOfNumbers,
];

/** In the specimen's first run. */
export const tasksTaughtFirst: readonly Task[] = [...always, bugsInBrief];
/** In the runs that go on from it, and to its dictionaries. */
export const tasksTaught: readonly Task[] = [...always, bugsToCompare];
