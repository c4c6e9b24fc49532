"""Whether the newest sentencepiece takes a map of characters, and what it makes of texts with it.

    take_charsmap.py TEXT... < MAP

Release 0.2.3 checks maps where 0.2.0 did not. Prints each text, normalized, on a line.
"""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, ".cache", "sentencepiece-0.2.3"))

import sentencepiece

import models_peer


def main():
    assert sentencepiece.__version__ == "0.2.3", sentencepiece.__version__
    pieces = [("<unk>", 0.0, models_peer.UNKNOWN), ("a", -1.0, models_peer.NORMAL)]
    file = models_peer.spm_file("unigram", pieces, False, sys.stdin.buffer.read(), escapes=0)
    processor = sentencepiece.SentencePieceProcessor(model_proto=file)
    sys.stdout.reconfigure(encoding="utf-8")
    for text in sys.argv[1:]:
        print(processor.normalize(text))


main()
