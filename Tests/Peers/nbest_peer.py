"""Random unigram models with the n best paths that `sentencepiece` finds.

    nbest_peer.py SEED MODELS CASES N

One JSON object a line: the model file in hexadecimal, and for each text its paths as scores and ids.
Everything follows from the seed.
"""
import json
import random
import sys

import sentencepiece

import models_peer


def main():
    seed, count, cases, n = map(int, sys.argv[1:5])
    for number in range(count):
        r = random.Random(f"nbest {seed} {number}")
        alphabet = r.choice(models_peer.ALPHABETS)
        pieces, fallback = models_peer.spm_pieces(r, alphabet, models_peer.scores(r))
        file = models_peer.spm_file("unigram", pieces, fallback, b"", *(int(r.random() < 0.7) for _ in range(2)), 1)
        processor = sentencepiece.SentencePieceProcessor(model_proto=file)
        texts = []
        for _ in range(cases):
            text = "".join(r.choice(alphabet + " ") for _ in range(1 + r.randrange(14)))
            found = processor.nbest_encode(text, nbest_size=n, out_type="immutable_proto").nbests
            texts.append({"text": text, "paths": [{"score": path.score, "ids": [piece.id for piece in path.pieces]} for path in found]})
        print(json.dumps({"file": file.hex(), "texts": texts}))


main()
