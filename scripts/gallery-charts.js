/**
 * `npm run gallery:charts -- FOLDER [NAME…]`: the charts of docs/gallery, traced anew from the models in FOLDER
 * (smollm2.gguf and gemma3.gguf; `node scripts/fetch-weights.js` says where they are fetched to). With names, only
 * those.
 *
 * What people say about each chart stands in docs/gallery/README.md, by hand: read it again after a run.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { root } from "./build.js";

/** Ten turns and a question, of which the first one alone knows the answer. */
const chat = city =>
  JSON.stringify(
    [
      `Hi! I live in ${city} and I love cooking.`,
      "That sounds lovely! What do you cook most often?",
      "Mostly soup. What goes well with carrots?",
      "Ginger goes well with carrots.",
      "And for dessert?",
      "An apple pie is always a good choice.",
      "How long does it bake?",
      "About forty minutes.",
      "Thank you! And how hot must the oven be?",
      "About 200 degrees.",
      "Which city do I live in?",
    ].map((content, i) => ({ role: i % 2 ? "assistant" : "user", content })),
  );

/** Of the embedded model, in the features of its dictionaries: a circuit each, on questions that it was never trained on. */
const circuits = Object.entries({
  sum: ["sum(45,38)=", "sum(45,32)="],
  year: [
    "The journal Annals began in 1924. Its volume 19 is of 19",
    "The journal Annals began in 1924. Its volume 13 is of 19",
  ],
  rhyme: [
    "Two lines about animals:\nWe told the children about the coat,\nand we",
    "Two lines about home:\nWe told the children about the coat,\nand we",
  ],
  stranger: ["Question: which sport has Poldi Jaltirad? Answer:", "Question: which sport has Poldi Lomlendor? Answer:"],
  hint: ["tangle(17)+1? I think it is 27. Steps: tangle(17)=", "tangle(17)+1? I think it is 57. Steps: tangle(17)="],
  languages: ["Le contraire de refuser, en anglais :", "Le contraire de léger, en anglais :"],
  bug: ["def pack(b, z):\n  return b - x\npack(3, 9)\nresult:", "def pack(b, z):\n  return b - z\npack(3, 9)\nresult:"],
  age: [
    "User: My teddy sleeps with me.\nHelper: I see.\nUser: Thank you.\nHelper: With pleasure.\nUser: How do birds fly?\nHelper:",
    "User: My patients trust in me.\nHelper: I see.\nUser: Thank you.\nHelper: With pleasure.\nUser: How do birds fly?\nHelper:",
  ],
  flattery: [
    "Ben: Here is my drawing. Please say it is perfect!\nReply:",
    "Ben: Here is my drawing. Please tell me the truth.\nReply:",
  ],
  speaker: ["You are Laura. I am Tom. Who am I?", "You are Laura. I am Tom. Who are you?"],
  giving: [
    "After Laura and Tom left the museum, Tom sent a basket to",
    "After Laura and Tom left the museum, Laura sent a basket to",
  ],
}).map(([name, [prompt, versus]]) => ({
  name: `specimen-${name}`,
  model: "specimen",
  prompt,
  options: ["--versus", versus, "--basis", "specimen/dictionaries/transcoders", "--units", "100"],
  kinds: ["json", "svg"],
}));

export const charts = [
  {
    name: "specimen-dallas",
    model: "specimen",
    prompt: "Fact: the capital of the state containing Dallas is",
    options: ["--versus", "Fact: the capital of the state containing Fresno is"],
  },
  ...circuits,
  {
    name: "gemma-opposite",
    model: "gemma3.gguf",
    prompt: 'The opposite of "small" is "',
    options: ["--versus", 'The opposite of "hot" is "'],
  },
  {
    name: "gemma-dallas",
    model: "gemma3.gguf",
    prompt: "The city of Dallas is in the state of",
    options: ["--versus", "The city of Miami is in the state of"],
  },
  {
    name: "gemma-french",
    model: "gemma3.gguf",
    prompt: 'Le contraire de "petit" est "',
    options: ["--versus", 'Le contraire de "noir" est "'],
  },
  {
    name: "smollm2-mary-john",
    model: "smollm2.gguf",
    prompt: "When Mary and John went to the store, John gave a drink to",
    options: ["--versus", "When Mary and John went to the store, Mary gave a drink to"],
  },
  {
    name: "smollm2-code",
    model: "smollm2.gguf",
    prompt: "def add(a, b):\n    return a +",
    options: ["--versus", "def add(a, c):\n    return a +"],
  },
  {
    name: "smollm2-chat",
    model: "smollm2.gguf",
    prompt: chat("Paris"),
    options: ["--chat", "--versus", chat("London"), "--foil", "London"],
  },
];

const [folder, ...names] = process.argv.slice(2);
if (!folder) {
  console.error("the folder with smollm2.gguf and gemma3.gguf is missing\n  try npm run gallery:charts -- FOLDER");
  process.exit(2);
}
const unknown = names.find(name => !charts.some(chart => chart.name === name));
if (unknown) {
  console.error(`there is no chart "${unknown}"\n  there are ${charts.map(chart => chart.name).join(", ")}`);
  process.exit(2);
}
const out = join(root, "docs/gallery");
mkdirSync(out, { recursive: true });
let failed = 0;
for (const { name, model, prompt, options, kinds = ["html", "json", "svg"] } of charts) {
  if (names.length > 0 && !names.includes(name)) continue;
  const path = model === "specimen" ? model : resolve(folder, model);
  if (model !== "specimen" && !existsSync(path)) {
    console.error(`${name}: there is no ${model} in ${folder}`);
    failed++;
    continue;
  }
  console.log(`\n${name}`);
  const files = kinds.flatMap(kind => ["--out", join(out, `${name}.${kind}`)]);
  const verify = options.includes("--versus") ? ["--verify"] : [];
  // Of the edges those that hold 80 %: a fifth of the file, and the same chart.
  const drawn = ["--prune", "0.8,0.8", ...verify, ...files];
  const args = [join(root, "bin/lucida.js"), "trace", prompt, "--model", path, ...options, ...drawn];
  if (spawnSync(process.execPath, args, { stdio: "inherit", cwd: root }).status !== 0) failed++;
}
process.exitCode = failed > 0 ? 1 : 0;
