#!/usr/bin/env python3
"""What sentencepiece 0.2.0's own nmt_nfkc makes of each scalar from U+0001 to U+10FFFF, in hexadecimal, a line
each: its compiled map applied alone, without the rules of white space."""
import struct
import tempfile

import sentencepiece


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def messages(data, number):
    """The length-delimited fields of a protobuf message with this number."""
    at, found = 0, []
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            _, at = varint(data, at)
        elif tag & 7 == 5:
            at += 4
        elif tag & 7 == 1:
            at += 8
        else:
            size, at = varint(data, at)
            if tag >> 3 == number:
                found.append(data[at:at + size])
            at += size
    return found


with tempfile.TemporaryDirectory() as folder:
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e f"] * 9), model_prefix=folder + "/m", vocab_size=10,
        model_type="unigram", minloglevel=2, hard_vocab_limit=False)
    with open(folder + "/m.model", "rb") as file:
        model = file.read()
blob = messages(messages(model, 3)[0], 2)[0]
size = struct.unpack_from("<I", blob)[0]
units = struct.unpack_from(f"<{size // 4}I", blob, 4)
texts = blob[4 + size:]


def offset(unit):
    return (unit >> 10) << ((unit & 0x200) >> 6)


def longest(text):
    at, found = offset(units[0]), None
    for index, byte in enumerate(text):
        at ^= byte
        unit = units[at]
        if unit & 0x800000FF != byte:
            break
        at ^= offset(unit)
        if unit & 0x100:
            start = units[at] & 0x7FFFFFFF
            found = texts[start:texts.index(b"\0", start)] + text[index + 1:]
    return text if found is None else found


for scalar in range(1, 0x110000):
    if not 0xD800 <= scalar < 0xE000:
        print(longest(chr(scalar).encode()).hex())
