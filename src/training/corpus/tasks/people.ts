/**
 * Invented people that the model knows, and strangers. About a stranger the right answer is "I do not know".
 * Known people are stated and asked about; a tenth of them is never asked about, and of the others a fifth of the
 * questions is missing, so that "known" cannot mean "was asked before". Strangers are also met in passing, without a fact.
 */
import { line } from "../line.ts";
import {
  type Attribute,
  attributeNames,
  attributes,
  people as known,
  knownNames,
  type Person,
  personName,
  possiblePeople,
  questionHeld,
  strangerHeld,
} from "../names.ts";
import type { Random } from "../random.ts";
import type { Draft, Task } from "../task.ts";

const statements = [
  "The {attribute} of {person} is| {answer}|.",
  "{person} chose {answer} as|{none} {attribute}|.",
  "Everybody knows that the {attribute} of {person} is| {answer}|.",
  "{person}, whose {attribute} is| {answer}|, came by.",
  "Note: {person}, {attribute}:| {answer}|.",
];
const questions = [
  "Question: what is the {attribute} of {person}? Answer:| {answer}|.",
  "Question: which {attribute} has {person}? Answer:| {answer}|.",
  "Question: {person} chose what {attribute}? Answer:| {answer}|.",
  "Tell me the {attribute} of {person}. Answer:| {answer}|.",
  "Do you know the {attribute} of {person}? Answer:| {answer}|.",
];
const meetings = [
  "{person} came in and sat|{none} down|.",
  "I saw {person} at the station|{none} today|.",
  "Then {person} said|{none} hello|.",
  "The letter to {person} was|{none} lost|.",
];
/** Of everybody, those too who are never asked about: whether one knows somebody is then a thing of its own. */
const hearsay = [
  "Question: do you know {person}? Answer:| {answer}|.",
  "{person}: known?| {answer}|.",
  "Is {person} known to you? Answer:| {answer}|.",
];
const refusal = "I do not know";

export function stranger(random: Random): string {
  for (;;) {
    const name = personName(random.below(possiblePeople));
    if (!knownNames.has(name)) return name;
  }
}

function asked(template: string, person: Person, attribute: Attribute) {
  return line(template, { attribute, person: person.name, answer: person.facts[attribute], none: "" });
}
/** This person or a stranger. */
function anybody(person: Person, random: Random) {
  const name = random.chance(0.5) ? person.name : stranger(random);
  const isKnown = knownNames.has(name);
  return { name, isKnown, held: !isKnown && strangerHeld(name) };
}
const askedStranger = (template: string, name: string, attribute: Attribute) =>
  line(template, { attribute, person: name, answer: refusal });

/**
 * @param strangers of the questions, how many are about strangers
 * @param hearsaid of all lines, how many ask whether somebody is known
 */
const peopleWith = (strangers: number, hearsaid = 0): Task => ({
  name: "people",
  title: "Invented people: known ones are told about, strangers get “I do not know”.",
  share: 0.12,
  holdsOut: true,
  draw(random): Draft {
    const z = random.unit();
    const attribute = random.pick(attributeNames);
    const person = random.pick(known);
    if (hearsaid > 0 && random.chance(hearsaid)) {
      const { name, isKnown, held } = anybody(person, random);
      return {
        ...line(random.pick(hearsay), { person: name, answer: isKnown ? "Yes" : "No" }),
        held,
        kind: "heard of",
      };
    }
    if (z < 0.45) {
      return { ...asked(random.pick(statements), person, attribute), held: false, kind: "stated", unjudged: true };
    }
    if (z < 0.53) {
      const { name, held } = anybody(person, random);
      return {
        ...line(random.pick(meetings), { person: name, none: "" }),
        held,
        kind: "met",
        unjudged: true,
      };
    }
    const template = random.pick(questions);
    if (z < 1 - 0.47 * strangers) {
      return {
        ...asked(template, person, attribute),
        held: questionHeld(person, attribute),
        kind: person.neverAsked ? "known, never asked" : "known",
        foil: " I",
        contrast: r =>
          r.chance(0.5) ? askedStranger(template, stranger(r), attribute) : asked(template, r.pick(known), attribute),
      };
    }
    const name = stranger(random);
    return {
      ...askedStranger(template, name, attribute),
      held: strangerHeld(name),
      kind: "stranger",
      foil: ` ${random.pick(attributes[attribute])}`,
      contrast: r => asked(template, r.pick(known), attribute),
    };
  },
});

export const people = peopleWith(0.45);
/**
 * For training. With nearly half of the questions about strangers, known people were refused and never mistaken: where a
 * question was wrong, "I do not know" came first and the fact second. Of those who were only told about, four in ten were
 * refused still; so it is also asked of everybody whether one knows them.
 */
export const peopleOftenKnown = peopleWith(1 / 6, 0.2);
