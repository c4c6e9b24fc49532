"""What the reference libraries make of tokenizer files: the other half of the format tests.

    formats_peer.py canonical FILE...      each tokenizer.json as tokenizers writes it, NUL-terminated
    formats_peer.py texts                  JSON Lines: the texts that are used where none are given
    formats_peer.py make OUTDIR            trains and writes tiny tokenizers with every component
    formats_peer.py same A B [TEXTS]       fails unless both tokenizer.json files give the same ids
    formats_peer.py ids FILE [TEXTS]       JSON: the ids of each text, special tokens not recognised
    formats_peer.py tiktoken-ids FILE [TEXTS]      the same by tiktoken, for a rank file
    formats_peer.py vocab-merges-ids FOLDER [TEXTS]  the same for vocab.json and merges.txt, GPT-2's pattern
    formats_peer.py make-sentencepiece OUTDIR        trains a .model of each type
    formats_peer.py sentencepiece-ids FILE [TEXTS]   the same by sentencepiece
    formats_peer.py vocab-txt-ids FILE [TEXTS]       the same by tokenizers, for BERT's vocab.txt in lower case
    formats_peer.py make-tekken FILE       trains and writes a small tekken.json
    formats_peer.py tekken-ids FILE [TEXTS]          its ids, by tiktoken and the rule of mistral-common
    formats_peer.py gguf FILE              JSON: every field of the metadata, as the gguf package reads it
    formats_peer.py auto FOLDER [TEXTS]    the same through transformers.AutoTokenizer
"""
import json
import sys

from tokenizers import (
    AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers)

SAMPLE = [
    "Hello world, it's 2024! The quick brown fox jumps over the lazy dog.",
    "\u00e0 la carte, a\u0300 la carte; \u00bfqu\u00e9 tal? na\u00efve co\u00f6perate \ufb01nd",
    "  leading and   inner\tspaces\n\nand lines\r\n  ",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002 \u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u0928\u092e\u0938\u094d\u0924\u0947 \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "1234567 3.14159 \U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 <|endoftext|> [CLS] <s>",
    "def f(x):\n    return {'a': x, \"b\": [1, 2]}\n",
]


def texts(path=None):
    if path is None:
        return SAMPLE
    return [json.loads(line)["text"] for line in open(path, encoding="utf-8")]


def ids(tokenizer, texts):
    tokenizer.encode_special_tokens = True
    return [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False)]


def tiktoken_ids(path, texts):
    """Ids by tiktoken; its current patterns, chosen by the number of ranks."""
    import tiktoken
    from tiktoken.load import load_tiktoken_bpe
    import tiktoken_ext.openai_public as public

    ranks = load_tiktoken_bpe(path)
    cl100k = (r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"""
              r"""|\s*[\r\n]+|\s+(?!\S)|\s+""")
    pattern = {
        50256: public.r50k_pat_str, 50280: public.r50k_pat_str, 50257: public.r50k_pat_str,
        128000: cl100k, 151643: cl100k.replace("{1,3}", ""),
    }.get(len(ranks))
    if pattern is None:
        source = {100256: "cl100k_base", 199998: "o200k_base"}[len(ranks)]
        public.load_tiktoken_bpe = lambda *_, **__: ranks
        pattern = getattr(public, source)()["pat_str"]
    encoding = tiktoken.Encoding("test", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    return [encoding.encode_ordinary(text) for text in texts]


def make_sentencepiece(folder):
    """Tiny models of all four types, with the options that leave traces in the file."""
    import io
    import sentencepiece

    options = {
        "unigram": dict(model_type="unigram", vocab_size=120, user_defined_symbols=["<user>", "\u00e9\u00e9"]),
        "bpe": dict(model_type="bpe", vocab_size=430, byte_fallback=True, normalization_rule_name="identity",
                    remove_extra_whitespaces=False, character_coverage=0.98, pad_id=3),
        "word": dict(model_type="word", vocab_size=30, hard_vocab_limit=False),
        "char": dict(model_type="char", vocab_size=60, hard_vocab_limit=False, add_dummy_prefix=False),
        "suffix": dict(model_type="bpe", vocab_size=130, treat_whitespace_as_suffix=True,
                       normalization_rule_name="nfkc_cf", control_symbols=["<ctl>"]),
    }
    for name, option in options.items():
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(SAMPLE * 4), model_writer=model, minloglevel=2, num_threads=1,
            **{"hard_vocab_limit": False, **option} if option["model_type"] == "unigram" else option)
        with open(f"{folder}/{name}.model", "wb") as file:
            file.write(model.getvalue())
        print(f"{name}.model")


def make_tekken(path):
    """Ranks in tekken's order: the bytes, then the merges of a tokenizer trained here."""
    import base64

    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.train_from_iterator(SAMPLE * 2, trainers.BpeTrainer(
        vocab_size=400, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    spare = (byte for byte in range(256) if byte not in printable)
    back = {**{chr(byte): byte for byte in printable}, **{chr(0x100 + i): byte for i, byte in enumerate(spare)}}
    words = [bytes(back[c] for c in a + b) for a, b in json.loads(t.to_str())["model"]["merges"]]
    ranks = [bytes([byte]) for byte in range(256)] + words
    specials = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"]
    entries = [{"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None}
               for rank, token in enumerate(ranks)]
    json.dump({
        "config": {"pattern": r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
                   "num_vocab_tokens": len(ranks), "default_vocab_size": len(ranks) + 10,
                   "default_num_special_tokens": 10, "version": "v3"},
        "vocab": entries,
        "special_tokens": [{"rank": rank, "token_str": name, "is_control": True} for rank, name in enumerate(specials)],
    }, open(path, "w"))


def tekken_ids(path, texts):
    import base64
    import tiktoken

    document = json.load(open(path))
    config = document["config"]
    used = config["default_vocab_size"] - config["default_num_special_tokens"]
    ranks = {base64.b64decode(entry["token_bytes"]): entry["rank"] for entry in document["vocab"][:used]}
    encoding = tiktoken.Encoding("test", pat_str=config["pattern"], mergeable_ranks=ranks, special_tokens={})
    return [[rank + config["default_num_special_tokens"] for rank in encoding.encode_ordinary(text)] for text in texts]


def gguf_fields(path):
    """{key: value}; strings as hexadecimal bytes."""
    from gguf import GGUFReader, GGUFValueType

    def value(field):
        parts = [field.parts[index] for index in field.data]
        if field.types[-1] == GGUFValueType.STRING:
            parts = [bytes(part).hex() for part in parts]
        else:
            parts = [item for part in parts for item in part.tolist()]
        return parts if field.types[0] == GGUFValueType.ARRAY else parts[0]

    return {key: value(field) for key, field in GGUFReader(path).fields.items() if not key.startswith("GGUF.")}


def bpe_trainer(**options):
    return trainers.BpeTrainer(vocab_size=400, show_progress=False, special_tokens=["<unk>", "<|end|>"], **options)


def every_tokenizer():
    """(name, tokenizer): together they hold every component and option that tokenizers can write."""
    alphabet = pre_tokenizers.ByteLevel.alphabet()

    t = Tokenizer(models.BPE(ignore_merges=True))
    t.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex("x+y"), "z\n\"\\")])
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\p{N}{1,3}| ?\p{L}+|\s+(?!\S)|\s+"), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(SAMPLE, bpe_trainer(initial_alphabet=alphabet))
    t.add_tokens([AddedToken("caf\u00e9", normalized=True, single_word=True), AddedToken("\uff5clit\u2581", lstrip=True),
                  AddedToken("a\u0300"), AddedToken("\u00e0")])
    t.add_special_tokens([AddedToken("<sp ecial>", rstrip=True, normalized=False)])
    t.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(
            single="<|end|> $A:0", pair="<|end|> $A:0 <unk>:2 $B:1 <|end|>:1",
            special_tokens=[("<|end|>", 1), ("<unk>", 0)])])
    t.enable_truncation(10, stride=2, strategy="only_first", direction="left")
    t.enable_padding(direction="left", pad_id=1, pad_type_id=3, pad_token="<|end|>", length=7, pad_to_multiple_of=4)
    yield "bytelevel", t

    t = Tokenizer(models.BPE(dropout=0.1, unk_token="<unk>", fuse_unk=True, byte_fallback=True,
                             end_of_word_suffix="</w>", continuing_subword_prefix="##"))
    t.normalizer = normalizers.BertNormalizer(strip_accents=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.BPEDecoder("</w>")
    t.train_from_iterator(SAMPLE, bpe_trainer(end_of_word_suffix="</w>", continuing_subword_prefix="##"))
    t.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0), trim_offsets=False)
    t.enable_padding()
    t.enable_truncation(512)
    yield "prefix-suffix", t

    t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    t.decoder = decoders.Sequence([
        decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    t.train_from_iterator(SAMPLE, bpe_trainer())
    t.post_processor = processors.BertProcessing(("<|end|>", 1), ("<unk>", 0))
    yield "spaces", t

    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.Sequence([
        normalizers.NFD(), normalizers.NFKC(), normalizers.NFKD(), normalizers.Lowercase(), normalizers.Nmt(),
        normalizers.Strip(left=False), normalizers.StripAccents(), normalizers.ByteLevel()])
    t.train_from_iterator(SAMPLE, bpe_trainer(initial_alphabet=alphabet))
    yield "bytelevel-normalizer", t

    t = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=50))
    t.normalizer = normalizers.BertNormalizer(lowercase=False, clean_text=False, handle_chinese_chars=False)
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.UnicodeScripts()])
    t.decoder = decoders.WordPiece(cleanup=False)
    t.train_from_iterator(SAMPLE, trainers.WordPieceTrainer(
        vocab_size=300, show_progress=False, special_tokens=["[UNK]", "[CLS]", "[SEP]"]))
    t.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    yield "wordpiece", t

    t = Tokenizer(models.WordLevel(unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.CharDelimiterSplit("-"), pre_tokenizers.FixedLength(7),
        pre_tokenizers.Split("e", "merged_with_previous", invert=True),
        pre_tokenizers.Split(" ", "removed"), pre_tokenizers.Split("q", "merged_with_next"),
        pre_tokenizers.Digits(), pre_tokenizers.Punctuation()])
    t.decoder = decoders.CTC("<pad>", "|", False)
    t.train_from_iterator(SAMPLE, trainers.WordLevelTrainer(
        vocab_size=100, show_progress=False, special_tokens=["<unk>"]))
    yield "wordlevel", t

    t = Tokenizer(models.Unigram())
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    t.decoder = decoders.Metaspace(prepend_scheme="first", split=False)
    t.train_from_iterator(SAMPLE * 3, trainers.UnigramTrainer(
        vocab_size=150, show_progress=False, special_tokens=["<unk>", "<s>"], unk_token="<unk>"))
    yield "unigram", t

    scores = [0.0, -0.0, -1.0, 1e15, -1e16, 1.5e-5, -1e-6, 3.25e-7, 1e300, 5e-324, -123456789.125, 1e-5, 12345678901234567.0]
    t = Tokenizer(models.Unigram([(f"p{i}", s) for i, s in enumerate(scores)], 0, byte_fallback=True))
    yield "unigram-scores", t


def main():
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "canonical":
        for path in arguments:
            sys.stdout.buffer.write(Tokenizer.from_file(path).to_str(pretty=True).encode() + b"\0")
    elif command == "make":
        for name, tokenizer in every_tokenizer():
            tokenizer.save(f"{arguments[0]}/{name}.json")
            tokenizer.save(f"{arguments[0]}/{name}.compact.json", pretty=False)
            print(name)
    elif command == "same":
        a, b = (ids(Tokenizer.from_file(path), texts(*arguments[2:])) for path in arguments[:2])
        for number, (one, other) in enumerate(zip(a, b)):
            if one != other:
                sys.exit(f"text {number}: {one} and {other}")
    elif command == "ids":
        print(json.dumps(ids(Tokenizer.from_file(arguments[0]), texts(*arguments[1:]))))
    elif command == "tiktoken-ids":
        print(json.dumps(tiktoken_ids(arguments[0], texts(*arguments[1:]))))
    elif command == "vocab-merges-ids":
        folder = arguments[0]
        t = Tokenizer(models.BPE.from_file(f"{folder}/vocab.json", f"{folder}/merges.txt"))
        t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        print(json.dumps(ids(t, texts(*arguments[1:]))))
    elif command == "texts":
        for text in SAMPLE:
            print(json.dumps({"text": text}))
    elif command == "vocab-txt-ids":
        t = Tokenizer(models.WordPiece.from_file(arguments[0], unk_token="[UNK]"))
        t.normalizer = normalizers.BertNormalizer(lowercase=True)
        t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        print(json.dumps(ids(t, texts(*arguments[1:]))))
    elif command == "make-tekken":
        make_tekken(arguments[0])
    elif command == "tekken-ids":
        print(json.dumps(tekken_ids(arguments[0], texts(*arguments[1:]))))
    elif command == "gguf":
        print(json.dumps(gguf_fields(arguments[0])))
    elif command == "make-sentencepiece":
        make_sentencepiece(arguments[0])
    elif command == "sentencepiece-ids":
        import sentencepiece
        processor = sentencepiece.SentencePieceProcessor(model_file=arguments[0])
        print(json.dumps([processor.encode(text) for text in texts(*arguments[1:])]))
    elif command == "auto":
        from transformers import AutoTokenizer
        tokenizer = AutoTokenizer.from_pretrained(arguments[0])
        print(json.dumps([tokenizer(t, add_special_tokens=False).input_ids for t in texts(*arguments[1:])]))


if __name__ == "__main__":
    main()
