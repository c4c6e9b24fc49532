"""Charsmaps as SentencePiece compiles them, by hand and from the library.

    charsmap.py NAME         the map of a name (nmt_nfkc, nfkc, nmt_nfkc_cf, nfkc_cf) to standard output
"""
import functools
import struct
import sys


def build(rules):
    """The map of {bytes: bytes} rules: one block of the double array a node, so that nothing collides."""
    texts, units, blocks = b"", {}, 1
    root = {}
    for key, text in rules.items():
        node = root
        for byte in key:
            node = node.setdefault(byte, {})
        node[None] = text
    open_nodes = [(root, 0, 0)]
    while open_nodes:
        node, index, label = open_nodes.pop()
        base, offset = blocks * 256, index ^ blocks * 256
        blocks += 1
        unit = label | (offset << 10 if offset < 1 << 21 else offset << 2 | 1 << 9)
        if None in node:
            unit |= 1 << 8
            units[base] = 1 << 31 | len(texts)
            texts += node[None] + b"\0"
        units[index] = unit
        open_nodes += [(child, base ^ byte, byte) for byte, child in node.items() if byte is not None]
    array = b"".join(struct.pack("<I", units.get(index, 0)) for index in range(blocks * 256))
    return struct.pack("<I", len(array)) + array + (texts or b"\0")


def fields(data):
    """(number, value) of a protobuf message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        else:
            size = varint() if tag & 7 == 2 else {1: 8, 5: 4}[tag & 7]
            yield tag >> 3, data[at:at + size]
            at += size


@functools.cache
def named(name):
    """The map that the library gives a model it trains with this name."""
    import io
    import sentencepiece
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c"] * 9), model_writer=model, vocab_size=7, model_type="char",
        normalization_rule_name=name, minloglevel=9)
    return dict(fields(dict(fields(model.getvalue()))[3]))[2]


if __name__ == "__main__":
    sys.stdout.buffer.write(named(sys.argv[1]))
