import type { LayerConfig, ModelConfig } from "../config.ts";

/** What a block needs to know to write itself down: the model's shape, its layer, and which weights the file has. */
export interface BlockContext {
  readonly config: ModelConfig;
  readonly layer: LayerConfig;
  /** Is there a weight of this canonical name ("queries", "queries.bias", ...) in this layer? */
  has(name: string): boolean;
}
