"""Random whole tokenizers and texts with what the reference libraries make of them, for the differential tests.

    pipelines_peer.py KIND SEED TOKENIZERS CASES

KIND is sp-unigram, sp-bpe, sp-char or sp-word (sentencepiece; with @VERSION the one in .cache/sentencepiece-VERSION;
characters and words need 0.2.3, since 0.2.0 fails on text spelled like a control piece), hf-unigram, hf-bpe, hf-bytes, hf-wordpiece or hf-wordlevel (tokenizers), or tiktoken. Everything follows from the seed.

Output, one item a line, contents in hexadecimal:

    tokenizer NAME FILE [option=value ...]
    case TEXT IDS OFFSETS DECODED      offsets in bytes, a - where they are not compared; the same for DECODED
"""
import os
import random
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
if "@" in sys.argv[1]:
    sys.argv[1], version = sys.argv[1].split("@")
    sys.path.insert(0, os.path.join(ROOT, ".cache", "sentencepiece-" + version))

import charsmap
import models_peer
from models_peer import BYTE, CONTROL, NORMAL, UNKNOWN, UNUSED, USER, scores, spm_file, spm_pieces, word

CHANGED = ["ﬁ", "½", "\u3000", "\t", "\n", "\r\n", "é", "e\u0301", "㍿", "ﷺ", "カ\uff9e", "ｶﾞ", "Å", "각", "ᄀ", "ᅡ", "\u00a0",
           "\u200d", "\ufeff", "\u2028", "①", "İ", "ß", "Σ", "\u0300", "a\u0301\u0323", "\u0600", "क्षि", "👩\u200d👩", "🇩🇪", "©\u200d",
           "\u2581", "\u0301", "中", "ー", "\ufffd", "\u0085", "\x7f", "\x01", "\u1e9b\u0323", "가\u11a8", "Ω", "ĳ", "…"]
EDGES = [" ", "  ", "   ", "<s>", "</s>", "<unk>", "[UNK]", "[CLS]", "[SEP]", "<0x41>", ".", ",", "!", "'s", "'", "-", "1", "23", "_", "~"]
RULES = [("a", "b"), ("ab", "X "), ("b", " "), ("é", "e"), (" ", "_"), ("  ", " "), ("ﬁ", "fi"), ("c", ""), ("\u0301", ""), ("漢", "kan ji"),
         ("e\u0301", "é"), (".", "..."), ("か", "ka"), ("\u3000", " "), ("😀", ":)"), ("\r\n", "\n"), ("à", "a\u0300"), ("abc", "abc"), ("\u2581", " ")]


def soup(r, alphabet, pieces, malformed=False):
    """Token soup, Unicode soup and an edge-case grammar; mostly short, sometimes long."""
    size = 1 + r.randrange(8) if r.random() < 0.6 else 1 + r.randrange(60)
    if r.random() < 0.01:
        size *= 40
    shape = r.randrange(8)
    if shape < 3:
        out = "".join(r.choice(pieces).replace("\u2581", " ") for _ in range(size))
    elif shape == 3:
        out = "".join(models_peer.character(r) for _ in range(size))
    elif shape == 4:
        out = "".join(r.choice(CHANGED + EDGES) for _ in range(size))
    elif shape == 5:
        out = "".join(r.choice([r.choice(alphabet), r.choice(EDGES), r.choice(CHANGED), r.choice(pieces)]) * (1 + r.randrange(5))
                      for _ in range(1 + size // 3))
    elif shape == 6:
        out = " ".join("".join(r.choice(alphabet) for _ in range(1 + r.randrange(6))) for _ in range(size))
    else:
        out = "".join(r.choice([r.choice(alphabet), " ", r.choice(pieces)]) for _ in range(size))
    out = out.replace("\0", "")
    if not malformed or r.random() < 0.9:
        return out
    data = bytearray(out.encode())
    for _ in range(1 + r.randrange(3)):
        data.insert(r.randrange(len(data) + 1), r.choice([0x80, 0xBF, 0xC0, 0xC3, 0xE2, 0xED, 0xF0, 0xF5, 0xFF]))
    return bytes(data)


def say_case(text, ids, offsets=None, decoded=None):
    data = text if isinstance(text, bytes) else text.encode()
    spans = "-"
    if offsets is not None:
        at = [0]
        for character in text:
            at.append(at[-1] + len(character.encode()))
        spans = ",".join(f"{at[start]}:{at[end]}" for start, end in offsets) or "="
    print("case", data.hex() or "=", ",".join(map(str, ids)) or "=", spans, "-" if decoded is None else decoded.encode().hex() or "=")


# ---------------------------------------------------------------- SentencePiece

def rules(r):
    chosen = r.sample(RULES, 1 + r.randrange(len(RULES)))
    return charsmap.build({key.encode(): text.encode() for key, text in chosen})


def sentencepiece_case(r, kind, count):
    import sentencepiece
    alphabet = r.choice(models_peer.ALPHABETS)
    pieces, fallback = spm_pieces(r, alphabet, scores(r))
    if kind == "bpe":
        known = {p for p, _, _ in pieces}
        steps = iter(range(100000))
        for piece, _, k in list(pieces):
            for cut in range(2, len(piece)) if k == NORMAL else ():
                if piece[:cut] not in known:
                    known.add(piece[:cut])
                    pieces.append((piece[:cut], -float(next(steps)), NORMAL))
    if r.random() < 0.2:
        extra = {r.choice(["a b", " ", "ﬁ", "<x>", "漢字", "aa", "é", "X\u2581"]) for _ in range(2)} - {p for p, _, _ in pieces}
        pieces += [(p, 0.0, USER) for p in sorted(extra)]
    shape = r.random()
    map_ = b"" if shape < 0.4 else rules(r) if shape < 0.95 else charsmap.named(r.choice(["nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf"]))
    flags = [int(r.random() < p) for p in (0.7, 0.6, 0.85)]
    file = spm_file(kind, pieces, fallback, map_, *flags, suffix=int(r.random() < 0.15), surface=r.choice([None, "?", ""]))
    processor = sentencepiece.SentencePieceProcessor(model_proto=file)
    print("tokenizer", kind, file.hex(), f"release={sentencepiece.__version__}")
    names = [p for p, _, k in pieces if k != BYTE]
    for _ in range(count):
        text = soup(r, alphabet, names, malformed=True)
        if isinstance(text, bytes):
            say_case(text, processor.encode(text))
            continue
        ids = processor.encode(text)
        decoded = processor.decode(ids)
        spans = None
        if sentencepiece.__version__ == "0.2.0":
            # Later releases need another library for this.
            spans = [(p.begin, p.end) for p in processor.encode(text, out_type="immutable_proto").pieces]
        say_case(text, ids, spans, None if "\ufffd" in decoded else decoded)


# ---------------------------------------------------------------- tokenizers

def byte_characters():
    plain = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    rest = [b for b in range(256) if b not in plain]
    return {**{b: chr(b) for b in plain}, **{b: chr(256 + n) for n, b in enumerate(rest)}}


def grow(r, symbols, vocab, count, longest=24):
    merges = []
    for _ in range(count):
        a, b = r.choice(symbols), r.choice(symbols)
        if len(a + b) > longest or (a + b in vocab and r.random() < 0.7):
            continue
        vocab.setdefault(a + b, len(vocab))
        merges.append((a, b))
        symbols.append(a + b)
    return merges


def spelled(r, p, pieces, names):
    """The same pieces in ByteLevel's characters, with single bytes, and a pre-tokenizer that writes text so."""
    letters = byte_characters()

    def write(piece):
        return "".join(letters[b] for b in piece.replace("\u2581", " ").encode())

    out = {q if k in (UNKNOWN, BYTE) else write(q): (s, k) for q, s, k in pieces}
    for b in range(256) if r.random() < 0.7 else r.sample(range(256), 60):
        out.setdefault(letters[b], (-20 + r.random(), NORMAL))
    pre = r.choice([p.ByteLevel(add_prefix_space=r.random() < 0.5, use_regex=r.random() < 0.6),
                    p.Sequence([p.WhitespaceSplit(), p.ByteLevel(use_regex=False)]),
                    p.Sequence([p.ByteLevel(add_prefix_space=False), p.Digits(True)])])
    return [(q, s, k) for q, (s, k) in out.items()], names, pre


def hugging_face_case(r, kind, count):
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers as n, pre_tokenizers as p, processors
    alphabet = r.choice(models_peer.ALPHABETS)
    compare_offsets = True
    if kind == "unigram":
        pieces, fallback = spm_pieces(r, alphabet, scores(r))
        model = models.Unigram([(q, s) for q, s, _ in pieces], 0, fallback)
        names = [q for q, _, k in pieces if k != BYTE]
        # All bytes of a run of unknown characters have the run's offsets there; toklab gives each its own.
        compare_offsets = not fallback
        pre = r.choice([None, p.Metaspace(prepend_scheme=r.choice(["always", "first", "never"]), split=r.random() < 0.6),
                        p.Sequence([p.WhitespaceSplit(), p.Metaspace()])])
        if r.random() < 0.2:
            pieces, names, pre = spelled(r, p, pieces, names)
            model = models.Unigram([(q, s) for q, s, _ in pieces], 0, fallback)
    elif kind == "bpe":
        vocab = {"<unk>": 0}
        fallback = r.random() < 0.5
        for b in range(256) if fallback else ():
            vocab["<0x%02X>" % b] = len(vocab)
        symbols = sorted(set(alphabet + "\u2581"))
        for symbol in symbols:
            vocab.setdefault(symbol, len(vocab))
        merges = grow(r, symbols, vocab, r.randrange(2, 60))
        model = models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=r.random() < 0.5, byte_fallback=fallback,
                           ignore_merges=r.random() < 0.2)
        names = [t for t in vocab if not t.startswith("<0x")]
        pre = r.choice([None, p.Metaspace(split=r.random() < 0.5), p.Split(" ", r.choice(["merged_with_previous", "merged_with_next", "isolated"]))])
    elif kind == "bytes":
        compare_offsets = False
        letters = byte_characters()
        vocab = {}
        for b in range(256):
            vocab[letters[b]] = len(vocab)
        symbols = ["".join(letters[b] for b in c.encode()) if len(c.encode()) == 1 else letters[c.encode()[0]] for c in alphabet.replace("\u2581", " ")]
        symbols += [letters[b] for c in alphabet.replace("\u2581", " ") for b in c.encode()]
        merges = grow(r, symbols, vocab, r.randrange(2, 120))
        model = models.BPE(vocab=vocab, merges=merges, ignore_merges=r.random() < 0.3)
        back = {c: b for b, c in letters.items()}
        names = [bytes(back[c] for c in t).decode(errors="ignore") or "a" for t in vocab]
        pre = r.choice([p.ByteLevel(add_prefix_space=r.random() < 0.4, use_regex=r.random() < 0.8),
                        p.Sequence([p.Split(Regex(r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+(?!\S)|\s+| ?\p{L}+"), "isolated"),
                                    p.ByteLevel(add_prefix_space=False, use_regex=False)])])
    elif kind == "wordpiece":
        vocab = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2}
        for c in alphabet:
            for form in (c, "##" + c):
                if r.random() < 0.85:
                    vocab.setdefault(form, len(vocab))
        for _ in range(r.randrange(2, 60)):
            vocab.setdefault(r.choice(["", "##"]) + word(r, alphabet, r.choice([3, 6, 14])), len(vocab))
        model = models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=r.choice([5, 20, 100]))
        names = list(vocab)
        pre = r.choice([p.BertPreTokenizer(), p.BertPreTokenizer(), p.Whitespace(), p.WhitespaceSplit(),
                        p.ByteLevel(add_prefix_space=r.random() < 0.5)])
    else:
        vocab = {"<unk>": 0}
        for _ in range(r.randrange(2, 60)):
            vocab.setdefault(word(r, alphabet, 5), len(vocab))
        model = models.WordLevel(vocab, unk_token="<unk>")
        names = list(vocab)
        pre = r.choice([p.Whitespace(), p.WhitespaceSplit(), p.Punctuation(), p.Digits(True), p.CharDelimiterSplit("a"), p.UnicodeScripts(),
                        p.FixedLength(3), p.Sequence([p.WhitespaceSplit(), p.Digits(), p.Punctuation("merged_with_previous")]),
                        p.ByteLevel(add_prefix_space=r.random() < 0.5), p.Sequence([p.ByteLevel(use_regex=False), p.FixedLength(3)])])
    tokenizer = Tokenizer(model)
    choices = [None, n.NFC(), n.NFD(), n.NFKC(), n.NFKD(), n.Lowercase(), n.StripAccents(), n.Nmt(), n.Strip(), n.Prepend("\u2581"),
               n.Replace(" ", "\u2581"), n.Replace(Regex(r" {2,}"), " "), n.Precompiled(rules(r)), n.BertNormalizer(),
               n.Sequence([n.NFD(), n.StripAccents(), n.Lowercase()]), n.Sequence([n.Prepend("\u2581"), n.Replace(" ", "\u2581")]),
               n.Sequence([n.Precompiled(rules(r)), n.Replace(Regex(r" {2,}"), " ")])]
    if r.random() < 0.03:
        choices = [n.Precompiled(charsmap.named(r.choice(["nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf"])))]
    if kind == "wordpiece" and r.random() < 0.5:
        choices = [n.BertNormalizer(lowercase=r.random() < 0.7, strip_accents=r.choice([None, True, False]))]
    if kind == "bytes":
        choices = [None, None, n.NFC(), n.NFKC(), n.Lowercase()]
    normalizer = r.choice(choices)
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if pre is not None:
        tokenizer.pre_tokenizer = pre
    if r.random() < 0.4:
        size = tokenizer.get_vocab_size()
        contents = sorted({r.choice(["<s>", "</s>", "<x y>", "[CLS]", "ab", "é", " a", "!!", "A", "\u2581"]) for _ in range(3)})
        for content in contents:
            flags = {name: r.random() < 0.2 for name in ("single_word", "lstrip", "rstrip")}
            token = AddedToken(content, normalized=r.random() < 0.5, special=False, **flags)
            (tokenizer.add_special_tokens if r.random() < 0.3 else tokenizer.add_tokens)([token])
    if r.random() < 0.3:
        start = tokenizer.id_to_token(0)
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{start} $A {start}", pair=f"{start} $A {start} $B:1 {start}:1", special_tokens=[(start, 0)])
    allow = r.random() < 0.5
    # What the library makes of its own file: its JSON reader is one unit in the last place off for an eighth of all scores.
    tokenizer = Tokenizer.from_str(tokenizer.to_str())
    tokenizer.encode_special_tokens = not allow
    print("tokenizer", kind, tokenizer.to_str().encode().hex(), f"allow={int(allow)}", f"kind={kind}")
    for _ in range(count):
        text = soup(r, alphabet, names)
        try:
            encoding = tokenizer.encode(text)
        except Exception:
            continue
        # Offsets of what a template adds are a matter of taste.
        compares = compare_offsets and tokenizer.post_processor is None
        say_case(text, encoding.ids, encoding.offsets if compares else None)


# ---------------------------------------------------------------- tiktoken

def tiktoken_case(r, count):
    import base64
    import tiktoken
    import tiktoken_ext.openai_public as public
    name, pattern = r.choice([
        ("gpt2", public.r50k_pat_str), ("llama3", r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""),
        ("qwen2", r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""")])
    alphabet = r.choice(models_peer.ALPHABETS).replace("\u2581", " ")
    ranks = {bytes([b]): b for b in range(256)}
    tokens = [c.encode()[:1] for c in alphabet] + [bytes([b]) for c in alphabet for b in c.encode()]
    for _ in range(r.randrange(2, 150)):
        joined = r.choice(tokens) + r.choice(tokens)
        if len(joined) <= 20 and joined not in ranks:
            ranks[joined] = len(ranks)
            tokens.append(joined)
    encoding = tiktoken.Encoding("x", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    file = b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in ranks.items())
    print("tokenizer tiktoken", file.hex(), "pattern=" + name)
    names = [t.decode(errors="ignore") or "a" for t in ranks]
    for _ in range(count):
        text = soup(r, alphabet, names)
        ids = encoding.encode_ordinary(text)
        say_case(text, ids, None, text)


def main():
    kind, seed, tokenizers, cases = sys.argv[1], *map(int, sys.argv[2:5])
    sys.stdout.reconfigure(encoding="utf-8")
    for number in range(tokenizers):
        r = random.Random(f"{kind} {seed} {number}")
        if kind.startswith("sp-"):
            sentencepiece_case(r, kind[3:], cases)
        elif kind.startswith("hf-"):
            hugging_face_case(r, kind[3:], cases)
        else:
            tiktoken_case(r, cases)


main()
