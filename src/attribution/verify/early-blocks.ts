/**
 * The first layers' MLPs, charted whole (design §6): they read tokens, each with thousands of units at once. A block at
 * one layer and position is one node of a chart, in neurons and in features alike.
 */

export interface Block {
  readonly layer: number;
  readonly position: number;
}

export interface EarlyBlocksOptions {
  /** How many first layers. */
  readonly layers: number;
  readonly tokens: number;
  /** Positions from this one on: before the prompts differ there is nothing that could be charted. */
  readonly from: number;
  /** Most nodes of the chart. */
  readonly nodes: number;
}

/** The first sixth of the layers: those that read tokens. */
export const earlyLayers = (layers: number): number => Math.ceil(layers / 6);

/**
 * By layer and position. They may take half of the nodes: in a long prompt, where there are more, those of the greatest
 * `size`, else nothing would be left for units.
 * @param size how much a block's units do to the answer, for and against
 */
export function earlyBlocks(
  { layers, tokens, from, nodes }: EarlyBlocksOptions,
  size: (block: Block) => number,
): Block[] {
  const blocks: Block[] = [];
  for (let layer = 0; layer < layers; layer++)
    for (let position = from; position < tokens; position++) blocks.push({ layer, position });
  const most = Math.floor(nodes / 2);
  if (blocks.length <= most) return blocks;
  const byPlace = (a: Block, b: Block) => a.layer - b.layer || a.position - b.position;
  const sizes = new Map(blocks.map(block => [block, size(block)]));
  return blocks
    .sort((a, b) => sizes.get(b)! - sizes.get(a)! || byPlace(a, b))
    .slice(0, most)
    .sort(byPlace);
}
