/**
 * Models of the hub that people start with: small enough for a laptop, of a family that Lucida reads.
 * Sizes are those of the safetensors to fetch, rounded; the hub's own figures are shown once it is asked.
 */
export interface KnownModel {
  readonly name: string;
  readonly family: string;
  /** Bytes to fetch, about. */
  readonly size: number;
  readonly licence: string;
  /** Terms have to be accepted on its page first. */
  readonly gated?: true;
}

export const knownModels: readonly KnownModel[] = [
  { name: "HuggingFaceTB/SmolLM2-135M-Instruct", family: "llama", size: 269e6, licence: "apache-2.0" },
  { name: "EleutherAI/pythia-70m", family: "gpt_neox", size: 166e6, licence: "apache-2.0" },
  { name: "openai-community/gpt2", family: "gpt2", size: 548e6, licence: "mit" },
  { name: "google/gemma-3-270m", family: "gemma3", size: 536e6, licence: "gemma", gated: true },
  { name: "Qwen/Qwen2.5-0.5B", family: "qwen2", size: 988e6, licence: "apache-2.0" },
  { name: "Qwen/Qwen3-0.6B", family: "qwen3", size: 1.5e9, licence: "apache-2.0" },
  { name: "meta-llama/Llama-3.2-1B", family: "llama", size: 2.5e9, licence: "llama3.2", gated: true },
  { name: "google/gemma-2-2b", family: "gemma2", size: 10.5e9, licence: "gemma", gated: true },
];
