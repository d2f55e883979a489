/** A trace as each of the files that it can be taken away as. */
import type { TraceDocument } from "../attribution/document.ts";
import { fromDocument } from "../attribution/from-document.ts";
import { pruneNothing } from "../attribution/prune.ts";
import { toGraphJson } from "../attribution/to-graph-json.ts";
import { singleFileHtml } from "../charts/html.ts";
import { storySvg } from "../charts/svg.ts";
import { storyText } from "../charts/terminal.ts";
import { pageAssets } from "../store/assets.ts";
import type { ExportFormat } from "./api.ts";

export interface Exported {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly extension: string;
}

/** `build` is where the page of an exported file lies; found beside the running file when left out. */
export async function exported(
  document: TraceDocument,
  as: ExportFormat,
  version: string,
  build?: string,
): Promise<Exported> {
  switch (as) {
    case "json":
      return { body: JSON.stringify(document), type: "application/json", extension: "json" };
    case "html":
      return { body: singleFileHtml(document, await pageAssets(build)), type: "text/html", extension: "html" };
    case "svg":
      return { body: storySvg(document), type: "image/svg+xml", extension: "svg" };
    case "txt":
      return { body: storyText(document), type: "text/plain", extension: "txt" };
    case "graph":
      return { body: JSON.stringify(graphJson(document, version)), type: "application/json", extension: "graph.json" };
    case "lucida": {
      const { zipSync, strToU8 } = await import("fflate");
      const manifest = { format: "lucida", version: 1, made: { by: "camera-lucida", version }, trace: "trace.json" };
      const files = {
        "manifest.json": strToU8(JSON.stringify(manifest)),
        "trace.json": strToU8(JSON.stringify(document)),
      };
      return {
        body: zipSync(files, { mtime: new Date("1980-01-01T12:00:00Z") }),
        type: "application/zip",
        extension: "lucida",
      };
    }
  }
}

/** The document's graph as the JSON that circuit-tracer and Neuronpedia open. */
function graphJson(document: TraceDocument, version: string) {
  const graph = fromDocument(document);
  return toGraphJson(graph, {
    slug: fileStem(document),
    scan: `${document.model.name} ${document.basis}`,
    prompt: document.prompt,
    tokens: document.tokens,
    targets: document.targets,
    layers: document.model.layers,
    vocabulary: document.model.vocabulary,
    pruning: pruneNothing(graph),
    label: node => document.nodes[node]?.label?.text,
    supernodes: document.supernodes,
    generator: { name: "camera-lucida", version },
  });
}

/** A file name of the prompt's words. */
export function fileStem(document: TraceDocument): string {
  const words = document.prompt.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.slice(-8).join("-").slice(0, 60) || "trace";
}
