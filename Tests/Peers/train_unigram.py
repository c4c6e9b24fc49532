#!/usr/bin/env python3
"""Train with sentencepiece what toklab has trained, and compare.

  train_unigram.py TEXT OURS.model SIZE [--coverage 0.9995] [--report]

One line of three numbers: the share of pieces that both have, the largest difference of scores between
those, and the relative difference of bits per byte of the best segmentations of the text (ours to theirs).
"""
import argparse
import os
import tempfile

import sentencepiece


def pieces(path):
    model = sentencepiece.SentencePieceProcessor(model_file=path)
    return {model.id_to_piece(id): model.get_score(id) for id in range(model.get_piece_size())}


def score(path, text):
    processor = sentencepiece.SentencePieceProcessor(model_file=path)
    total = 0.0
    for line in text:
        for id in processor.encode(line):
            total += processor.get_score(id)
    return total


parser = argparse.ArgumentParser()
parser.add_argument("text")
parser.add_argument("ours")
parser.add_argument("size", type=int)
parser.add_argument("--coverage", type=float, default=0.9995)
parser.add_argument("--report", action="store_true")
options = parser.parse_args()
with tempfile.TemporaryDirectory() as folder:
    prefix = os.path.join(folder, "theirs")
    sentencepiece.SentencePieceTrainer.train(
        input=options.text, model_prefix=prefix, vocab_size=options.size, model_type="unigram",
        character_coverage=options.coverage, minloglevel=2)
    theirs, ours = pieces(prefix + ".model"), pieces(options.ours)
    both = theirs.keys() & ours.keys()
    with open(options.text, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file][:20000]
    a, b = score(options.ours, lines), score(prefix + ".model", lines)
    print(len(both) / len(theirs), max(abs(theirs[p] - ours[p]) for p in both), abs(a / b - 1))
    if options.report:
        print("only theirs", sorted(theirs.keys() - both)[:40])
        print("only ours", sorted(ours.keys() - both)[:40])
