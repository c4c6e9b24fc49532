"""Vectors of texts by sentence-transformers: `sentence_vectors.py FOLDER` reads a text a line and writes the vectors as
32-bit floats, one after another."""

import sys

from sentence_transformers import SentenceTransformer

texts = sys.stdin.buffer.read().decode().splitlines()
model = SentenceTransformer(sys.argv[1], device="cpu", local_files_only=True)
for text in texts:
    sys.stdout.buffer.write(model.encode([text])[0].astype("<f4").tobytes())
