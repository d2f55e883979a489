import { afterEach, expect, test } from "vitest";
import { type ChatAnswer, type ChatStandIn, chatStandIn } from "../../test/chat-stand-in.ts";
import { ask, endpointAddress } from "./chat-endpoint.ts";

let server: ChatStandIn | undefined;
afterEach(() => server?.close());

const messages = [{ role: "user", content: "what is it?" }];
async function asking(answers: ChatAnswer[], more: { patience?: number; key?: string; signal?: AbortSignal } = {}) {
  server = await chatStandIn(n => answers[Math.min(n, answers.length - 1)]!);
  const endpoint = { address: server.address, model: "m", patience: more.patience ?? 5000, key: more.key, wait: 5 };
  return ask(endpoint, messages, { tokens: 20, ...(more.signal ? { signal: more.signal } : {}) });
}

test("the question arrives with the model's name and the key, and the answer's text comes back", async () => {
  expect(await asking([{ say: "a word" }], { key: "k1" })).toBe("a word");
  expect(server!.seen).toMatchObject([{ model: "m", messages, key: "Bearer k1", max_tokens: 20, temperature: 0 }]);
});

test("a busy endpoint (429, 503) is asked again, after the pause that it names", async () => {
  const busy: ChatAnswer = { status: 429, headers: { "retry-after": "0.2" } };
  const began = performance.now();
  expect(await asking([busy, { status: 503 }, { say: "yes" }])).toBe("yes");
  expect(performance.now() - began).toBeGreaterThan(195);
  expect(server!.seen.length).toBe(3);
});

test("one that stays busy is given up after five tries, in words", async () => {
  await expect(asking([{ status: 429 }])).rejects.toThrow(/still busy or broken after 5 tries \(429\)/);
  expect(server!.seen.length).toBe(5);
});

test("silence is broken off and tried again", async () => {
  expect(await asking([{ silent: true }, { say: "awake" }], { patience: 100 })).toBe("awake");
  await server!.close();
  await expect(asking([{ silent: true }], { patience: 20 })).rejects.toThrow(/did not answer in time/);
});

test("a refusal is final: no second try, and what was said is shown", async () => {
  await expect(asking([{ status: 401, body: "bad key" }])).rejects.toThrow(/without a key \(401\)/);
  expect(server!.seen.length).toBe(1);
  await server!.close();
  await expect(asking([{ status: 404, body: "no model m" }])).rejects.toThrow(/no model "m"/);
});

test("an answer that is no chat, or without end, is refused", async () => {
  await expect(asking([{ status: 200, body: "<html>hello" }])).rejects.toThrow(/not as an OpenAI-compatible chat/);
  await server!.close();
  await expect(asking([{ status: 200, body: "x".repeat(2 << 20) }])).rejects.toThrow(/over 1 MB/);
});

test("a redirect is not followed, so the key goes to nobody else", async () => {
  const other = await chatStandIn(() => ({ say: "caught" }));
  const moved: ChatAnswer = { status: 307, headers: { location: `${other.address}/chat/completions` } };
  await expect(asking([moved], { key: "secret" })).rejects.toThrow(/moved \(307\)/);
  expect(other.seen).toEqual([]);
  await other.close();
});

test("an interruption ends it at once, also in a pause", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  const began = performance.now();
  await expect(asking([{ status: 429, headers: { "retry-after": "60" } }], { signal: stop.signal })).rejects.toThrow(
    /abort/,
  );
  expect(performance.now() - began).toBeLessThan(5000);
});

test("addresses are checked: a scheme, no password, and no doubled path", () => {
  expect(endpointAddress("http://localhost:8080/v1/")).toBe("http://localhost:8080/v1");
  expect(endpointAddress("http://h/v1/chat/completions")).toBe("http://h/v1");
  expect(() => endpointAddress("localhost")).toThrow(/is no address/);
  expect(() => endpointAddress("file:///etc")).toThrow(/http or https/);
  expect(() => endpointAddress("http://me:pw@h/v1")).toThrow(/no password/);
});
