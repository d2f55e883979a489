/** What the page asks to be changed, as interventions: units at their places or at others, whole blocks, tokens. */
import { parseNodeId } from "../attribution/node.ts";
import { Problem } from "../core/problem.ts";
import type { InterventionContext } from "../interventions/context.ts";
import type { Change as Edit, Intervention } from "../interventions/intervention.ts";
import type { UnitMember } from "../interventions/site.ts";
import type { Change } from "./api.ts";

export function interventionsOf(
  change: Change,
  context: InterventionContext,
  versus: string | undefined,
): Intervention[] {
  const units: UnitMember[] = [];
  const tokens: number[] = [];
  for (const id of change.nodes) {
    const node = parseNodeId(id);
    if (!node) throw new Problem(`"${id}" is no node`, { advice: "unit.12.3.345, mlp.0.3 or embedding.3" });
    if (node.kind === "unit") units.push(node);
    else if (node.kind === "embedding") tokens.push(node.position);
    else if (node.kind === "mlp") units.push(...wholeBlock(node, context));
    else throw new Problem(`a node of kind "${node.kind}" cannot be changed`, { advice: "units or tokens" });
  }
  const edit = editOf(change, versus);
  const members = change.at ? atPlaces(units, change.at, context, edit) : units;
  const made: Intervention[] = [];
  if (members.length > 0) made.push({ site: { at: "supernode", id: "chosen", members }, positions: "all", ...edit });
  if (tokens.length > 0) made.push({ site: { at: "residual", layer: 0 }, positions: tokens, ...edit });
  if (change.everyToken && edit.do !== "swap") {
    for (const { layer, index } of distinct(units))
      made.push({ site: { at: "unit", layer, index }, positions: "new", ...edit });
  }
  if (made.length === 0)
    throw new Problem("none of these units is active at the chosen positions, so nothing would change", {
      advice: 'other positions, or "set"',
    });
  return made;
}

function wholeBlock(node: { layer: number; position: number }, { recording, features }: InterventionContext) {
  if (features)
    throw new Problem(`a whole block (layer ${node.layer}) cannot be changed among the features of a dictionary`, {
      advice: "a box of features",
    });
  return Array.from({ length: recording.model.config.dMlp }, (_, index) => ({ ...node, index }));
}

/** The same units at other positions. Scaling a silent feature changes nothing and is left out. */
function atPlaces(
  units: readonly UnitMember[],
  positions: readonly number[],
  { recording, basis, features }: InterventionContext,
  edit: Edit,
): UnitMember[] {
  const bad = positions.find(p => p >= recording.tokens);
  if (bad !== undefined)
    throw new Problem(`position ${bad} is not there: the prompt has positions 0 to ${recording.tokens - 1}`);
  return positions
    .flatMap(position => distinct(units).map(({ layer, index }) => ({ layer, index, position })))
    .filter(member => !features || edit.do !== "scale" || basis.number(member) !== undefined);
}

function distinct(units: readonly UnitMember[]): UnitMember[] {
  return [...new Map(units.map(unit => [`${unit.layer}.${unit.index}`, unit])).values()];
}

function editOf(change: Change, versus: string | undefined): Edit {
  if (change.do === "scale") return { do: "scale", by: change.value! };
  if (change.do === "set") return { do: "set", to: change.value! };
  const from = change.from ?? versus;
  if (from === undefined)
    throw new Problem("a swap needs another prompt to take the values from", { advice: "a contrast prompt" });
  return { do: "swap", from };
}

/** What was done, for people: the chart of a changed model says so. */
export function changeWords(change: Change): string {
  const what = change.nodes.length === 1 ? change.nodes[0]! : `${change.nodes.length} nodes`;
  const where = change.at ? ` at position ${change.at.join(", ")}` : "";
  if (change.do === "swap")
    return `${what}${where} swapped for their values in ${JSON.stringify(change.from ?? "the other prompt")}`;
  if (change.do === "set") return `${what}${where} set to ${change.value}`;
  return change.value === 0 ? `${what}${where} switched off` : `${what}${where} times ${change.value}`;
}
