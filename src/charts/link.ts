/** The links between the boxes of a chart: how much of the answer each carries, and which are strong enough to draw. */
import type { SuperedgeInfo, TraceDocument } from "../attribution/document.ts";
import type { ChartBox } from "./box.ts";

export interface ChartLink {
  readonly source: string;
  readonly target: string;
  readonly weight: number;
  readonly input: number;
  readonly share: number;
  /** It runs against the order of the boxes, or between two "other" boxes: listed, not drawn. */
  readonly back: boolean;
  readonly drawn: boolean;
}

/** Strongest first. A link's shares are explained in chart.ts. */
export function linksOf(
  document: TraceDocument,
  boxes: readonly ChartBox[],
  answerId: string,
  errors: ReadonlyMap<string, number>,
  minimum: number,
): ChartLink[] {
  const rank = new Map(boxes.map((box, i) => [box.id, i]));
  const shareOf = new Map(boxes.map(box => [box.id, box.share]));
  const loose = new Set(boxes.filter(box => box.kind === "other").map(box => box.id));
  const home = (id: string) => (id === document.target.node ? answerId : id);
  const edges: SuperedgeInfo[] = document.superedges
    .map(edge => ({ ...edge, source: home(edge.source), target: home(edge.target) }))
    .filter(edge => edge.source !== edge.target && rank.has(edge.source) && rank.has(edge.target) && edge.weight !== 0);
  const total = new Map<string, number>();
  // What enters a box from above, where the document says what share of the answer each edge carries.
  const entered = new Map<string, number>([[answerId, 1]]);
  for (const edge of edges) entered.set(edge.source, (entered.get(edge.source) ?? 0) + (edge.share ?? 0));
  for (const edge of edges) total.set(edge.target, (total.get(edge.target) ?? 0) + Math.abs(edge.weight));
  const links = edges.map(edge => {
    const { source, target, weight } = edge;
    const back = (loose.has(source) && loose.has(target)) || rank.get(source)! >= rank.get(target)!;
    if (edge.share !== undefined) {
      const whole = entered.get(target) ?? 0;
      return {
        source,
        target,
        weight,
        input: whole > 0 ? Math.min(1, edge.share / whole) : 0,
        share: edge.share,
        back,
      };
    }
    const input = (Math.abs(edge.weight) / total.get(edge.target)!) * (1 - (errors.get(edge.target) ?? 0));
    const share = input * Math.min(1, shareOf.get(edge.target)!);
    return { source, target, weight, input, share, back };
  });
  links.sort((a, b) => b.share - a.share || (a.source + a.target < b.source + b.target ? -1 : 1));
  // No box of units hangs loose: its strongest way in and its strongest way out are drawn however weak they are.
  const units = new Set(boxes.filter(b => b.kind === "units" || b.kind === "answer").map(b => b.id));
  const reached = new Set<string>();
  return links.map(link => {
    const way = !link.back;
    const firstIn = way && units.has(link.target) && !reached.has(`>${link.target}`);
    const firstOut = way && units.has(link.source) && !reached.has(`${link.source}>`);
    if (firstIn) reached.add(`>${link.target}`);
    if (firstOut) reached.add(`${link.source}>`);
    return { ...link, drawn: way && (link.share >= minimum || firstIn || firstOut) };
  });
}
