#!/usr/bin/env python3
"""Write Reports/compatibility.md: which real tokenizers toklab reads, runs and writes, and who reads that again.

  Benchmarks/compatibility.py [--shared ../shared] [--toklab .build/release/toklab] [-o Reports/compatibility.md]
      [--only NAME,...]

For each folder of SHARED/data/tokenizers: whether toklab's ids equal the stored ids of the reference library
(texts.jsonl; llama.cpp's own strings for GGUF) and its token counts on NTREX; then each export, and whether
the library that owns the format loads the file and gives the ids that toklab gives for the original. Special
tokens in texts are plain there. Run it with the interpreter of the test environment; mistral_common is used where
it is installed, and llama.cpp itself where `make models` has installed its bindings; both are named in the report.
"""
import argparse
import base64
import glob
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FORMATS = ["huggingface", "tiktoken", "sentencepiece", "tekken", "gguf", "vocab-merges", "vocab-txt", "vocab-tsv"]
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


# toklab runs SentencePiece's files by the rules of the newest release; the test environment holds an older one beside it.
RECENT = os.path.join(ROOT, ".cache", "sentencepiece-0.2.3")
if os.path.isdir(RECENT):
    sys.path.insert(0, RECENT)


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


class Toklab:
    def __init__(self, path):
        self.path = path

    def run(self, *arguments):
        return subprocess.run([self.path, *arguments, "--quiet"], capture_output=True)

    def ids(self, tokenizer, texts, *options):
        """A list of ids for each text of a JSON Lines file, or the error."""
        done = self.run("encode", "-t", tokenizer, "--json-field", "text", "--input-format", "jsonl", texts, *options)
        if done.returncode:
            return done.stderr.decode().strip().removeprefix("toklab: error: ")
        lines = done.stdout.decode().split("\n")[:-1]
        return [[int(word) for word in line.split()] for line in lines]


def folder_of_strings(folder, work):
    """llama.cpp's strings and ids as a JSON Lines file and lists."""
    (inputs,) = glob.glob(folder + "/*.inp")
    strings = open(inputs, encoding="utf-8", newline="").read().split("\n__ggml_vocab_test__\n")
    ids = [[int(word) for word in line.split()] for line in open(inputs[:-4] + ".out", encoding="utf-8")]
    if strings[-1] == "" and len(strings) > len(ids):
        strings.pop()
    path = os.path.join(work, "strings.jsonl")
    with open(path, "w", encoding="utf-8") as file:
        for text in strings:
            file.write(json.dumps({"text": text}) + "\n")
    return path, ids


def equal(found, expected):
    """"n" when all n are equal, "k of n" otherwise."""
    if isinstance(found, str):
        return "no: " + found
    same = sum(a == b for a, b in zip(found, expected))
    return str(same) if same == len(expected) == len(found) else f"**{same} of {len(expected)}**"


class References:
    """The libraries on files that toklab wrote."""

    def __init__(self, texts, work):
        self.texts = texts
        self.work = work

    def pipeline(self, name):
        """What toklab wrote as tokenizer.json for this tokenizer, when it could."""
        path = os.path.join(self.work, name + ".huggingface")
        return json.load(open(path, encoding="utf-8")) if os.path.exists(path) else None

    def normalized(self, document):
        from tokenizers import normalizers
        if not document or not document["normalizer"]:
            return self.texts
        parts = document["normalizer"].get("normalizers", [document["normalizer"]])
        steps = normalizers.Sequence([getattr(normalizers, part["type"])() for part in parts])
        return [steps.normalize_str(text) for text in self.texts]

    def huggingface(self, name, path):
        from tokenizers import Tokenizer
        tokenizer = Tokenizer.from_file(path)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.encode_special_tokens = True
        return [e.ids for e in tokenizer.encode_batch(self.texts, add_special_tokens=False)]

    def pattern(self, document):
        """The one pattern of a tokenizer.json, or None."""
        parts = document["pre_tokenizer"]
        parts = parts.get("pretokenizers", [parts])
        patterns = [p["pattern"]["Regex"] for p in parts if p["type"] == "Split" and p["behavior"] == "Isolated"]
        patterns += [GPT2 for p in parts if p["type"] == "ByteLevel" and p["use_regex"]]
        return patterns[0] if len(patterns) == 1 else None

    def tiktoken(self, name, path):
        import tiktoken
        document = self.pipeline(name)
        pattern = self.pattern(document) if document else None
        if pattern is None:
            return "several patterns, which tiktoken has no place for"
        ranks = {}
        for line in open(path, "rb"):
            token, rank = line.split()
            ranks[base64.b64decode(token)] = int(rank)
        encoding = tiktoken.Encoding("test", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
        return [encoding.encode_ordinary(text) for text in self.normalized(document)]

    def sentencepiece(self, name, path):
        import sentencepiece
        processor = sentencepiece.SentencePieceProcessor(model_file=path)
        return [processor.encode(text) for text in self.texts]

    def tekken(self, name, path):
        if version("mistral_common"):
            from mistral_common.tokens.tokenizers.tekken import Tekkenizer
            tokenizer = Tekkenizer.from_file(path)
            return [tokenizer.encode(text, bos=False, eos=False) for text in self.texts]
        import tiktoken
        document = json.load(open(path, encoding="utf-8"))
        specials = document["config"]["default_num_special_tokens"]
        used = document["config"]["default_vocab_size"] - specials
        ranks = {base64.b64decode(entry["token_bytes"]): entry["rank"] for entry in document["vocab"][:used]}
        encoding = tiktoken.Encoding(
            "test", pat_str=document["config"]["pattern"], mergeable_ranks=ranks, special_tokens={})
        return [[rank + specials for rank in encoding.encode_ordinary(text)] for text in self.texts]

    def gguf(self, name, path):
        """The gguf package reads files and does not encode: what it read goes through toklab again."""
        if not version("gguf"):
            return "gguf is not installed"
        from gguf import GGUFReader
        fields = GGUFReader(path).fields
        tokens = fields["tokenizer.ggml.tokens"]
        count = len(tokens.data)
        types = fields.get("tokenizer.ggml.token_type")
        if types is not None and len(types.data) != count:
            return f"{count} tokens and {len(types.data)} types"
        return self.toklab.ids(path, self.file)

    def llamacpp(self, path):
        """What llama.cpp makes of the texts with a GGUF file."""
        python = os.path.join(ROOT, ".venv-models", "bin", "python")
        script = os.path.join(ROOT, "Tests", "Peers", "llamacpp_tokenize.py")
        done = subprocess.run([python, script, path, self.file], capture_output=True, text=True)
        if done.returncode:
            return done.stderr.strip().split("\n")[-1]
        return [[int(word) for word in line.split()] for line in done.stdout.split("\n")[:-1]]

    def vocab_merges(self, name, path):
        from tokenizers import Tokenizer, models
        tokenizer = Tokenizer.from_str(json.dumps({**self.pipeline(name), "added_tokens": []}))
        tokenizer.model = models.BPE.from_file(path + "/vocab.json", path + "/merges.txt")
        return [e.ids for e in tokenizer.encode_batch(self.texts, add_special_tokens=False)]

    def vocab_txt(self, name, path):
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
        tokenizer = Tokenizer(models.WordPiece.from_file(path, unk_token="[UNK]"))
        lowercase = self.pipeline(name)["normalizer"]["lowercase"]
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        return [e.ids for e in tokenizer.encode_batch(self.texts, add_special_tokens=False)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shared", default="../shared")
    parser.add_argument("--toklab", default=".build/release/toklab")
    parser.add_argument("-o", "--output", default="Reports/compatibility.md")
    parser.add_argument("--only")
    arguments = parser.parse_args()
    root = os.path.join(arguments.shared, "data/tokenizers")
    texts_file = os.path.join(root, "_texts/texts.jsonl")
    texts = [json.loads(line)["text"] for line in open(texts_file, encoding="utf-8")]
    names = sorted(name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name)) and name[0] != "_")
    if arguments.only:
        names = [name for name in names if name in arguments.only.split(",")]
    toklab = Toklab(arguments.toklab)
    languages = sorted(
        path for path in glob.glob(os.path.join(arguments.shared, "data/parallel/ntrex/*.txt"))
        if os.path.basename(path) != "document_ids.txt")
    reading, writing, notes = [], [], []
    with tempfile.TemporaryDirectory() as work:
        references = References(texts, work)
        references.toklab, references.file = toklab, texts_file
        for name in names:
            folder = os.path.join(root, name)
            read = row(toklab, name, folder, texts_file, languages, work)
            reading.append(read)
            plain = toklab.ids(folder, texts_file)
            cells = []
            for target in FORMATS:
                cells.append(export(toklab, references, name, folder, target, plain, work, notes))
            path = os.path.join(work, name + ".gguf")
            runs = os.path.exists(path) and os.path.exists(os.path.join(ROOT, ".venv-models", "bin", "python"))
            found = references.llamacpp(path) if runs else "–"
            if isinstance(found, str) and runs:
                notes.append((name, "gguf", found))
                found = "no"
            cells.append(found if isinstance(found, str) else equal(found, plain))
            writing.append((name, cells))
            print(name, *read[1:], *cells, sep=" | ", file=sys.stderr, flush=True)
    report = render(arguments, toklab, reading, writing, notes, len(texts), len(languages))
    temporary = arguments.output + ".tmp"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(report)
    os.rename(temporary, arguments.output)


def row(toklab, name, folder, texts_file, languages, work):
    """(name, format, ids equal, counts equal)"""
    inspected = toklab.run("inspect", folder, "--json")
    if inspected.returncode:
        return name, "no: " + inspected.stderr.decode().strip(), "", ""
    kind = json.loads(inspected.stdout)["format"]
    stored = os.path.join(folder, "expected.jsonl")
    if not os.path.exists(stored):
        path, expected = folder_of_strings(folder, work)
        return name, kind, equal(toklab.ids(folder, path), expected) + " (llama.cpp's strings)", ""
    expected = [json.loads(line)["ids"] for line in open(stored, encoding="utf-8")]
    library = json.load(open(os.path.join(folder, "expected.meta.json"), encoding="utf-8"))["library"]
    options = ["--allow-special", "all"] if library.startswith("tokenizers") else []
    ids = equal(toklab.ids(folder, texts_file, *options), expected) + f" ({library})"
    stored = os.path.join(folder, "expected.ntrex-counts.tsv")
    expected = dict(line.rstrip("\n").split("\t") for line in list(open(stored, encoding="utf-8"))[1:])
    counted = toklab.run("count", "-t", folder, "--per-line", "--json", *options, *languages)
    if counted.returncode:
        return name, kind, ids, "no: " + counted.stderr.decode().strip()
    rows = json.loads(counted.stdout)["rows"]
    found = [row["tokens"] for row in rows]
    wanted = [int(expected[os.path.basename(row["file"])[:-4]]) for row in rows]
    return name, kind, ids, equal(found, wanted)


def export(toklab, references, name, folder, target, plain, work, notes):
    path = os.path.join(work, f"{name}.{target}")
    done = toklab.run("export", folder, "--to", target, "-o", path)
    if done.returncode:
        reason = done.stderr.decode().strip()
        marker = f"{target} cannot hold this tokenizer: "
        reason = reason.split(marker)[-1].removesuffix("; choose another --to")
        notes.append((name, target, reason.replace(folder, name)))
        return "–" if marker in done.stderr.decode() else "**fails**"
    if target == "vocab-tsv":
        return "written"
    try:
        found = getattr(references, target.replace("-", "_"))(name, path)
    except Exception as error:  # A library that does not load the file is what this report is for.
        found = f"{type(error).__name__}: {error}"[:200]
    if isinstance(found, str):
        notes.append((name, target, found))
        return "written, not checked"
    return equal(found, plain)


def render(arguments, toklab, reading, writing, notes, texts, languages):
    versions = ", ".join(
        f"{package} {version(package)}"
        for package in ("tokenizers", "tiktoken", "sentencepiece", "mistral_common", "gguf") if version(package))
    python = os.path.join(ROOT, ".venv-models", "bin", "python")
    if os.path.exists(python):
        asked = "import importlib.metadata as m; print(m.version('xllamacpp'))"
        versions += ", xllamacpp " + subprocess.run([python, "-c", asked], capture_output=True, text=True).stdout.strip()
    name = subprocess.run([toklab.path, "--version"], capture_output=True, text=True).stdout.strip()
    out = [
        "# Compatibility", "",
        f"Command: `make compatibility` ({os.path.basename(sys.argv[0])}). toklab {name}; {versions}.", "",
        "## Read and run", "",
        f"Ids equal: texts of {texts} whose ids are those that the named library gave (special tokens recognised as it",
        f"recognises them). Counts equal: languages of {languages} in NTREX-128 with the same number of tokens.", "",
        "| tokenizer | format | ids equal | counts equal |", "| --- | --- | ---: | ---: |",
    ]
    out += ["| " + " | ".join(cells) + " |" for cells in reading]
    out += [
        "", "## Written, and loaded by the format's library", "",
        f"A number: toklab wrote the file, the library loaded it, and so many of the {texts} texts have the ids that toklab",
        "gives with the original; a number alone is all of them. – : the format cannot hold the tokenizer, for the reason",
        "below. huggingface, vocab-merges and vocab-txt are loaded by tokenizers; tekken by mistral-common where it is",
        "named above, else by tiktoken with its rule for ids; gguf files are read by the gguf package and then run by",
        "toklab, since that package does not encode; the last column is llama.cpp's own tokenizer on the same file. A",
        "table (vocab-tsv) is not a tokenizer.", "",
        "Below all: a SentencePiece model as tokenizer.json and back. `tokenizers` normalizes grapheme by grapheme, adds",
        "in double precision and takes control pieces in a text for pieces; `sentencepiece` does none of these. llama.cpp",
        "drops all marks for BERT, where the model's own code drops nonspacing ones, breaks ties of unigram otherwise, and",
        "has simpler rules for marks and case in the patterns of tekken and gpt-4o.", "",
        "| tokenizer | " + " | ".join(FORMATS) + " | gguf in llama.cpp |", "| --- |" + " ---: |" * (len(FORMATS) + 1),
    ]
    out += [f"| {name} | " + " | ".join(cells) + " |" for name, cells in writing]
    out += ["", "## Why not", ""]
    grouped = {}
    for name, target, reason in notes:
        grouped.setdefault((target, reason), []).append(name)
    for (target, reason), names in sorted(grouped.items(), key=lambda item: FORMATS.index(item[0][0])):
        out.append(f"- {target}: {reason} ({', '.join(names)})")
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    main()
