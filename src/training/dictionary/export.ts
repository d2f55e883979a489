/**
 * A trained dictionary as files that others read too: circuit-tracer's set (config.yaml, a file a layer) when it has all
 * layers of the model, else, and for autoencoders, SAELens folders, which may leave layers out.
 */
import { type OutgoingTensor, writeSafetensors } from "../../formats/write-safetensors.ts";
import { type Values, valueNamed } from "../parameters.ts";
import { named, outputsOf, type Part, type Plan, parametersOf } from "./plan.ts";
import { turned } from "./turned.ts";

export interface OutgoingFile {
  readonly name: string;
  readonly data: string | Iterable<Uint8Array<ArrayBuffer>>;
}

/** The file that says what it is comes last: a folder without it is half-written. */
export function* dictionaryFiles(
  plan: Plan,
  folded: Values,
  model: { readonly name: string; readonly layers: number },
): Generator<OutgoingFile> {
  const whole = plan.layers.length === model.layers;
  if (plan.kind === "cross-layer") yield* crossLayer(plan, folded);
  else if (plan.kind === "transcoders" && whole) yield* perLayer(plan, folded);
  else {
    yield* saeLens(plan, folded, model.name);
    return;
  }
  yield { name: "config.yaml", data: configYaml(plan, model.name) };
}

const hooks: Readonly<Partial<Record<Plan["reads"], string>>> = {
  "mlp.in": "mlp.hook_in",
  "mlp.out": "hook_mlp_out",
  "residual.in": "hook_resid_pre",
  "residual.out": "hook_resid_post",
};

function configYaml({ kind, reads, writes, activation }: Plan, model: string): string {
  const lines = [
    `model_name: ${JSON.stringify(model)}`,
    `model_kind: ${kind === "cross-layer" ? "cross_layer_transcoder" : "transcoder_set"}`,
    `feature_input_hook: ${hooks[reads]}`,
    `feature_output_hook: ${hooks[writes]}`,
    ...(activation.kind === "topk" ? ["activation: topk", `k: ${activation.k}`] : ["activation: jump_relu"]),
  ];
  return `${lines.join("\n")}\n`;
}

function* perLayer(plan: Plan, folded: Values): Generator<OutgoingFile> {
  for (const layer of plan.layers) {
    const tensors = parametersOf(plan, [layer]).map(({ name, shape }) => ({
      name: perLayerTensor(name),
      shape,
      data: valueNamed(folded, name),
    }));
    yield { name: perLayerFile(layer), data: writeSafetensors(tensors, "F32") };
  }
}

/** Of a set of transcoders: where a layer lies in its folder. */
export const perLayerFile = (layer: number): string => `layer_${layer}.safetensors`;

/** And what a parameter, "encoder.3", is called there. */
export const perLayerTensor = (parameter: string): string =>
  perLayerTensors[parameter.slice(0, parameter.indexOf(".")) as Part];

const perLayerTensors: Readonly<Record<Part, string>> = {
  encoder: "W_enc",
  encoderBias: "b_enc",
  decoder: "W_dec",
  decoderBias: "b_dec",
  skip: "W_skip",
  threshold: "activation_function.threshold",
};

function* crossLayer(plan: Plan, folded: Values): Generator<OutgoingFile> {
  const { features, dModel, activation } = plan;
  for (const layer of plan.layers) {
    const of = (part: Part) => valueNamed(folded, named(part, layer));
    const encoder: OutgoingTensor[] = [
      { name: `W_enc_${layer}`, shape: [features, dModel], data: of("encoder") },
      { name: `b_enc_${layer}`, shape: [features], data: of("encoderBias") },
      { name: `b_dec_${layer}`, shape: [dModel], data: of("decoderBias") },
    ];
    // In this form, unlike in the other, the skip connection is [in, out].
    if (plan.skip)
      encoder.push({ name: `W_skip_${layer}`, shape: [dModel, dModel], data: turned(of("skip"), dModel, dModel) });
    if (activation.kind === "jumprelu")
      encoder.push({ name: `threshold_${layer}`, shape: [features], data: of("threshold") });
    yield { name: `W_enc_${layer}.safetensors`, data: writeSafetensors(encoder, "F32") };
    const decoder = { name: `W_dec_${layer}`, shape: [features, outputsOf(plan, layer), dModel], data: of("decoder") };
    yield { name: `W_dec_${layer}.safetensors`, data: writeSafetensors([decoder], "F32") };
  }
}

function* saeLens(plan: Plan, folded: Values, model: string): Generator<OutgoingFile> {
  const { features, dModel, activation, kind } = plan;
  for (const layer of plan.layers) {
    const of = (part: Part) => valueNamed(folded, named(part, layer));
    const tensors: OutgoingTensor[] = [
      { name: "W_enc", shape: [dModel, features], data: turned(of("encoder"), features, dModel) },
      { name: "W_dec", shape: [features, dModel], data: of("decoder") },
      { name: "b_enc", shape: [features], data: of("encoderBias") },
      { name: "b_dec", shape: [dModel], data: of("decoderBias") },
    ];
    if (plan.skip) tensors.push({ name: "W_skip", shape: [dModel, dModel], data: of("skip") });
    if (activation.kind === "jumprelu") tensors.push({ name: "threshold", shape: [features], data: of("threshold") });
    const name = `blocks.${layer}.${hooks[plan.reads]}`;
    const architecture = [
      activation.kind === "topk" ? "topk" : "jumprelu",
      ...(kind === "autoencoders" ? [] : plan.skip ? ["skip_transcoder"] : ["transcoder"]),
    ].join("_");
    const cfg = {
      architecture,
      d_in: dModel,
      d_sae: features,
      dtype: "float32",
      ...(activation.kind === "topk" ? { k: activation.k } : {}),
      normalize_activations: "none",
      apply_b_dec_to_input: false,
      reshape_activations: "none",
      metadata: {
        model_name: model,
        hook_name: name,
        ...(kind === "autoencoders" ? {} : { hook_name_out: `blocks.${layer}.${hooks[plan.writes]}` }),
      },
    };
    yield { name: `layer_${layer}/sae_weights.safetensors`, data: writeSafetensors(tensors, "F32") };
    yield { name: `layer_${layer}/cfg.json`, data: `${JSON.stringify(cfg, null, 2)}\n` };
  }
}
