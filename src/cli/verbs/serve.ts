/** `lucida serve`, and `lucida` alone: the page, on this machine only. */
import { spawn } from "node:child_process";
import { version } from "../main.ts";
import { count, type Verb } from "../verb.ts";

interface Options {
  readonly port?: number;
  readonly host: string;
  readonly model?: string;
  readonly open: boolean;
}

/** The port without --port: the first of ten that is free. */
const usual = 5837;

export const verb: Verb<Options> = {
  configure(command) {
    command
      .option("--port <n>", `a port; 0 for any that is free (${usual}, or the next free one)`, count(0, 65535))
      .option("--host <address>", "an address of this machine; others can then reach the page", "127.0.0.1")
      .option("--model <model>", "specimen, a folder, a .gguf file, or owner/name[@revision] of the hub")
      .option("--no-open", "do not open the browser");
  },
  async run(options, context) {
    const { listen } = await import("../../server/listen.ts");
    const server = await listen({
      version,
      port: options.port ?? usual,
      more: options.port === undefined ? 9 : 0,
      host: options.host,
      model: options.model,
    });
    if (options.port === undefined && server.port !== usual)
      context.note(`port ${usual} is in use, so the page is on ${server.port}`);
    if (options.host !== "127.0.0.1" && options.host !== "localhost" && options.host !== "::1")
      context.note(`everybody who can reach ${options.host} can use this page: there is no password`);
    context.out(`Lucida is at ${context.color.cyan(server.url)}`);
    context.out(context.color.dim("nothing leaves this machine; Ctrl-C stops it"));
    context.result({ url: server.url });
    if (options.open && process.stdout.isTTY) openBrowser(server.url);
    await new Promise<void>(done => {
      if (context.signal.aborted) done();
      context.signal.addEventListener("abort", () => done(), { once: true });
    });
    await server.close();
  },
};

/** As well as it goes: the address is printed in any case. */
function openBrowser(url: string): void {
  const [command, args] =
    process.platform === "darwin"
      ? ["open", [url]]
      : process.platform === "win32"
        ? ["cmd", ["/c", "start", "", url]]
        : ["xdg-open", [url]];
  const child = spawn(command as string, args as string[], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}
