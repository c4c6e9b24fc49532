"""Random models and texts with the ids the reference libraries give them, for the differential tests of models.

    python Tests/Peers/models_peer.py KIND SEED MODELS CASES

KIND is one of unigram-sp, bpe-sp (sentencepiece; with @VERSION the one in .cache/sentencepiece-VERSION), unigram-hf, bpe-hf, wordpiece, wordlevel (tokenizers).
Everything follows from the seed. Models are small and nasty on purpose: few letters, equal scores, pieces of
every kind, spaces inside pieces. Texts are given to the model itself, after normalization and pre-tokenization.

Output, one item a line, texts in hexadecimal:

    model KIND [option=value …]
    piece TEXT SCORE KIND-NUMBER     ids ascend from 0
    merge LEFT-ID RIGHT-ID RESULT-ID
    case TEXT ID,ID,…                an ! in place of the ids: the library refuses
"""
import os
import random
import struct
import sys

ALPHABETS = ["ab", "abc", "ab▁", "abc▁", "aé漢▁", "ab.▁", "aàか😀▁", "▁.a", "abcdefgh▁"]
NORMAL, UNKNOWN, CONTROL, USER, UNUSED, BYTE = 1, 2, 3, 4, 5, 6


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def word(r, alphabet, longest):
    return "".join(r.choice(alphabet) for _ in range(1 + min(r.randrange(longest), r.randrange(longest))))


def character(r):
    while True:
        c = r.choice([r.randrange(0x20, 0x7F), r.randrange(0x80, 0x800), r.randrange(0x800, 0x3100),
                      r.randrange(0x4E00, 0xA000), r.randrange(0x1F300, 0x1F700), 0x2581, 0x3002])
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def text(r, alphabet, pieces):
    """Token soup, Unicode soup, an edge-case grammar of repeats, or letters; mostly short, sometimes long."""
    shape = r.randrange(10)
    size = 1 + r.randrange(6) if r.random() < 0.5 else 1 + r.randrange(60)
    if r.random() < 0.02:
        size *= 40
    if shape < 4:
        out = "".join(r.choice(pieces) for _ in range(size))
    elif shape == 4:
        out = "".join(character(r) for _ in range(size))
    elif shape < 7:
        out = "".join(r.choice([r.choice(alphabet), r.choice(pieces), "▁"]) * (1 + r.randrange(9)) for _ in range(1 + size // 4))
    elif shape == 7:
        out = "".join(r.choice([r.choice(pieces)[:-1], r.choice(alphabet), character(r), "▁"]) for _ in range(size))
    else:
        out = "".join(r.choice(alphabet) for _ in range(size))
    return out.replace(" ", "▁").replace("\0", "") or "a"


def emit(pieces, merges=()):
    for piece, score, kind in pieces:
        print("piece", piece.encode().hex() or "-", float(score).hex(), kind)
    for merge in merges:
        print("merge", *merge)


def cases(r, count, alphabet, pieces, encode):
    for _ in range(count):
        t = text(r, alphabet, pieces)
        try:
            ids = ",".join(map(str, encode(t)))
        except Exception:
            ids = "!"
        print("case", t.encode().hex(), ids)


def scores(r):
    """A source of scores: ties, steps, or log-probabilities in single precision."""
    shape = r.randrange(4)
    if shape == 0:
        return lambda: -float(r.randrange(1, 4))
    if shape == 1:
        return lambda: -single(r.randrange(1, 40) * 0.1)
    if shape == 2:
        return lambda: single(-20 * r.random())
    return lambda: single(r.choice([-20 * r.random(), -3.3, -1e-3, -150.0]))


def spm_pieces(r, alphabet, score):
    seen, pieces = set(), []

    def add(piece, s, kind):
        if piece not in seen:
            seen.add(piece)
            pieces.append((piece, s, kind))

    add("<unk>", 0.0, UNKNOWN)
    add("<s>", 0.0, CONTROL)
    add("</s>", 0.0, CONTROL)
    fallback = r.random() < 0.3
    if fallback:
        for b in range(256):
            add("<0x%02X>" % b, 0.0, BYTE)
    special = r.random()
    for c in alphabet:
        if r.random() < 0.85:
            add(c, score(), UNUSED if special < 0.1 and r.random() < 0.2 else NORMAL)
    for _ in range(r.randrange(2, 60)):
        kind = NORMAL
        if special < 0.35 and r.random() < 0.15:
            kind = UNUSED
        elif special > 0.6 and r.random() < 0.1:
            kind = USER
        elif r.random() < 0.02:
            kind = CONTROL
        piece = word(r, alphabet, r.choice([3, 5, 9, 17]))
        if kind == CONTROL and len(piece) == 1:
            continue  # sentencepiece's BPE reads a control character in text and then fails on it
        add(piece, score(), kind)
    return pieces, fallback


def spm_file(kind, pieces, fallback, charsmap=b"", prefix=0, removes=0, escapes=1, suffix=0, surface=None):
    """A .model file: fields by number as in sentencepiece_model.proto; by default without normalization."""
    def varint(n):
        return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

    def number(field, n):
        return varint(field << 3) + varint(n)

    def block(field, data):
        return varint(field << 3 | 2) + varint(len(data)) + data

    out = b"".join(
        block(1, block(1, p.encode()) + varint(2 << 3 | 5) + struct.pack("<f", s) + number(3, k)) for p, s, k in pieces)
    trainer = number(3, ["unigram", "bpe", "word", "char"].index(kind) + 1) + number(24, suffix) + number(35, int(fallback))
    if surface is not None:
        trainer += block(44, surface.encode())
    flags = number(3, prefix) + number(4, removes) + number(5, escapes)
    return out + block(2, trainer) + block(3, block(1, b"identity") + (block(2, charsmap) if charsmap else b"") + flags)


def spm(r, kind, count):
    import sentencepiece
    alphabet = r.choice(ALPHABETS)
    score = scores(r)
    if kind == "bpe-sp" and r.random() < 0.6:
        steps = iter(range(100000))
        score = lambda: -float(next(steps))
    pieces, fallback = spm_pieces(r, alphabet, score)
    if kind == "bpe-sp":
        # Only some random pieces can be merged: add the prefixes of some, so that merge paths exist.
        known = {p for p, _, _ in pieces}
        for piece, _, k in list(pieces):
            if k in (NORMAL, UNUSED) and r.random() < 0.6:
                for cut in range(2, len(piece)):
                    if piece[:cut] not in known:
                        known.add(piece[:cut])
                        pieces.append((piece[:cut], score(), UNUSED if k == UNUSED and r.random() < 0.5 else NORMAL))
    processor = sentencepiece.SentencePieceProcessor(model_proto=spm_file(kind[:-3], pieces, fallback))
    print("model", kind, f"byte_fallback={int(fallback)}", "unknown=0", f"release={sentencepiece.__version__}")
    emit(pieces)
    cases(r, count, alphabet, [p for p, _, k in pieces if k != BYTE], processor.encode)


def unigram_hf(r, count):
    from tokenizers import models
    alphabet = r.choice(ALPHABETS)
    score = scores(r)
    if r.random() < 0.3:
        score = lambda: -20 * r.random()
    pieces, fallback = spm_pieces(r, alphabet, score)
    r.shuffle(pieces)
    if fallback and r.random() < 0.3:
        pieces = [p for p in pieces if p[2] != BYTE or r.random() < 0.9]
    unknown = next(i for i, p in enumerate(pieces) if p[0] == "<unk>") if r.random() < 0.9 else None
    if unknown is not None and r.random() < 0.2:
        unknown = r.randrange(len(pieces))
    model = models.Unigram([(p, s) for p, s, _ in pieces], unknown, fallback)
    print("model unigram-hf", f"byte_fallback={int(fallback)}", *([f"unknown={unknown}"] if unknown is not None else []))
    emit(pieces)
    cases(r, count, alphabet, [p for p, _, k in pieces if k != BYTE], lambda t: [x.id for x in model.tokenize(t)])


def bpe_hf(r, count):
    from tokenizers import models
    alphabet = r.choice(ALPHABETS)
    vocab = {}

    def add(token):
        return vocab.setdefault(token, len(vocab))

    fallback, unknown = r.random() < 0.4, r.random() < 0.7
    if unknown:
        add("<unk>")
    if fallback:
        for b in range(256):
            if r.random() < 0.999:
                add("<0x%02X>" % b)
    prefix = "##" if r.random() < 0.15 else None
    suffix = "</w>" if r.random() < 0.15 else None
    symbols = []
    for c in alphabet:
        if r.random() < 0.9:
            forms = [(c, True, True)]
            if suffix:
                forms.append((c + suffix, True, False))
            if prefix:
                forms += [(prefix + c, False, True)] + ([(prefix + c + suffix, False, False)] if suffix else [])
            for form in forms:
                add(form[0])
                symbols.append(form)
    merges = []
    for _ in range(r.randrange(2, 80)):
        if len(symbols) < 1:
            break
        (a, a_first, a_open), (b, b_first, b_open) = r.choice(symbols), r.choice(symbols)
        if not a_open or (prefix and b_first):
            continue
        joined = a + (b[len(prefix):] if prefix else b)
        if len(joined) > 24 or (joined in vocab and r.random() < 0.7):
            continue
        add(joined)
        merges.append((a, b, joined))
        symbols.append((joined, a_first, b_open))
    fuse, ignore = r.random() < 0.5, r.random() < 0.2
    options = dict(fuse_unk=fuse, byte_fallback=fallback, ignore_merges=ignore)
    if unknown:
        options["unk_token"] = "<unk>"
    if prefix:
        options["continuing_subword_prefix"] = prefix
    if suffix:
        options["end_of_word_suffix"] = suffix
    model = models.BPE(vocab=vocab, merges=[m[:2] for m in merges], **options)
    print("model bpe-hf", f"byte_fallback={int(fallback)}", f"fuse={int(fuse)}", f"ignore={int(ignore)}",
          *(["unknown=0"] if unknown else []), *([f"prefix={prefix}"] if prefix else []),
          *([f"suffix={suffix}"] if suffix else []))
    emit([(t, 0.0, 1) for t in vocab], [(vocab[a], vocab[b], vocab[c]) for a, b, c in merges])
    cases(r, count, alphabet, [t for t in vocab if not t.startswith("<0x")], lambda t: [x.id for x in model.tokenize(t)])


def wordpiece(r, count):
    from tokenizers import models
    alphabet = r.choice(ALPHABETS)
    prefix = r.choice(["##", "##", "", "a", "▁"])
    vocab = {}
    if r.random() < 0.9:
        vocab["[UNK]"] = 0
    for c in alphabet:
        for form in (c, prefix + c):
            if r.random() < 0.8:
                vocab.setdefault(form, len(vocab))
    for _ in range(r.randrange(2, 80)):
        piece = word(r, alphabet, r.choice([3, 6, 14]))
        vocab.setdefault(r.choice(["", prefix]) + piece, len(vocab))
    longest = r.choice([5, 20, 100, 1000])
    model = models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=longest, continuing_subword_prefix=prefix)
    print("model wordpiece", f"prefix={prefix.encode().hex()}", f"longest={longest}")
    emit([(t, 0.0, 1) for t in vocab])
    cases(r, count, alphabet, [t for t in vocab if t], lambda t: [x.id for x in model.tokenize(t)])


def wordlevel(r, count):
    from tokenizers import models
    alphabet = r.choice(ALPHABETS)
    vocab = {"<unk>": 0} if r.random() < 0.8 else {}
    for _ in range(r.randrange(2, 60)):
        vocab.setdefault(word(r, alphabet, 5), len(vocab))
    model = models.WordLevel(vocab, unk_token="<unk>")
    print("model wordlevel")
    emit([(t, 0.0, 1) for t in vocab])
    cases(r, count, alphabet, list(vocab), lambda t: [x.id for x in model.tokenize(t)])


def main():
    kind, seed, model_count, case_count = sys.argv[1], *map(int, sys.argv[2:5])
    kind, _, version = kind.partition("@")
    if version:
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        sys.path.insert(0, os.path.join(root, ".cache", "sentencepiece-" + version))
    sys.stdout.reconfigure(encoding="utf-8")
    for number in range(model_count):
        r = random.Random(f"{kind} {seed} {number}")
        if kind.endswith("-sp"):
            spm(r, kind, case_count)
        else:
            {"unigram-hf": unigram_hf, "bpe-hf": bpe_hf, "wordpiece": wordpiece, "wordlevel": wordlevel}[kind](r, case_count)


if __name__ == "__main__":
    main()
