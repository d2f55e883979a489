/**
 * The words that the tokenizer must spell in pieces: cities that are no capitals, invented people, the words of the
 * language tasks. A one-token word lets its embedding do the look-up, and then there is no circuit to see.
 */
import { nameParts } from "./names.ts";
import { cities, regions } from "./places.ts";
import { categories, triples } from "./words.ts";

export function spelledWords(): Set<string> {
  const words = new Set<string>();
  for (const list of Object.values(cities))
    for (const city of list) for (const word of city.name.split(" ")) words.add(word);
  for (const part of nameParts) words.add(part);
  for (const triple of [...triples, ...categories]) for (const word of triple.slice(0, 2)) words.add(word);
  // A capital of one region may be part of another's city; the answer stays one token.
  for (const list of Object.values(regions))
    for (const r of list) for (const name of [r.name, r.capital]) words.delete(name);
  return words;
}
