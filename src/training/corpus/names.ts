/**
 * Invented people. First names for stories are common ones (one token each); the known and unknown people have made-up
 * names of syllables, spelled in pieces, so that knowing somebody cannot sit in one embedding. No real person is meant.
 */
import { hash } from "./random.ts";
import { heldOut } from "./split.ts";

export const women =
  "Alice Emma Lucy Kate Ruby Ella Amy Grace Julia Laura Maria Sarah Helen Mary Anna Rosa Lily Eva Ida Jane".split(" ");
export const men =
  "Tom Jack Paul Peter Adam Oscar Leo Simon Mark Luke David Daniel Robert Michael James John Ben Max Hugo Victor".split(
    " ",
  );

const given =
  "Velo Marka Tirin Osda Belu Karim Fenna Jorik Salwe Dunno Ketri Lamo Wira Poldi Nesha Garuk Hilme Rovan Yusta Zelik Arvo Cindar Ebru Ifan Mirel Tovi Ulrika Bramo Sefa Dorin".split(
    " ",
  );
const start = "Bra Kel Tor Van Mus Dri Fal Gor Hus Jal Lom Nar Pel Ros Sti Tra Wol Zim Chu Der".split(" ");
const middle = "ve mi do ka len ro su ti bar go ne pa".split(" ");
const end = "lin tash mek dor wick son rad bel nik fur mov gast zen tor kus pin".split(" ");

const surname = (i: number): string =>
  start[i % start.length]! +
  middle[Math.floor(i / start.length) % middle.length]! +
  end[Math.floor(i / (start.length * middle.length)) % end.length]!;
const surnames = start.length * middle.length * end.length;
export const possiblePeople = given.length * surnames;

/** Every invented name has a number in [0, possiblePeople). */
export const personName = (i: number): string => `${given[i % given.length]} ${surname(Math.floor(i / given.length))}`;
export const nameParts: readonly string[] = [...given, ...Array.from({ length: surnames }, (_, i) => surname(i))];

/** Two facts a person: 400 people with four facts each were known to 40 % after 7.8 million tokens, with two to 69 %. */
export const attributes = {
  sport: "tennis rugby golf hockey judo rowing fencing archery skiing boxing chess surfing".split(" "),
  pet: "parrot hamster lizard ferret hedgehog goldfish spider pigeon otter gecko beetle swan".split(" "),
} as const;
export type Attribute = keyof typeof attributes;
export const attributeNames = Object.keys(attributes) as Attribute[];

export interface Person {
  readonly name: string;
  readonly facts: Readonly<Record<Attribute, string>>;
  /** Stated in training, but no question about this person is ever asked there. */
  readonly neverAsked: boolean;
}

export const people: readonly Person[] = (() => {
  const chosen = new Set<number>();
  for (let i = 0; chosen.size < 260; i++) chosen.add(hash(`known ${i}`) % possiblePeople);
  return [...chosen].map(i => {
    const name = personName(i);
    return {
      name,
      neverAsked: heldOut("person", name, 0.1),
      facts: Object.fromEntries(
        attributeNames.map(a => [a, attributes[a][hash(`${name} ${a}`) % attributes[a].length]!]),
      ) as Record<Attribute, string>,
    };
  });
})();
export const knownNames: ReadonlySet<string> = new Set(people.map(p => p.name));

/** Stated, and asked about otherwise, but this question is never asked in training. */
export const questionHeld = (person: Person, attribute: Attribute): boolean =>
  person.neverAsked || heldOut("question", `${person.name}/${attribute}`, 0.2);
/** Names nobody knows: a tenth of them never turns up in training. */
export const strangerHeld = (name: string): boolean => heldOut("stranger", name, 0.1);
