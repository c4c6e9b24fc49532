"""What the normalizers of `tokenizers` make of texts.

    python normalize.py < requests

The input is a JSON list of {"normalizer": "NFC()", "texts": [...], "offsets": true}; the answer a JSON list of
{"texts": [...], "offsets": [[start, end, ...], ...]}: for each character of a normalized text the characters
of the original it is aligned to. The normalizer is an expression over the names of `tokenizers.normalizers`.
"""
import json
import sys

import charsmap
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

NAMES = {**vars(normalizers), "Regex": Regex, "charsmap": charsmap.named}


def offsets(normalizer, texts):
    tokenizer = Tokenizer(models.WordLevel({"x": 0}, unk_token="x"))
    tokenizer.normalizer = normalizer
    # Each character alone; Oniguruma's (?m) is the dot that matches line ends.
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("(?m)."), "isolated")
    for text in texts:
        yield [number for pair in tokenizer.encode(text).offsets for number in pair]


answers = []
for request in json.load(sys.stdin):
    normalizer = eval(request["normalizer"], {}, NAMES)
    answers.append({
        "texts": [normalizer.normalize_str(text) for text in request["texts"]],
        "offsets": list(offsets(normalizer, request["texts"])) if request["offsets"] else [],
    })
json.dump(answers, sys.stdout)
