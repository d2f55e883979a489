/**
 * Node ids of the graph JSON. Features, tokens and logits as everybody writes them; errors in the newer form, since the
 * older "0_{layer}_{position}" is also the id of a feature of layer 0. Biases and coarse `mlp` nodes, which only we
 * write, carry a word where the others carry a number, so they can meet nobody.
 */

export const ids = {
  feature: (layer: number, index: number, position: number) => `${layer}_${index}_${position}`,
  error: (layer: number, position: number) => `${layer}_-1_${position}`,
  token: (vocabulary: number, position: number) => `E_${vocabulary}_${position}`,
  logit: (layer: number, vocabulary: number, position: number) => `${layer}_${vocabulary}_${position}`,
  bias: (layer: number | "positions") => (layer === "positions" ? "E_bias_0" : `${layer}_bias_0`),
  mlp: (layer: number, position: number) => `${layer}_mlp_${position}`,
};

export const types = {
  feature: "cross layer transcoder",
  error: "mlp reconstruction error",
  token: "embedding",
  logit: "logit",
  bias: "bias",
  mlp: "mlp",
} as const;
