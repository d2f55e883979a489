"""The Python peer's side of bench/peer.ts: one attribution with circuit-tracer, timed, its rows written down.

python bench/peer.py FOLDER IDS ROWS BATCH TIMES: FOLDER holds model/ (config.json, model.safetensors) and dictionary/.
Prints one line of JSON; writes FOLDER/peer.safetensors. Needs circuit-tracer 0.5.0 and transformer-lens < 4.
"""

import json
import resource
import sys
import time

import torch
from circuit_tracer import attribute
from circuit_tracer.replacement_model.replacement_model_transformerlens import TransformerLensReplacementModel
from circuit_tracer.transcoder.single_layer_transcoder import load_transcoder_set
from safetensors.torch import save_file
from transformer_lens import HookedTransformerConfig
from transformer_lens.pretrained.weight_conversions.llama import convert_llama_weights
from transformers import LlamaForCausalLM

folder, ids, rows, batch = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
began = time.time()
torch.set_grad_enabled(True)
source = LlamaForCausalLM.from_pretrained(f"{folder}/model", torch_dtype=torch.float32)
c = source.config


class Words:
    """Stands in for a tokenizer: the peer only asks it for special ids, names and the vocabulary's size."""

    all_special_ids = [ids[0]]
    bos_token_id = pad_token_id = eos_token_id = ids[0]
    vocab_size = c.vocab_size
    padding_side = "right"
    pad_token = bos_token = eos_token = ""

    def decode(self, ids):
        return str(ids)


config = HookedTransformerConfig(
    model_name="smollm2", d_model=c.hidden_size, d_head=c.hidden_size // c.num_attention_heads,
    n_heads=c.num_attention_heads, n_key_value_heads=c.num_key_value_heads, d_mlp=c.intermediate_size,
    n_layers=c.num_hidden_layers, n_ctx=128, eps=c.rms_norm_eps, d_vocab=c.vocab_size, act_fn="silu",
    normalization_type="RMS", positional_embedding_type="rotary", rotary_adjacent_pairs=False,
    rotary_dim=c.hidden_size // c.num_attention_heads, rotary_base=int(c.rope_theta), final_rms=True,
    gated_mlp=True, original_architecture="LlamaForCausalLM", device="cpu", dtype=torch.float32,
)
dictionary = load_transcoder_set(
    {l: f"{folder}/dictionary/layer_{l}.safetensors" for l in range(c.num_hidden_layers)},
    scan="bench", feature_input_hook="mlp.hook_in", feature_output_hook="mlp.hook_out",
    device=torch.device("cpu"), dtype=torch.float32, lazy_encoder=False, lazy_decoder=True,
)
model = TransformerLensReplacementModel.from_config(config, dictionary)
weights = convert_llama_weights(source, config)
# The replacement model wraps these two.
weights = {n.replace(".mlp.", ".mlp.old_mlp.").replace("unembed.", "unembed.old_unembed."): w for n, w in weights.items()}
missing = [n for n in model.load_state_dict(weights, strict=False).missing_keys if "transcoder" not in n and "mask" not in n and "IGNORE" not in n and "rotary" not in n]
assert not missing, missing
del source, weights
model.tokenizer = Words()
loaded = time.time() - began
times, work = [], []


def used():
    r = resource.getrusage(resource.RUSAGE_SELF)
    return r.ru_utime + r.ru_stime


for _ in range(int(sys.argv[5])):
    began, before = time.time(), used()
    graph = attribute(torch.tensor(ids), model, max_feature_nodes=rows, batch_size=batch, verbose=False)
    times.append(time.time() - began)
    work.append(used() - before)
save_file(
    {
        "active": graph.active_features.to(torch.float32).contiguous(),
        "selected": graph.selected_features.to(torch.float32).contiguous(),
        "weights": graph.logit_probabilities.to(torch.float32).contiguous(),
        "layers": torch.zeros(c.num_hidden_layers),
        "tokens": torch.zeros(len(ids)),
        "adjacency": graph.adjacency_matrix.contiguous(),
    },
    f"{folder}/peer.safetensors",
)
print(
    json.dumps(
        {
            "load": loaded, "seconds": times, "work": work, "active": len(graph.active_features),
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "targets": [t.vocab_idx for t in graph.logit_targets], "weights": graph.logit_probabilities.tolist(),
        }
    )
)
