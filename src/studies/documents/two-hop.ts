/** Dallas → Texas → Austin: is the state thought of on the way? */
import { defineStudy } from "../study.ts";

export const twoHop = defineStudy({
  name: "two-hop",
  title: "Two-hop facts",
  question: "On the way from a city to its state's capital, does the model think of the state?",
  holds:
    "It thinks of the state on the way: put another state in its place and the capital changes, even to a Byzantine one.",
  fails: "The answer comes from the city, but not through a state that could be exchanged for another.",
  ability: "say the capital of what a city lies in",
  after: "Lindsey et al. 2025, “On the biology of a large language model”: Dallas, Texas, Austin",
  grounds: [
    {
      on: "specimen",
      prompts: [
        {
          task: "two-hop",
          kind: ["us:train", "world:train", "empire:train"],
          split: "train",
          count: 2400,
          contrast: false,
        },
        { task: "two-hop", kind: ["us:A1", "us:A2"], split: "held-out", count: 160, contrast: false },
      ],
      gate: { need: 0.5 },
      tests: [
        {
          test: "swap",
          title: "another state in the city's place",
          claim: "With the mean of another state put in at the city's last token, the model says that state's capital.",
          label: "bridge",
          at: "city",
          learnOn: { kind: "us:train" },
          count: 60,
        },
        {
          test: "swap",
          title: "an empire in the middle of America",
          claim: "With the mean of an old empire put in at an American city, the model says that empire's capital.",
          label: "bridge",
          at: "city",
          targets: [
            "Byzantine Empire",
            "Persian Empire",
            "Carthaginian Empire",
            "Inca Empire",
            "Aztec Empire",
            "Mongol Empire",
          ],
          need: 0.3,
          count: 60,
        },
      ],
    },
  ],
});
