/** Runs a whole command in this process, as `bin/lucida.js` would, and gives what it said and its exit code. */
import { vi } from "vitest";
import { main } from "../src/cli/main.ts";

export interface Ended {
  readonly code: number;
  readonly out: string;
  /** Colours left out. */
  readonly err: string;
}

export async function command(...argv: string[]): Promise<Ended> {
  const said = { out: "", err: "" };
  const catching = (key: "out" | "err") => (text: unknown) => {
    said[key] += String(text);
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation(catching("out")),
    vi.spyOn(process.stderr, "write").mockImplementation(catching("err")),
  ];
  try {
    const code = await main(argv);
    return { code, out: said.out, err: said.err.replace(/\x1b\[[\d;]*m/g, "") };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** The one document that a command with `--json` put on stdout. Throws where there is anything else. */
export async function commandJson(...argv: string[]) {
  const ended = await command(...argv, "--json");
  if (ended.code !== 0) throw new Error(`exit code ${ended.code}: ${ended.err}`);
  return JSON.parse(ended.out);
}
