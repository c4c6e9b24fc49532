#!/usr/bin/env python3
"""Train with tokenizers what toklab has trained, and compare the models entry by entry.

  train_bpe.py SPEC.json

SPEC: {"files": [...], "runs": [{"tokenizer": "tokenizer.json", "vocab_size": n, "min_frequency": n,
"max_token_length": n or null, "special_tokens": [...]}]}. Every tokenizer.json is loaded; its pre-tokenizer,
in a new tokenizer, is trained on the files; vocabulary and merges must be the file's. One line a run:
"equal MERGES" or the first difference.
"""
import json
import sys

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

with open(sys.argv[1], encoding="utf-8") as file:
    spec = json.load(file)
for run in spec["runs"]:
    ours = Tokenizer.from_file(run["tokenizer"])
    theirs = Tokenizer(models.BPE())
    theirs.pre_tokenizer = ours.pre_tokenizer
    theirs.train(spec["files"], trainers.BpeTrainer(
        vocab_size=run["vocab_size"], min_frequency=run["min_frequency"], show_progress=False,
        max_token_length=run["max_token_length"], special_tokens=run["special_tokens"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    a, b = (json.loads(t.to_str())["model"] for t in (ours, theirs))
    for i, (x, y) in enumerate(zip(a["merges"], b["merges"])):
        if x != y:
            print(f"merge {i}: {x}, not {y}")
            break
    else:
        if a["merges"] != b["merges"]:
            print(f"{len(a['merges'])} merges, not {len(b['merges'])}")
        elif a["vocab"] != b["vocab"]:
            print("vocabularies differ in", sorted(set(a["vocab"].items()) ^ set(b["vocab"].items()))[:4])
        else:
            print("equal", len(a["merges"]))
