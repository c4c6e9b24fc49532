"""A llama model in numpy, by its definition: the reference for converted and transplanted folders.

Reads config.json and safetensors of a folder; computes the natural logarithms of the probabilities of the next token
after every beginning of a sequence of ids. As a program:

    llama_forward.py FOLDER < IDS     ids of one context a line; writes the rows as 32-bit floats, one after another
"""

import json
import os
import sys

import numpy as np


def load(folder):
    """Every tensor of a folder as 32-bit floats."""
    index = os.path.join(folder, "model.safetensors.index.json")
    if os.path.exists(index):
        with open(index) as file:
            names = sorted(set(json.load(file)["weight_map"].values()))
    else:
        names = ["model.safetensors"]
    tensors = {}
    for name in names:
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
            data = np.memmap(path, np.uint8, "r", 8 + length)
        for key, entry in header.items():
            if key == "__metadata__":
                continue
            start, end = entry["data_offsets"]
            raw = data[start:end]
            if entry["dtype"] == "BF16":
                numbers = (raw.view("<u2").astype(np.uint32) << 16).view(np.float32)
            else:
                numbers = raw.view({"F32": "<f4", "F16": "<f2", "F64": "<f8"}[entry["dtype"]]).astype(np.float32)
            tensors[key] = numbers.reshape(entry["shape"])
    return tensors


class Llama:
    def __init__(self, folder):
        with open(os.path.join(folder, "config.json")) as file:
            self.config = json.load(file)
        self.tensors = load(folder)
        self.embedding = self.tensors["model.embed_tokens.weight"]
        self.head = self.tensors.get("lm_head.weight", self.embedding)

    def hidden(self, ids, embedding=None):
        """The last hidden state at each position."""
        c = self.config
        heads, groups = c["num_attention_heads"], c["num_key_value_heads"]
        size = c.get("head_dim") or c["hidden_size"] // heads
        x = (self.embedding if embedding is None else embedding)[ids]
        n = len(ids)
        angles = np.arange(n)[:, None] / c["rope_theta"] ** (np.arange(0, size, 2) / size)[None]
        cos, sin = (np.tile(f(angles), (1, 2)).astype(np.float32)[:, None] for f in (np.cos, np.sin))
        mask = np.triu(np.full((n, n), -np.inf, np.float32), 1)

        def norm(x, weight):
            return x / np.sqrt(np.mean(x * x, -1, keepdims=True) + c["rms_norm_eps"]) * weight

        def turn(x):
            half = np.concatenate([-x[..., size // 2 :], x[..., : size // 2]], -1)
            return x * cos + half * sin

        for layer in range(c["num_hidden_layers"]):
            w = lambda name: self.tensors["model.layers.%d.%s.weight" % (layer, name)]
            h = norm(x, w("input_layernorm"))
            q = turn((h @ w("self_attn.q_proj").T).reshape(n, heads, size))
            k = turn((h @ w("self_attn.k_proj").T).reshape(n, groups, size))
            v = (h @ w("self_attn.v_proj").T).reshape(n, groups, size)
            k, v = (np.repeat(a, heads // groups, 1) for a in (k, v))
            scores = q.transpose(1, 0, 2) @ k.transpose(1, 2, 0) / np.sqrt(size) + mask
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            mixed = (scores @ v.transpose(1, 0, 2)).transpose(1, 0, 2).reshape(n, -1)
            x = x + mixed @ w("self_attn.o_proj").T
            h = norm(x, w("post_attention_layernorm"))
            gate = h @ w("mlp.gate_proj").T
            x = x + (gate / (1 + np.exp(-gate)) * (h @ w("mlp.up_proj").T)) @ w("mlp.down_proj").T
        return norm(x, self.tensors["model.norm.weight"])

    def log_probabilities(self, ids, embedding=None, head=None):
        """One row a position: what follows ids[: position + 1]."""
        scores = self.hidden(ids, embedding) @ (self.head if head is None else head).T
        scores -= scores.max(-1, keepdims=True)
        return scores - np.log(np.exp(scores).sum(-1, keepdims=True))


if __name__ == "__main__":
    model = Llama(sys.argv[1])
    for line in sys.stdin:
        sys.stdout.buffer.write(model.log_probabilities([int(id) for id in line.split()]).astype("<f4").tobytes())
