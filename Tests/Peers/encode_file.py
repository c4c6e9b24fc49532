#!/usr/bin/env python3
"""encode_file.py TOKENIZER TEXT...: the ids that a reference library gives each whole text, one line a text.

TOKENIZER is a tokenizer.json (tokenizers) or a .model (sentencepiece).
"""
import sys

for path in sys.argv[2:]:
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    if sys.argv[1].endswith(".model"):
        import sentencepiece

        ids = sentencepiece.SentencePieceProcessor(model_file=sys.argv[1]).encode(text)
    else:
        import tokenizers

        ids = tokenizers.Tokenizer.from_file(sys.argv[1]).encode(text, add_special_tokens=False).ids
    print(*ids)
