/** A chart on the terminal, in this terminal's colours and width. */
import type { TraceDocument } from "../attribution/document.ts";
import type { Context } from "./verb.ts";

export async function printStory(
  document: TraceDocument,
  context: Pick<Context, "color" | "width" | "out">,
): Promise<void> {
  const { storyText } = await import("../charts/terminal.ts");
  const { bold, dim, green, magenta, yellow } = context.color;
  const paint = { bold, dim, for: green, against: magenta, warn: yellow };
  context.out(storyText(document, { width: Math.min(context.width, 100), paint }));
}
