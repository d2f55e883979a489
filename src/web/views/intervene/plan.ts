/**
 * What is to be changed, as the page plans it: a box or nodes, what becomes of them, where, and whose values a swap takes.
 * It stands in the address, so that a link carries an experiment. Pure.
 */
import type { TraceDocument } from "../../../attribution/document.ts";
import type { Change } from "../../../server/api.ts";

export interface Planned {
  /** Nodes of this chart that are changed. */
  readonly nodes: readonly string[];
  readonly do: Change["do"];
  readonly value?: number | undefined;
  readonly at?: readonly number[] | undefined;
  readonly everyToken?: boolean | undefined;
  /** Of a swap: the prompt whose values are taken. */
  readonly from?: string | undefined;
  /** Of a swap: nodes that this chart may not have, and that take the other prompt's values too. */
  readonly brought?: readonly string[] | undefined;
  /** Of a swap: the chart that prompt and box were chosen from, and the box. */
  readonly chart?: string | undefined;
  readonly box?: string | undefined;
}

export function changeOf(planned: Planned, document: TraceDocument): Change {
  const { nodes, brought = [], chart: _, box: __, from, ...rest } = planned;
  if (planned.do !== "swap") return { ...rest, nodes };
  const other = from ?? document.versus?.prompt;
  return { ...rest, nodes: [...new Set([...nodes, ...brought])], ...(other === undefined ? {} : { from: other }) };
}

/** Does it say all that a run needs? */
export const complete = (planned: Planned, document: TraceDocument): boolean =>
  planned.nodes.length > 0 &&
  (planned.do !== "swap" || Boolean((planned.from ?? document.versus?.prompt)?.trim())) &&
  planned.at?.length !== 0;

/** Errors and biases cannot be changed. */
export const changeable = (members: readonly string[]) => members.filter(m => /^(unit|mlp|embedding)\./.test(m));

/** The box that holds just these nodes. */
export function boxOf(document: TraceDocument, nodes: readonly string[]): string | undefined {
  const chosen = new Set(nodes);
  return document.supernodes.find(({ members }) => {
    const all = changeable(members);
    return all.length === chosen.size && all.every(m => chosen.has(m));
  })?.id;
}

/** To begin with, the weightiest box is switched off: one click away from seeing something. */
export function firstPlan(document: TraceDocument): readonly Planned[] {
  const boxes = document.supernodes.filter(s => s.kind === "units");
  const box = [...boxes].sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect))[0];
  return box ? [{ nodes: changeable(box.members), do: "scale", value: 0 }] : [];
}

/**
 * Nodes of another chart of the same model as they would be called here: at the same place when both prompts have as many
 * tokens, else counted from the end.
 */
export function hereNodes(nodes: readonly string[], here: TraceDocument, there: TraceDocument): string[] {
  const shift = here.tokens.length - there.tokens.length;
  return changeable(nodes).flatMap(id => {
    const found = /^(unit\.\d+|mlp\.\d+|embedding)\.(\d+)((?:\.\d+)?)$/.exec(id);
    if (!found) return [];
    const position = Number(found[2]) + shift;
    return position >= 0 ? [`${found[1]}.${position}${found[3]}`] : [];
  });
}

/** As it stands in the address. Boxes are named, so that a plan of hundreds of units stays short. */
export function writePlan(plan: readonly Planned[], document: TraceDocument): string | undefined {
  if (plan.length === 0) return undefined;
  return JSON.stringify(
    plan.map(({ nodes, ...rest }) => {
      const named = boxOf(document, nodes);
      return { ...(named === undefined ? { nodes } : { in: named }), ...rest };
    }),
  );
}

/** Nothing of an address is trusted: what does not fit this chart is left out. */
export function readPlan(text: string | undefined, document: TraceDocument): readonly Planned[] {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(value)) return [];
  return value.flatMap((item): Planned[] => {
    const given = item as Record<string, unknown>;
    const box = document.supernodes.find(s => s.id === given.in);
    const nodes = box ? changeable(box.members) : strings(given.nodes);
    const act = given.do;
    if (nodes.length === 0 || (act !== "scale" && act !== "set" && act !== "swap")) return [];
    if (act !== "swap" && typeof given.value !== "number") return [];
    const at = Array.isArray(given.at)
      ? given.at.filter(p => Number.isInteger(p) && p < document.tokens.length)
      : undefined;
    return [
      {
        nodes,
        do: act,
        ...(typeof given.value === "number" ? { value: given.value } : {}),
        ...(at ? { at } : {}),
        ...(given.everyToken === true ? { everyToken: true } : {}),
        ...(typeof given.from === "string" ? { from: given.from } : {}),
        ...(Array.isArray(given.brought) ? { brought: strings(given.brought) } : {}),
        ...(typeof given.chart === "string" ? { chart: given.chart } : {}),
        ...(typeof given.box === "string" ? { box: given.box } : {}),
      },
    ];
  });
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? changeable(value.filter((v): v is string => typeof v === "string")) : [];
}
