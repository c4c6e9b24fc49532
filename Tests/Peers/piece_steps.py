"""The pieces that pre-tokenizers of `tokenizers` make of texts.

Standard input: JSON Lines {"pre_tokenizer": {...}, "text": "..."}. Standard output: for each line one line of
JSON, a list of [piece, start, end] with offsets in UTF-8 bytes. pre_tokenize_str sees the whole text.
"""
import json
import sys

from tokenizers import Tokenizer

made = {}
for line in sys.stdin:
    request = json.loads(line)
    key = json.dumps(request["pre_tokenizer"])
    if key not in made:
        made[key] = Tokenizer.from_str(json.dumps({
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": request["pre_tokenizer"], "post_processor": None, "decoder": None,
            "model": {"type": "WordLevel", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"}})).pre_tokenizer
    text = request["text"]
    bytes_before = [0]
    for character in text:
        bytes_before.append(bytes_before[-1] + len(character.encode()))
    pieces = [[piece, bytes_before[start], bytes_before[end]]
              for piece, (start, end) in made[key].pre_tokenize_str(text)]
    print(json.dumps(pieces))
