/** An OpenAI-compatible endpoint of a few bytes on loopback, for tests: it answers, and misbehaves when told to. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface ChatStandIn {
  /** …/v1 */
  readonly address: string;
  /** Bodies that arrived, in order, with the key that came with them. */
  readonly seen: {
    readonly model: string;
    readonly messages: { content: string }[];
    readonly key: string | undefined;
  }[];
  /** What to answer to the n-th request (from 0); text is put into a chat's frame. */
  behave: (n: number) => ChatAnswer;
  close(): Promise<void>;
}

export type ChatAnswer =
  | { readonly say: string }
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | { readonly silent: true };

export async function chatStandIn(behave: ChatStandIn["behave"]): Promise<ChatStandIn> {
  const seen: ChatStandIn["seen"] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", part => parts.push(part));
    request.on("end", () => {
      if (request.url !== "/v1/chat/completions") return void response.writeHead(404).end();
      seen.push({ ...JSON.parse(Buffer.concat(parts).toString()), key: request.headers.authorization });
      const answer = standIn.behave(seen.length - 1);
      if ("silent" in answer) return;
      if ("say" in answer)
        response
          .writeHead(200, { "content-type": "application/json" })
          .end(JSON.stringify({ choices: [{ message: { role: "assistant", content: answer.say } }] }));
      else response.writeHead(answer.status, answer.headers).end(answer.body ?? "");
    });
  });
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done));
  const standIn: ChatStandIn = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    behave,
    async close() {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };
  return standIn;
}
