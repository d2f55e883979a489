/** The studies that come along, in the order of the report card. */
import { nearest } from "../../core/nearest.ts";
import { Problem } from "../../core/problem.ts";
import type { Study } from "../study.ts";
import { addition } from "./addition.ts";
import { agreement, greaterThan, indirectObject, induction } from "./classics.ts";
import { codeBug } from "./code-bug.ts";
import { flattery } from "./flattery.ts";
import { hiddenMotive } from "./hidden-motive.ts";
import { hints } from "./hints.ts";
import { knownEntities } from "./known-entities.ts";
import { languagesStudy } from "./languages.ts";
import { oppositesStudy } from "./opposites.ts";
import { readerAge } from "./reader-age.ts";
import { rhyme } from "./rhyme.ts";
import { speaker } from "./speaker.ts";
import { twoHop } from "./two-hop.ts";

export const studies: readonly Study[] = [
  twoHop,
  addition,
  languagesStudy,
  oppositesStudy,
  rhyme,
  knownEntities,
  hints,
  codeBug,
  flattery,
  speaker,
  readerAge,
  hiddenMotive,
  indirectObject,
  greaterThan,
  agreement,
  induction,
];

/** Throws a Problem with the nearest names. */
export function studyNamed(name: string): Study {
  const found = studies.find(s => s.name === name);
  if (found) return found;
  const names = studies.map(s => s.name);
  const near = nearest(name, names);
  throw new Problem(`there is no study "${name}"`, {
    advice:
      near.length > 0 ? near.map(n => `"${n}"`).join(" or ") : `one of ${names.join(", ")}; or a file of your own`,
  });
}
