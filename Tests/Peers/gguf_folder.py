"""Compares a converted folder with the GGUF file, tensor by tensor: `gguf_folder.py FILE.gguf FOLDER` prints `N equal`."""

import json
import sys

import gguf
import numpy as np
from llama_forward import load

NAMES = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}

source, folder = sys.argv[1:]
found = load(folder)
with open(folder + "/config.json") as file:
    config = json.load(file)
equal = 0
for tensor in gguf.GGUFReader(source).tensors:
    numbers = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
    parts = tensor.name.split(".")
    name = NAMES[parts[-2]] + "." + parts[-1]
    if parts[0] == "blk":
        name = "model.layers." + parts[1] + "." + name
    if "attn_q" in tensor.name or "attn_k" in tensor.name:
        heads = config["num_attention_heads" if "attn_q" in tensor.name else "num_key_value_heads"]
        shape = numbers.shape
        numbers = numbers.reshape(heads, shape[0] // heads // 2, 2, -1).swapaxes(1, 2).reshape(shape)
    there = found.pop(name)
    if there.size != numbers.size or not np.array_equal(
        np.ascontiguousarray(numbers).reshape(there.shape).view(np.uint32), there.view(np.uint32)
    ):
        sys.exit("%s differs from %s" % (name, tensor.name))
    equal += 1
if found:
    sys.exit("only in the folder: %s" % sorted(found))
print("%d equal" % equal)
