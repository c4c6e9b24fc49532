"""Random post-processors, truncations and paddings with what `tokenizers` makes of sequences, pairs and batches.

    sequences_peer.py SEED COUNT

One JSON object a line: the tokenizer's file, whether special tokens are added, the batch (a text, or two) and the
encodings, or null where the library refuses or panics. Everything follows from the seed.
"""
import json
import os
import random
import sys

from tokenizers import Tokenizer, models, pre_tokenizers, processors

WORDS = "[UNK] [CLS] [SEP] [PAD] a b c d e f g h".split()
SPECIALS = [("[CLS]", 1), ("[SEP]", 2)]


def template(r):
    def piece(name):
        return name + (f":{r.randrange(3)}" if r.random() < 0.4 else "")
    single = [piece("$A")]
    pair = [piece("$A"), piece("$B")]
    for pieces in (single, pair):
        for _ in range(r.randrange(4)):
            pieces.insert(r.randrange(len(pieces) + 1), piece(r.choice(["[CLS]", "[SEP]"])))
    if r.random() < 0.2:
        pair.append(piece("$A"))
    return processors.TemplateProcessing(single=" ".join(single), pair=" ".join(pair), special_tokens=SPECIALS)


def processor(r):
    kind = r.randrange(6)
    if kind == 0:
        return None
    if kind == 1:
        return processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    if kind == 2:
        return processors.RobertaProcessing(("[SEP]", 2), ("[CLS]", 1), trim_offsets=False)
    if kind == 3:
        return processors.Sequence([processors.ByteLevel(trim_offsets=False), template(r)])
    return template(r)


def columns(encoding):
    return {"ids": encoding.ids, "type_ids": encoding.type_ids, "offsets": encoding.offsets,
            "special": encoding.special_tokens_mask, "attention": encoding.attention_mask,
            "overflow": [columns(part) for part in encoding.overflowing]}


def main():
    seed, count = map(int, sys.argv[1:3])
    # The library prints a panic with its stack before Python hears of it.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    for number in range(count):
        r = random.Random(f"{seed} {number}")
        tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        post = processor(r)
        if post is not None:
            tokenizer.post_processor = post
        if r.random() < 0.8:
            length = r.choice([1, 2, 3, 4, 5, 6, 8, 12])
            try:
                tokenizer.enable_truncation(length, stride=r.randrange(3) if r.random() < 0.6 else 0,
                                            strategy=r.choice(["longest_first", "longest_first", "only_first", "only_second"]),
                                            direction=r.choice(["left", "right"]))
            except ValueError:
                pass
        if r.random() < 0.6:
            tokenizer.enable_padding(direction=r.choice(["left", "right"]), pad_id=3, pad_type_id=r.randrange(2),
                                     length=r.choice([None, None, 4, 9]), pad_to_multiple_of=r.choice([None, None, 1, 4, 5]))
        special = r.random() < 0.8
        is_pair = r.random() < 0.5
        def text():
            return " ".join(r.choice(WORDS[4:] + ["x"]) for _ in range(r.choice([0, 1, 2, 3, 5, 8, 14])))
        batch = [[text(), text()] if is_pair else [text()] for _ in range(r.choice([1, 1, 3]))]
        try:
            found = tokenizer.encode_batch([tuple(item) if is_pair else item[0] for item in batch], add_special_tokens=special)
            answer = [columns(encoding) for encoding in found]
        except BaseException:
            answer = None
        print(json.dumps({"file": tokenizer.to_str(), "special": special, "batch": batch, "answer": answer}))


main()
