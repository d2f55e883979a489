/** What an index says of itself: enough to know whether it fits, and how its files are to be read. */
import { z } from "zod";

/** 2: records have `quantiles` (1: `spread`, by halvings of the range). */
export const indexVersion = 2;

export const manifestSchema = z.object({
  format: z.literal("lucida-index"),
  version: z.literal(indexVersion),
  model: z.object({
    name: z.string(),
    layers: z.number().int(),
    dModel: z.number().int(),
    vocabulary: z.number().int(),
  }),
  /** "neurons", or the dictionary's name. */
  basis: z.string(),
  signed: z.boolean(),
  layers: z.array(z.object({ layer: z.number().int().nonnegative(), units: z.number().int().positive() })).min(1),
  /** Windows of the corpus, each `length` whole numbers of 4 bytes in windows.bin, −1 where it is shorter. */
  windows: z.number().int().nonnegative(),
  length: z.number().int().positive().max(65_535),
  /** Counted: the first token of each window is not. */
  tokens: z.number().int().nonnegative(),
  corpus: z.object({ name: z.string(), licence: z.string().optional(), files: z.number().int(), bytes: z.number() }),
  seed: z.number().int(),
  /** Numbers a unit in similar.bin. */
  sketch: z.number().int().positive(),
  labelled: z.number().int().nonnegative(),
  /** Are promoted and suppressed tokens in the records? */
  promoted: z.boolean(),
  created: z.string(),
  seconds: z.number(),
});

export type Manifest = z.infer<typeof manifestSchema>;
