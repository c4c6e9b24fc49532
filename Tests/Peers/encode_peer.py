"""Compares the ids of the toklab program with those of tiktoken and tokenizers on real vocabularies.

    encode_peer.py --toklab BINARY [--vocabularies DIR] [--shared DIR] [--only NAME,...] [--sets NAME,...]

Sets of texts (every text is one document; all sets of a vocabulary go through one run of toklab):

    sample      every line of the project's parallel sample, and every file of it whole
    scalars     every Unicode scalar between two letters, and between a space and a digit
    spaces      every sequence of up to 6 of space, tab, LF, CR and U+3000, before, after and between letters
    runs        1 MB and 30 kB of one character, for several characters; 200 kB of random letters
    entries     every vocabulary entry that is UTF-8, alone
    bytes       lone bytes and truncated UTF-8 tails, alone and behind text (tiktoken accepts them); these,
                every vocabulary entry that is not UTF-8, and text behind lone bytes, with --malformed rest
    roundtrip   random bytes: decode(encode(x)) = x
    texts, udhr, ntrex    with --shared: the texts with expected ids, 499 declarations, 130 files by count

After each comparison the same comparison is made with one id changed and with one id missing, and must
fail: a check that cannot fail is an error. Prints one line a vocabulary and the closing line
"N comparisons, N documents, N differ"; differences go to standard error, and then the status is 1.
"""
import argparse
import glob
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time

os.environ["RUST_BACKTRACE"] = "0"

import numpy
import tiktoken
import tokenizers
from tiktoken_ext import openai_public

import prepare_vocabularies as vocabularies

ROOT = vocabularies.ROOT


# ---------------------------------------------------------------- the two sides

class Toklab:
    """Runs the program on many documents at once."""

    def __init__(self, binary, operand):
        self.binary, self.operand = binary, operand

    def run(self, *arguments, **options):
        command = [self.binary, *arguments]
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, **options)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: status {done.returncode}: {done.stderr.decode()[-500:]}")
        return done.stdout

    def encode(self, documents, *options):
        """(ids of all documents, number of ids of each) of a list of str or of bytes."""
        with tempfile.TemporaryDirectory() as folder:
            lengths = os.path.join(folder, "lengths")
            if all(isinstance(document, str) for document in documents):
                source = os.path.join(folder, "in.jsonl")
                with open(source, "w", encoding="utf-8", newline="") as file:
                    for document in documents:
                        file.write(json.dumps({"text": document}, ensure_ascii=False) + "\n")
                inputs = [source, "--json-field", "text"]
            else:
                source = os.path.join(folder, "in")
                os.mkdir(source)
                for number, document in enumerate(documents):
                    with open(os.path.join(source, f"{number:06}.txt"), "wb") as file:
                        file.write(document)
                inputs = [source]
            out = self.run("encode", "-t", self.operand, "--format", "u32", "--lengths", lengths, *options, *inputs)
            return numpy.frombuffer(out, "<u4"), numpy.fromfile(lengths, "<u8").astype("i8")

    def decode(self, ids, lengths):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "ids")
            ids.astype("<u4").tofile(path)
            return self.run("decode", "-t", self.operand, "--format", "u32", path)


def flat(lists):
    lengths = numpy.fromiter(map(len, lists), "i8", count=len(lists))
    return numpy.fromiter(itertools.chain.from_iterable(lists), "u4", count=int(lengths.sum())), lengths


class TooLong(Exception):
    """The reference library cannot encode some documents; `good` are the numbers of the others."""

    def __init__(self, good):
        super().__init__("the reference ran out of stack")
        self.good = good


class TiktokenSide:
    def __init__(self, encoding):
        self.encoding = encoding
        self.name = "tiktoken " + tiktoken.__version__

    def encode(self, documents):
        """Raises TooLong for the documents on which tiktoken's regular expressions run out of stack."""
        try:
            return flat(self.encoding.encode_ordinary_batch(documents, num_threads=2))
        except BaseException as panic:
            if type(panic).__name__ != "PanicException":
                raise
        good = []
        for number, document in enumerate(documents):
            try:
                self.encoding.encode_ordinary(document)
                good.append(number)
            except BaseException as panic:
                if type(panic).__name__ != "PanicException":
                    raise
        raise TooLong(good)

    def encode_bytes(self, documents):
        return flat([self.encoding._encode_bytes(document) for document in documents])

    def entries(self):
        return list(self.encoding._mergeable_ranks)


class TokenizersSide:
    def __init__(self, path):
        self.tokenizer = tokenizers.Tokenizer.from_file(path)
        self.tokenizer.encode_special_tokens = True  # text that looks like a special token is plain
        self.name = "tokenizers " + tokenizers.__version__

    def encode(self, documents):
        lists = []
        for start in range(0, len(documents), 2000):
            batch = self.tokenizer.encode_batch_fast(documents[start:start + 2000], add_special_tokens=False)
            lists += [encoding.ids for encoding in batch]
        return flat(lists)

    def entries(self):
        byte_of = {character: byte for byte, character in vocabularies.ALPHABET.items()}
        added = {token.content for token in self.tokenizer.get_added_tokens_decoder().values()}
        return [
            bytes(byte_of[character] for character in token)
            for token in self.tokenizer.get_vocab(with_added_tokens=True) if token not in added]


def openai(name, folder):
    """tiktoken's own definition of an encoding, with its ranks read from our folder."""
    def load(url, expected_hash=None):
        with open(os.path.join(folder, url.rsplit("/", 1)[1]), "rb") as file:
            return vocabularies.read_ranks(file.read())
    openai_public.load_tiktoken_bpe = load
    return tiktoken.Encoding(**openai_public.ENCODING_CONSTRUCTORS[name]())


def by_pattern(name, pattern, path):
    with open(path, "rb") as file:
        ranks = vocabularies.read_ranks(file.read())
    return tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})


def cases(ours, folder):
    """(name, toklab's operand, makes the reference, folder of ../shared with expected results)"""
    at = lambda path: os.path.join(folder, path)
    our = lambda path: os.path.join(ours, path)
    return [
        ("cl100k_base.tiktoken", our("cl100k_base.tiktoken"), lambda: TiktokenSide(openai("cl100k_base", folder)),
         "cl100k_base"),
        ("o200k_base.tiktoken", our("o200k_base.tiktoken"), lambda: TiktokenSide(openai("o200k_base", folder)),
         "o200k_base"),
        ("r50k_base.tiktoken", our("r50k_base.tiktoken"), lambda: TiktokenSide(openai("r50k_base", folder)), "gpt2"),
        ("llama3.model", our("llama3/tokenizer.model"),
         lambda: TiktokenSide(by_pattern("llama3", vocabularies.CL100K, at("llama3/tokenizer.model"))), "llama3"),
        ("qwen.tiktoken", our("qwen.tiktoken"),
         lambda: TiktokenSide(by_pattern("qwen", vocabularies.QWEN, at("qwen.tiktoken"))), "qwen"),
        ("gpt2.json", our("huggingface/gpt2.json"), lambda: TokenizersSide(at("huggingface/gpt2.json")), "gpt2"),
        ("gpt2 files", our("gpt2"), lambda: TokenizersSide(at("huggingface/gpt2.json")), "gpt2"),
        ("llama3.json", our("llama3/tokenizer.json"), lambda: TokenizersSide(at("llama3/tokenizer.json")), "llama3"),
        ("cl100k.json", our("huggingface/cl100k_base.json"),
         lambda: TokenizersSide(at("huggingface/cl100k_base.json")), "cl100k_base"),
        ("o200k.json", our("huggingface/o200k_base.json"),
         lambda: TokenizersSide(at("huggingface/o200k_base.json")), "o200k_base"),
        ("qwen.json", our("huggingface/qwen.json"), lambda: TokenizersSide(at("huggingface/qwen.json")), None),
        ("deepseek.json", our("deepseek/tokenizer.json"), lambda: TokenizersSide(at("deepseek/tokenizer.json")), None),
    ]


# ---------------------------------------------------------------- texts

def sample_texts():
    out = []
    for path in sorted(glob.glob(os.path.join(ROOT, "Corpora", "sample", "*.txt"))):
        text = open(path, encoding="utf-8", newline="").read()
        out += [text, *text.split("\n")]
    return out


def scalar_texts():
    """1,112,064 scalars, 512 a document and each on a line of its own, which keeps them apart."""
    scalars = [chr(value) for value in range(0x110000) if not 0xD800 <= value < 0xE000]
    out = []
    for start in range(0, len(scalars), 512):
        part = scalars[start:start + 512]
        out.append("".join(f"a{scalar}b\n" for scalar in part))
        out.append("".join(f" {scalar}1\n" for scalar in part))
    return out


def space_texts():
    out = []
    for length in range(1, 7):
        for spaces in map("".join, itertools.product(" \t\n\r\u3000", repeat=length)):
            out += [spaces + "b", "a" + spaces, "a" + spaces + "b"]
    return out


def run_texts():
    generator = random.Random(7)
    letters = "".join(generator.choices("abcdefghijklmnopqrstuvwxyz", k=200_000))
    return [letters, letters[:30_000]] + [
        character * (size // len(character.encode())) for character in "a \n\té中!0\0" for size in (1_000_000, 30_000)]


def byte_texts():
    lone = [bytes([value]) for value in range(0x80, 0x100)]
    tails = []
    for character in "é\u07ffก中\uffe6😀\U0010ffff":
        encoded = character.encode()
        tails += [encoded[:length] for length in range(1, len(encoded))]
    out = []
    for tail in lone + tails:
        out += [tail, b" " + tail, b"Hello, " + tail, b"x = (" + tail]
    return out


def broken_texts():
    """Text that goes on after a malformed byte, with white space before it."""
    generator = random.Random(13)
    parts = [b"\xff", b"\xe4\xb8", b" ", b"\n", b"\t", b"  ", b" \n\n", b"word", b" two words", b"12345", b"...", "é中".encode()]
    return [b"".join(generator.choices(parts, k=generator.randint(1, 9))) for _ in range(3000)]


def is_text(entry):
    try:
        entry.decode()
        return True
    except UnicodeDecodeError:
        return False


def shared_texts(shared):
    path = os.path.join(shared, "data", "tokenizers", "_texts", "texts.jsonl")
    return [json.loads(line)["text"] for line in open(path, encoding="utf-8")]


def udhr_texts(shared):
    paths = sorted(glob.glob(os.path.join(shared, "data", "parallel", "udhr", "[a-z0-9]*.txt")))
    return [open(path, encoding="utf-8", newline="").read() for path in paths]


# ---------------------------------------------------------------- comparing

class Report:
    def __init__(self):
        self.comparisons = self.documents = self.differ = 0

    @staticmethod
    def say(text):
        print("  " + text, file=sys.stderr, flush=True)

    def compare(self, label, documents, found, expected):
        """Counts the documents whose ids differ and shows the first; then proves that it could have failed."""
        self.comparisons += 1
        self.documents += len(documents)
        differ = self.differences(found, expected)
        self.differ += len(differ)
        if len(differ):
            number = int(differ[0])
            self.say(f"{label}: {len(differ)} of {len(documents)} documents differ; the first is {number}: "
                     f"{documents[number][:120]!r}: {self.slice(found, number)[:40].tolist()}; "
                     f"expected {self.slice(expected, number)[:40].tolist()}")
            return
        ids, lengths = found
        if not len(ids):
            raise RuntimeError(f"{label}: nothing was compared")
        changed = ids.copy()
        changed[len(ids) // 2] ^= 1
        number = int(numpy.argmax(lengths > 0))
        shorter = lengths.copy()
        shorter[number] -= 1
        start = int(lengths[:number].sum())
        for wrong in [(changed, lengths), (numpy.delete(ids, start), shorter)]:
            if not len(self.differences(wrong, expected)):
                raise RuntimeError(f"{label}: this comparison cannot fail")

    @staticmethod
    def slice(side, number):
        ids, lengths = side
        start = int(lengths[:number].sum())
        return ids[start:start + int(lengths[number])]

    @classmethod
    def differences(cls, found, expected):
        (ids, lengths), (wanted, counts) = found, expected
        if len(lengths) != len(counts):
            raise RuntimeError(f"{len(lengths)} documents came back; expected {len(counts)}")
        if len(lengths) and lengths.sum() != len(ids):
            raise RuntimeError("the lengths do not add up to the number of ids")
        differ = lengths != counts
        if not differ.any():
            owner = numpy.repeat(numpy.arange(len(lengths)), lengths)
            differ[owner[ids != wanted]] = True
            return numpy.flatnonzero(differ)
        at = numpy.concatenate([[0], numpy.cumsum(lengths)])
        there = numpy.concatenate([[0], numpy.cumsum(counts)])
        for number in numpy.flatnonzero(~differ):
            differ[number] = (ids[at[number]:at[number + 1]] != wanted[there[number]:there[number + 1]]).any()
        return numpy.flatnonzero(differ)


def normalizes(toklab):
    """Whether the tokenizer changes text before it encodes, so that bytes need not come back."""
    ids, lengths = toklab.encode(["a\u0300"])
    return toklab.decode(ids, lengths) != "a\u0300".encode()


def check(report, name, toklab, side, expected_folder, shared, wanted, common):
    sets = {key: value for key, value in common.items() if not wanted or key in wanted}
    entries = side.entries()
    if not wanted or "entries" in wanted:
        sets["entries"] = []
        for entry in entries:
            if is_text(entry):
                sets["entries"].append(entry.decode())
    everything = list(itertools.chain.from_iterable(sets.values()))
    ids, lengths = toklab.encode(everything) if everything else flat([])
    starts = numpy.concatenate([[0], numpy.cumsum(lengths)])
    at = 0
    for key, documents in sets.items():
        end = at + len(documents)
        found = (ids[starts[at]:starts[end]], lengths[at:end])
        try:
            expected = side.encode(documents)
        except TooLong as limit:
            print(f"  {name} {key}: {side.name} runs out of stack on {len(documents) - len(limit.good)} of "
                  f"{len(documents)} documents; the others are compared")
            numbers = numpy.array(limit.good)
            found = (numpy.concatenate([Report.slice(found, number) for number in numbers]), found[1][numbers])
            documents = [documents[number] for number in numbers]
            expected = side.encode(documents)
        report.compare(f"{name} {key}", documents, found, expected)
        at = end

    changes = normalizes(toklab)
    if isinstance(side, TiktokenSide) and not changes and (not wanted or "bytes" in wanted):
        documents = byte_texts()
        report.compare(f"{name} bytes", documents, toklab.encode(documents), side.encode_bytes(documents))
        documents += [entry for entry in entries if not is_text(entry)] + broken_texts()
        report.compare(f"{name} malformed", documents, toklab.encode(documents, "--malformed", "rest"),
                       side.encode_bytes(documents))
    if not wanted or "roundtrip" in wanted:
        generator = random.Random(11)
        document = "".join(sample_texts()).encode() if changes else generator.randbytes(300_000) + b"".join(
            generator.choices(entries, k=100_000))
        report.comparisons += 1
        report.documents += 1
        ids, lengths = toklab.encode([document])
        if toklab.decode(ids, lengths) != document:
            report.differ += 1
            report.say(f"{name} roundtrip: decode(encode(x)) is not x")
        ids = ids.copy()
        ids[len(ids) // 2] = ids[0] if ids[0] != ids[len(ids) // 2] else ids[0] ^ 1
        if toklab.decode(ids, lengths) == document:
            raise RuntimeError(f"{name} roundtrip: this comparison cannot fail")
    if shared and expected_folder and (not wanted or wanted & {"texts", "ntrex"}):
        check_shared(report, name, toklab, side, os.path.join(shared, "data"), expected_folder, wanted)


def check_shared(report, name, toklab, side, data, expected_folder, wanted):
    folder = os.path.join(data, "tokenizers", expected_folder)
    if not wanted or "texts" in wanted:
        texts = shared_texts(os.path.dirname(data))
        expected = [json.loads(line)["ids"] for line in open(os.path.join(folder, "expected.jsonl"))]
        report.compare(f"{name} texts", texts, toklab.encode(texts), flat(expected))
    if not wanted or "ntrex" in wanted:
        rows = [line.rstrip("\n").split("\t") for line in open(os.path.join(folder, "expected.ntrex-counts.tsv"))][1:]
        paths = [os.path.join(data, "parallel", "ntrex", language + ".txt") for language, _ in rows]
        answer = json.loads(toklab.run("count", "-t", toklab.operand, "--per-line", "--json", *paths))
        counted = {os.path.basename(row["file"])[:-4]: row["tokens"] for row in answer["rows"]}
        report.comparisons += 1
        report.documents += 1997 * len(rows)
        differ = [(language, tokens) for language, tokens in rows if counted.get(language) != int(tokens)]
        for language, tokens in differ:
            report.differ += 1
            report.say(f"{name} ntrex {language}: {counted.get(language)} tokens; expected {tokens}")
        # One word more in one file must be seen.
        with tempfile.TemporaryDirectory() as folder:
            longer = os.path.join(folder, os.path.basename(paths[0]))
            with open(paths[0], "rb") as file, open(longer, "wb") as target:
                target.write(b"word " + file.read())
            answer = json.loads(toklab.run("count", "-t", toklab.operand, "--per-line", "--json", longer))
            if answer["rows"][0]["tokens"] == int(rows[0][1]):
                raise RuntimeError(f"{name} ntrex: this comparison cannot fail")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--toklab", required=True)
    parser.add_argument("--vocabularies", default=vocabularies.DEFAULT)
    parser.add_argument("--references", help="vocabularies of the reference side, when they are others")
    parser.add_argument("--shared")
    parser.add_argument("--only", help="vocabularies, by comma")
    parser.add_argument("--sets", help="sets of texts, by comma")
    arguments = parser.parse_args()
    only = set((arguments.only or "").split(",")) - {""}
    wanted = set((arguments.sets or "").split(",")) - {""}

    common = {"sample": sample_texts(), "scalars": scalar_texts(), "spaces": space_texts(), "runs": run_texts()}
    if arguments.shared:
        common["udhr"] = udhr_texts(arguments.shared)
    report = Report()
    for name, operand, reference, expected in cases(arguments.vocabularies, arguments.references or arguments.vocabularies):
        if only and name not in only:
            continue
        start, before = time.monotonic(), report.documents
        side = reference()
        check(report, name, Toklab(arguments.toklab, operand), side, expected, arguments.shared, wanted, common)
        print(f"{name} against {side.name}: {report.documents - before:,} documents, "
              f"{time.monotonic() - start:.1f} s", flush=True)
    print(f"{report.comparisons} comparisons, {report.documents} documents, {report.differ} differ")
    sys.exit(1 if report.differ or not report.comparisons else 0)


if __name__ == "__main__":
    main()
