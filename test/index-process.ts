/**
 * Builds a small index in a process of its own, saves its state after every group of windows, and says each step on a line:
 * `FOLDER MODEL [DIES]`. When what it has said matches DIES, it kills itself there and then, so that the moment does not
 * hang on how soon another process notices.
 */
import { random } from "../src/core/random.ts";
import { watchNeurons } from "../src/features/index/watched.ts";
import { buildIndex } from "../src/store/build-index.ts";
import { findModel } from "../src/store/models.ts";
import { openModel } from "../src/store/open-model.ts";

const [folder, reference, dies] = process.argv.slice(2);
const { model, tokenizer, close } = await openModel(await findModel(reference!));
const next = random(5);
const words = "the a city river state of in Texas Austin is not seven says friend and old".split(" ");
const texts = Array.from({ length: 40 }, () =>
  Array.from({ length: 24 }, () => words[Math.floor(next() * words.length)]).join(" "),
);
let said = "";
const say = (line: string) => {
  said += `${line}\n`;
  console.log(line);
  if (dies && new RegExp(dies, "m").test(said)) process.kill(process.pid, "SIGKILL");
};
await buildIndex({
  folder: folder!,
  watched: watchNeurons(model),
  corpus: { name: "made up", files: 0, bytes: 0, mark: "1", texts: () => texts },
  encode: text => tokenizer!.encode(text, { special: false }),
  token: id => tokenizer!.token(id),
  length: 12,
  tokens: 100_000,
  batch: 2,
  seed: 0,
  promoted: true,
  every: 0,
  note: say,
  progress: (stage, done) => say(`${stage} ${done}`),
});
await close();
