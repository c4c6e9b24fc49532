"""The pieces the reference libraries cut, as end offsets.

    python pretokenize.py tokenizers < request     pre_tokenizers.Split (Oniguruma), one after another
    python pretokenize.py bytelevel < request      pre_tokenizers.ByteLevel with its own regex
    python pretokenize.py tiktoken < request       tiktoken's CoreBPE (fancy-regex)

The input is a JSON list of requests {"expressions": [...], "behavior": "isolated", "invert": false,
"texts": [...], "ends": [[...], ...]}. The answer is little-endian int32, for each text of each request the
number of pieces and then their ends: for tokenizers in characters; for tiktoken in bytes, under a vocabulary
of the single bytes and of the pieces that `ends` (in bytes) names, so equal to `ends` only where the pattern
cuts there too. When tokenizers refuses the expressions of a request its answer is one -1.
"""
import json
import sys

import numpy


def tokenizers_ends(request, byte_level):
    from tokenizers import Regex, pre_tokenizers

    if byte_level:
        splitter = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    else:
        behavior, invert = request.get("behavior", "isolated"), request.get("invert", False)
        try:
            splits = [pre_tokenizers.Split(Regex(e), behavior, invert) for e in request["expressions"]]
        except BaseException:  # the library panics for some expressions
            yield numpy.array([-1])
            return
        splitter = splits[0] if len(splits) == 1 else pre_tokenizers.Sequence(splits)
    for text in request["texts"]:
        pieces = splitter.pre_tokenize_str(text)
        yield numpy.array([len(pieces)])
        yield numpy.fromiter((end for _, (_, end) in pieces), dtype="<i4", count=len(pieces))


def tiktoken_ends(request):
    import tiktoken

    ranks = {bytes([b]): b for b in range(256)}
    for text, ends in zip(request["texts"], request["ends"]):
        text, start = text.encode(), 0
        for end in ends:
            ranks.setdefault(text[start:end], len(ranks))
            start = end
    encoding = tiktoken.Encoding(
        "pieces", pat_str=request["expressions"][0], mergeable_ranks=ranks, special_tokens={})
    lengths = numpy.zeros(len(ranks), dtype="<i4")
    for token, rank in ranks.items():
        lengths[rank] = len(token)
    for text in request["texts"]:
        ids = encoding.encode_ordinary(text)
        yield numpy.array([len(ids)])
        yield numpy.cumsum(lengths[ids], dtype="<i4") if ids else numpy.zeros(0)


for request in json.load(sys.stdin):
    if sys.argv[1] == "tiktoken":
        answer = tiktoken_ends(request)
    else:
        answer = tokenizers_ends(request, sys.argv[1] == "bytelevel")
    for part in answer:
        sys.stdout.buffer.write(part.astype("<i4").tobytes())
