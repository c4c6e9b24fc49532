"""One pass of another library over one text, for bench.py: prints one JSON line as toklab-bench does.

    peers.py LIBRARY encode|count|decode ENCODING TEXT VOCABULARIES [--whole] [--passes N] [--threads N] [--ids FILE]
    peers.py LIBRARY train PATTERN TEXT SIZE OUT [--threads N]
    peers.py tokenizers first-line TOKENIZER.json TEXT

An ENCODING with a slash is a file.

The fastest documented call of each library, on one thread unless told otherwise: a batch call for documents, one call for a whole
text. Lists of ids are what these libraries return; turning them into an array for --ids is not timed.
"""
import argparse
import json
import os
import resource
import sys
import time

THREADS = int(sys.argv[sys.argv.index("--threads") + 1]) if "--threads" in sys.argv else 1
os.environ["RAYON_NUM_THREADS"] = str(THREADS)
os.environ["TOKENIZERS_PARALLELISM"] = "true" if THREADS > 1 else "false"
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "Peers"))


def split(text):
    """Documents of whole lines with at least 4,096 bytes, as toklab-bench cuts them."""
    documents, start = [], 0
    while start < len(text):
        end = min(start + 4096, len(text))
        newline = text.find(b"\n", end - 1)
        end = newline + 1 if newline >= 0 else len(text)
        documents.append(text[start:end].decode())
        start = end
    return documents


class Tiktoken:
    def __init__(self, encoding, folder):
        import encode_peer
        self.encoding = encode_peer.openai(encoding, folder)

    def documents(self, documents):
        return self.encoding.encode_ordinary_batch(documents, num_threads=THREADS)

    def whole(self, text):
        return [self.encoding.encode_ordinary(text)]

    def decode(self, ids):
        return len(self.encoding.decode_bytes(ids))

    @staticmethod
    def flat(result):
        return [number for ids in result for number in ids]


class Tokenizers(Tiktoken):
    def __init__(self, encoding, folder):
        import tokenizers
        path = encoding if "/" in encoding else os.path.join(folder, "huggingface", encoding + ".json")
        self.tokenizer = tokenizers.Tokenizer.from_file(path)
        self.tokenizer.encode_special_tokens = True

    def documents(self, documents):
        return [e.ids for e in self.tokenizer.encode_batch_fast(documents, add_special_tokens=False)]

    def whole(self, text):
        return self.documents([text])

    def decode(self, ids):
        return len(self.tokenizer.decode(ids, skip_special_tokens=False).encode())


class Quicktok:
    def __init__(self, encoding, folder):
        import quicktok
        self.encoding = quicktok.get_encoding(encoding)

    def documents(self, documents):
        return self.encoding.encode_batch(documents, THREADS)[0]

    def whole(self, text):
        return self.documents([text])

    def count(self, documents):
        return sum(map(self.encoding.count, documents))

    def decode(self, ids):
        return len(self.encoding.decode_bytes(ids))

    @staticmethod
    def flat(result):
        return result.tolist()


class SentencePiece(Quicktok):
    """The release of the environment, or another one beside it (.cache/sentencepiece-VERSION)."""

    def __init__(self, path, folder):
        import sentencepiece
        self.processor = sentencepiece.SentencePieceProcessor(model_file=path)

    def documents(self, documents):
        return self.processor.encode(documents, num_threads=THREADS)

    flat = staticmethod(Tiktoken.flat)
    count = decode = None


def words(result):
    """Ids that come as the bytes of 32-bit words."""
    import numpy
    return numpy.frombuffer(result, dtype="<u4").tolist()


class Fastokens(Quicktok):
    """In the environment of `make bench-peers`."""

    def __init__(self, encoding, folder):
        import fastokens
        self.encoding = fastokens.Tokenizer.from_file(os.path.join(folder, "huggingface", encoding + ".json"))

    def documents(self, documents):
        return self.encoding.encode_batch_flat(documents)[0]

    count = None
    flat = staticmethod(words)

    def decode(self, ids):
        return len(self.encoding.decode(ids).encode())


class Splintr(Fastokens):
    def __init__(self, encoding, folder):
        import splintr
        self.encoding = splintr.from_json(encoding) if "/" in encoding else splintr.Tokenizer.from_pretrained(encoding)

    def whole(self, text):
        return self.encoding.encode_flat(text)

    def decode(self, ids):
        return len(self.encoding.decode_bytes(ids))


class Gigatoken(Quicktok):
    """In the environment of `make bench-peers`."""

    def __init__(self, encoding, folder):
        import gigatoken
        self.encoding = gigatoken.Tokenizer.from_tiktoken(os.path.join(folder, encoding + ".tiktoken"))

    def documents(self, documents):
        import awkward
        return awkward.flatten(self.encoding.encode_batch(documents, parallel=THREADS > 1)).to_numpy()

    def whole(self, text):
        return self.encoding.encode(text)

    count = None

    def decode(self, ids):
        return len(self.encoding.decode(ids))


LIBRARIES = {"tiktoken": Tiktoken, "tokenizers": Tokenizers, "quicktok-v1": Quicktok,
             "fastokens": Fastokens, "gigatoken": Gigatoken, "splintr-rs": Splintr, "sentencepiece": SentencePiece}


def patterns():
    import prepare_vocabularies as vocabularies
    return {"gpt2": vocabularies.GPT2, "cl100k": vocabularies.CL100K, "o200k": vocabularies.O200K}


def lines(path):
    """The lines of a file one after another, each with its end, as every trainer here is fed."""
    with open(path, encoding="utf-8", newline="\n") as file:
        yield from file


def train_gigabpe(pattern, path, size, out):
    import gigabpe
    vocabulary, _ = gigabpe.train_bpe([path], size, special_tokens=[], pretokenizer="bytelevel", threads=THREADS)
    from tokenizers.pre_tokenizers import ByteLevel
    visible = [byte for byte in range(256) if 33 <= byte <= 126 or 161 <= byte <= 172 or byte >= 174]
    hidden = [byte for byte in range(256) if byte not in visible]
    bytes_of = {chr(byte): byte for byte in visible} | {chr(256 + n): byte for n, byte in enumerate(hidden)}
    assert set(bytes_of) == set(ByteLevel.alphabet())
    return [bytes(bytes_of[character] for character in token) for token in vocabulary]


def train_rustbpe(pattern, path, size, out):
    import rustbpe
    tokenizer = rustbpe.Tokenizer()
    tokenizer.train_from_iterator(lines(path), size, pattern=patterns()[pattern])
    return [bytes(token) for token, _ in tokenizer.get_mergeable_ranks()]


def train(pattern, path, size, out):
    import tokenizers
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
    tokenizer = Tokenizer(models.BPE())
    regex = patterns()[pattern]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(regex), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    trainer = trainers.BpeTrainer(
        vocab_size=size, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train([path], trainer)
    tokenizer.save(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("operation")
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--ids")
    a = parser.parse_args()
    if a.operation == "train":
        pattern, path, size, out = a.arguments
        if a.library == "tokenizers":
            train(pattern, path, int(size), out)
        else:
            # Tokens in hexadecimal, sorted: their order is not the same in all of these libraries.
            tokens = {"gigabpe": train_gigabpe, "rustbpe": train_rustbpe}[a.library](pattern, path, int(size), out)
            with open(out, "w") as file:
                file.writelines(sorted(bytes(token).hex() + "\n" for token in tokens))
        return
    if a.operation == "first-line":
        import tokenizers
        tokenizer = tokenizers.Tokenizer.from_file(a.arguments[0])
        print(*tokenizer.encode(open(a.arguments[1], encoding="utf-8").readline().rstrip("\n"), add_special_tokens=False).ids)
        return
    if "@" in a.library:
        a.library, version = a.library.split("@")
        root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
        sys.path.insert(0, os.path.join(root, ".cache", f"{a.library}-{version}"))
    encoding, path, folder = a.arguments
    start = time.perf_counter()
    library = LIBRARIES[a.library](encoding, folder)
    library.documents(["Hello, world"])  # what is made on first use is not part of a pass
    load = time.perf_counter() - start
    text = open(path, "rb").read()
    documents = [text.decode()] if a.whole else split(text)
    encode = (lambda: library.whole(documents[0])) if a.whole else (lambda: library.documents(documents))
    if a.operation == "encode":
        run = encode
    elif a.operation == "count":
        run = lambda: library.count(documents)
    else:
        flat = library.flat(encode())
        run = lambda: library.decode(flat)
    wall, cpu, result = [], [], None
    for _ in range(a.passes):
        result = None  # freeing the last result is not part of a pass
        before, used = time.perf_counter(), time.process_time()
        result = run()
        wall.append(time.perf_counter() - before)
        cpu.append(time.process_time() - used)
    if a.operation == "encode":
        flat = library.flat(result)
    if a.operation == "decode" and result != len(text):
        sys.exit(f"{a.library}: decoding gave {result} bytes; expected {len(text)}")
    tokens = result if a.operation == "count" else len(flat)
    if a.ids and a.operation == "encode":
        import numpy
        numpy.array(flat, dtype="<u4").tofile(a.ids)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"load": load, "wall": wall, "cpu": cpu, "tokens": tokens, "peak_bytes": peak}))


if __name__ == "__main__":
    main()
