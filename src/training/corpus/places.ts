/**
 * Cities, what they lie in, and its capital: the facts behind two-hop questions, with the split of cities.
 *
 * A1 cities are seen only in "city lies in region"; A2 cities also with region of the country, abbreviation,
 * language, continent; neither ever together with the capital. Sources: docs/specimen/sources.md.
 */
import empires from "./facts/empires.json" with { type: "json" };
import states from "./facts/us.json" with { type: "json" };
import countries from "./facts/world.json" with { type: "json" };
import { lot } from "./split.ts";

export type Noun = "state" | "country" | "empire";

export interface Region {
  readonly noun: Noun;
  readonly name: string;
  readonly capital: string;
  readonly cities: readonly City[];
  /** States: "TX". */
  readonly code?: string;
  /** States: "South". */
  readonly part?: string;
  readonly language?: string;
  readonly continent?: string;
}

export interface City {
  readonly name: string;
  readonly region: Region;
  readonly group: "A1" | "A2" | "train";
}

interface Row {
  readonly name: string;
  readonly capital: string;
  readonly cities: readonly string[];
  readonly code?: string;
  readonly region?: string;
  readonly language?: string;
  readonly continent?: string;
}

function region(noun: Noun, row: Row): Region {
  const cities: City[] = [];
  const made: Region = {
    noun,
    name: row.name,
    capital: row.capital,
    cities,
    ...(noun === "state" && { code: row.code!, part: row.region! }),
    ...(row.language && { language: row.language, continent: row.continent! }),
  };
  for (const name of row.cities) {
    const x = lot("city", name);
    cities.push({ name, region: made, group: x < 0.1 ? "A1" : x < 0.2 ? "A2" : "train" });
  }
  return made;
}

export const regions: Readonly<Record<Noun, readonly Region[]>> = {
  state: states.map(row => region("state", row)),
  country: countries.map(row => region("country", row)),
  empire: empires.map(row => region("empire", row)),
};

export const cities: Readonly<Record<Noun, readonly City[]>> = {
  state: regions.state.flatMap(r => r.cities),
  country: regions.country.flatMap(r => r.cities),
  empire: regions.empire.flatMap(r => r.cities),
};

/** Names that must be one token although they hold a space: " New York", " Byzantine Empire", " Salt Lake City". */
export const longNames: readonly string[] = [
  ...new Set(Object.values(regions).flatMap(list => list.flatMap(r => [r.name, r.capital, r.continent ?? ""]))),
].filter(name => name.includes(" "));
