import { expect, test } from "vitest";
import { Problem } from "../core/problem.ts";
import { chatPrompt } from "./chat-template.ts";

const template = `{{ bos_token }}{% for m in messages %}{% if m.role not in ["user", "assistant"] %}{{ raise_exception("no role " + m.role) }}{% endif %}<{{ m.role }}>{{ m.content }}
{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}`;
const user = { role: "user", content: "1 < 2 & {{ 3 }}" };

test("messages fill the template; what they contain is text, not template", () => {
  expect(chatPrompt(template, [user], { bosToken: "<s>" })).toBe("<s><user>1 < 2 & {{ 3 }}\n<assistant>");
  expect(chatPrompt(template, [user], { generate: false })).toBe("<user>1 < 2 & {{ 3 }}\n");
});

test("a bad template, a refusal by the template and bad messages each get a sentence", () => {
  const problem = (t: string, messages: unknown): Problem => {
    try {
      chatPrompt(t, messages);
    } catch (error) {
      expect(error).toBeInstanceOf(Problem);
      return error as Problem;
    }
    throw new Error("it was taken");
  };
  expect(problem("{% for %}", [user]).message).toBe("the chat template cannot be read");
  expect(problem(template, [{ role: "pirate", content: "" }]).message).toContain("no role pirate");
  expect(problem("{{ messages | shuffle }}", [user]).message).toContain(
    "the chat template does not take these messages",
  );
  expect(problem(template, []).message).toContain("at least one message");
  expect(problem(template, "hello").message).toContain("at least one message");
  expect(problem(template, [user, { role: "user" }]).message).toContain("message 2 of 2 needs a role and a content");
});
