"""The pieces the reference libraries cut, as end offsets.

    python pretokenize.py tokenizers < request     pre_tokenizers.Split (Oniguruma)
    python pretokenize.py bytelevel < request      pre_tokenizers.ByteLevel with its own regex
    python pretokenize.py tiktoken < request       tiktoken's CoreBPE (fancy-regex)

The request is one JSON document {"expressions": [...], "behavior": "isolated", "invert": false, "text": "...",
"ends": [...]}. The answer is little-endian int32: for tokenizers the end of each piece in characters; for
tiktoken the ends in bytes under a vocabulary of the single bytes and of the pieces that `ends` (in bytes)
names: equal to `ends` only where the pattern cuts there too.
"""
import json
import sys

import numpy


def tokenizers_ends(request, byte_level):
    from tokenizers import Regex, pre_tokenizers

    behavior = request.get("behavior", "isolated")
    if byte_level:
        splitter = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    else:
        splitter = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(e), behavior, request.get("invert", False))
            for e in request["expressions"]])
    pieces = splitter.pre_tokenize_str(request["text"])
    return numpy.fromiter((end for _, (_, end) in pieces), dtype="<i4", count=len(pieces))


def tiktoken_ends(request):
    import tiktoken

    text = request["text"].encode()
    ranks = {bytes([b]): b for b in range(256)}
    start = 0
    for end in request["ends"]:
        ranks.setdefault(text[start:end], len(ranks))
        start = end
    encoding = tiktoken.Encoding(
        "pieces", pat_str=request["expressions"][0], mergeable_ranks=ranks, special_tokens={})
    lengths = numpy.zeros(len(ranks), dtype="<i4")
    for token, rank in ranks.items():
        lengths[rank] = len(token)
    return numpy.cumsum(lengths[encoding.encode_ordinary(request["text"])], dtype="<i4")


request = json.load(sys.stdin)
if sys.argv[1] == "tiktoken":
    ends = tiktoken_ends(request)
else:
    ends = tokenizers_ends(request, sys.argv[1] == "bytelevel")
sys.stdout.buffer.write(ends.astype("<i4").tobytes())
