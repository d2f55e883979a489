/**
 * Reads a graph JSON with doubt: every field that is used later is checked, and what is wrong is said in words with
 * the node or link that is to blame. Accepts what is found in the wild: layers as numbers, `pinnedIds` as one string
 * with commas, supernodes and labels as JSON inside a string, absent optional fields.
 */
import { Problem } from "../../core/problem.ts";
import { isRecord } from "../json.ts";
import type { GraphJson, GraphJsonLink, GraphJsonMetadata, GraphJsonNode, GraphJsonView } from "./schema.ts";

/** The largest uncapped graph that we know of has 14,000 nodes and 16 million links (73 tokens, 1.7 GB). */
const mostNodes = 1_000_000;
const mostLinks = 50_000_000;
/** A million tokens: longer than any context that can be traced. */
const mostPositions = 1_000_000;
/** The deepest open model has 126 layers. */
const mostLayers = 1_000;

/** `name` is the file's, for errors. */
export function parseGraphJson(text: string, name = "graph.json"): GraphJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    // Python writes NaN and Infinity where JSON has no word for them.
    const word = /[:[,]\s*(-?Infinity|NaN)\b/.exec(text)?.[1];
    if (word) throw wrong(`a number in the file is ${word}`, name, "tracing again: the trace had overflowed");
    throw new Problem("the file is not JSON, or was cut short", {
      where: `in ${name}: ${cause instanceof Error ? cause.message : ""}`,
      advice: "downloading it again",
      cause,
    });
  }
  return checkGraphJson(value, name);
}

export function checkGraphJson(value: unknown, name = "graph.json"): GraphJson {
  if (!isRecord(value)) throw wrong("the file holds no object", name);
  for (const part of ["nodes", "links"] as const) {
    if (!Array.isArray(value[part])) {
      throw wrong(`"${part}" is missing, so this is no attribution graph`, name, "a file that circuit-tracer wrote");
    }
  }
  const [nodes, links] = [value.nodes as unknown[], value.links as unknown[]];
  if (nodes.length > mostNodes) throw wrong(`${nodes.length} nodes are more than ${mostNodes}`, name, "a pruned graph");
  if (links.length > mostLinks) throw wrong(`${links.length} links are more than ${mostLinks}`, name, "a pruned graph");
  const metadata = checkMetadata(value.metadata, name);
  const checked = nodes.map((node, i) => checkNode(node, i, metadata.prompt_tokens.length, name));
  const known = new Set(checked.map(node => node.node_id));
  return {
    metadata,
    qParams: checkView(value.qParams, name),
    nodes: checked,
    links: links.map((link, i) => checkLink(link, i, known, name)),
  };
}

function checkMetadata(value: unknown, name: string): GraphJsonMetadata {
  if (!isRecord(value)) throw wrong(`"metadata" is missing`, name);
  const tokens = value.prompt_tokens;
  if (!Array.isArray(tokens) || tokens.length === 0 || !tokens.every(token => typeof token === "string")) {
    throw wrong(`"metadata.prompt_tokens" must be a list of at least one text`, name);
  }
  if (tokens.length > mostPositions) throw wrong(`${tokens.length} tokens are more than ${mostPositions}`, name);
  const version = value.schema_version;
  if (typeof version === "number" && version > 1) {
    throw wrong(`the file is of schema version ${version}; 0 and 1 are known`, name, "a newer Lucida");
  }
  const text = (key: string, otherwise: string) => (typeof value[key] === "string" ? value[key] : otherwise);
  const settings = ["info", "generation_settings", "pruning_settings"] as const;
  const list = value.transcoder_list;
  return {
    slug: text("slug", "graph"),
    scan: text("scan", "unknown"),
    prompt: text("prompt", tokens.join("")),
    prompt_tokens: tokens,
    ...(typeof version === "number" && { schema_version: version }),
    ...(typeof value.node_threshold === "number" && { node_threshold: value.node_threshold }),
    ...(Array.isArray(list) && { transcoder_list: list.filter(item => typeof item === "string") }),
    ...Object.fromEntries(settings.flatMap(key => (isRecord(value[key]) ? [[key, value[key]]] : []))),
  };
}

function checkNode(value: unknown, i: number, positions: number, name: string): GraphJsonNode {
  if (!isRecord(value)) throw wrong(`node ${i} is no object`, name);
  const id = value.node_id;
  if (typeof id !== "string" || id === "") throw wrong(`node ${i} has no node_id`, name);
  const where = `node ${i} (${id.slice(0, 60)})`;
  const type = value.feature_type;
  if (typeof type !== "string") throw wrong(`${where} has no feature_type`, name);
  const layer = typeof value.layer === "number" ? String(value.layer) : value.layer;
  if (typeof layer !== "string" || !(layer === "E" || (/^\d+$/.test(layer) && Number(layer) < mostLayers))) {
    throw wrong(`${where} has layer ${show(layer)}; it must be "E" or a number below ${mostLayers}`, name);
  }
  const position = value.ctx_idx;
  if (typeof position !== "number" || !Number.isInteger(position) || position < 0 || position >= positions) {
    throw wrong(`${where} is at position ${show(position)}, but there are ${positions} tokens`, name);
  }
  const number = (key: string) => {
    const field = value[key];
    if (field === undefined || field === null) return undefined;
    if (typeof field !== "number" || !Number.isFinite(field)) throw wrong(`${where}: ${key} is ${show(field)}`, name);
    return field;
  };
  const optional = (["token_prob", "influence", "activation"] as const).flatMap(key => {
    const field = number(key);
    return field === undefined ? [] : [[key, field] as const];
  });
  return {
    node_id: id,
    feature: number("feature") ?? null,
    layer,
    ctx_idx: position,
    feature_type: type,
    jsNodeId: typeof value.jsNodeId === "string" ? value.jsNodeId : "",
    clerp: typeof value.clerp === "string" ? value.clerp : "",
    ...(value.is_target_logit === true && { is_target_logit: true }),
    ...Object.fromEntries(optional),
  };
}

function checkLink(value: unknown, i: number, known: ReadonlySet<string>, name: string): GraphJsonLink {
  if (!isRecord(value)) throw wrong(`link ${i} is no object`, name);
  const { source, target, weight } = value;
  for (const [end, id] of [
    ["source", source],
    ["target", target],
  ] as const) {
    if (typeof id !== "string" || !known.has(id)) {
      throw wrong(`link ${i} has the ${end} ${show(id)}, but no node has that id`, name);
    }
  }
  if (typeof weight !== "number" || !Number.isFinite(weight)) {
    throw wrong(`link ${i} (${source} → ${target}) has the weight ${show(weight)}`, name);
  }
  return { source: source as string, target: target as string, weight };
}

/** What a viewer had open is never worth a refusal: what cannot be read is left out. */
function checkView(value: unknown, name: string): GraphJsonView {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw wrong(`"qParams" is no object`, name);
  const pinned = value.pinnedIds;
  const pinnedIds = typeof pinned === "string" ? pinned.split(",").filter(Boolean) : texts(pinned);
  const supernodes = list(unpack(value.supernodes)).map(texts);
  const clerps = list(unpack(value.clerps)).map(texts);
  return {
    ...(pinnedIds.length > 0 && { pinnedIds }),
    ...(supernodes.length > 0 && { supernodes: supernodes.filter(group => group.length > 1) }),
    ...(clerps.length > 0 && {
      clerps: clerps.flatMap(([id, label]) => (id && label ? [[id, label] as const] : [])),
    }),
    ...(typeof value.linkType === "string" && { linkType: value.linkType }),
    ...(typeof value.clickedId === "string" && { clickedId: value.clickedId }),
    ...(typeof value.sg_pos === "string" && { sg_pos: value.sg_pos }),
  };
}

/** Saved states keep lists as JSON inside a string. */
function unpack(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return [];
  }
}

/** A list, or an object taken as a list of [key, value]. */
const list = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : isRecord(value) ? Object.entries(value) : [];
const texts = (value: unknown): string[] => list(value).filter(item => typeof item === "string");

/** A foreign value in an error: short, whatever it is. */
function show(value: unknown): string {
  const text = value === undefined ? "missing" : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function wrong(what: string, name: string, advice?: string): Problem {
  return new Problem(what, { where: `in ${name}`, advice });
}
