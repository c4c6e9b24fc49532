#!/usr/bin/env python3
"""Study of byte probabilities on a real model: writes Reports/byte-probabilities.md and Reports/byte-completion.md.

    make build models
    .venv-models/bin/python Benchmarks/bytes_study.py --part 1
    .venv-models/bin/python Benchmarks/bytes_study.py --part 2

1. Prompts that end inside a token: the next byte by the conventional method (tokens of the prompt, first bytes of the
   next token), by token healing (the last token taken back, the next one must begin with its bytes), and by toklab,
   beside an enumeration of all covers that shares nothing with toklab but the recorded scores.
2. Source code cut inside a token: the next eight bytes, greedily, by the same three methods.

All three ask the same model file through the same back end. In part 1 they read the same recorded scores.
"""
import argparse
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "Sources/Adapt/Helper"))
import toklab_helper  # noqa: E402

PROMPTS = [
    "The quick brown fox jumps over the laz",
    "The capital of France is Par",
    "She went to the super",
    "Once upon a ti",
    "To be or not to be, that is the ques",
    "The meeting is on Wednes",
    "import numpy as n",
    "for i in ran",
    "Water boils at one hundred deg",
    "Hello, worl",
    "He lives in the United Sta",
    "Thank you very mu",
]
# Texts that may follow: as far as the pre-tokenizer looks ahead.
PROBES = [
    "", "a", "A", " ", " a", " A", "  ", "  a", " \n", " 1", " .", "\n", "\na", "\n ", "\n \n", "\r\n", "\t", "\ta", "1", "12", "123",
    "'", "'s", "'re", "'a", "s", "re", "ve", "ll", "t", "m", "d", "ly", "S", ".", ".a", "./", ".\n", "/", "$", "é", "É", "中",
]
END = 256


def environment():
    return dict(os.environ, TOKLAB_PYTHON=sys.executable)


class Model:
    """The back end, and the vocabulary's bytes."""

    def __init__(self, arguments):
        options = argparse.Namespace(
            model=arguments.model, threads=arguments.model_threads, context=2048, verbose=False, vocabulary=0, begin=False
        )
        self.llama = toklab_helper.Llama(options)
        dump = subprocess.run(
            [arguments.toklab, "inspect", arguments.model, "--dump-vocab"], capture_output=True, check=True
        ).stdout.decode()
        self.bytes = {}
        for line in dump.splitlines():
            fields = line.split("\t")
            if fields[0].isdigit():
                self.bytes[int(fields[0])] = unescape(fields[1])
        self.special = set(arguments.special)
        self.text = [(id, b) for id, b in sorted(self.bytes.items()) if id not in self.special and b]
        self.known = {}

    def tokens(self, text):
        return tuple(self.llama.tokenize(text))

    def row(self, context):
        if context not in self.known:
            raw = next(self.llama.rows([context]))
            self.known[context] = normalized(struct.unpack("<%df" % (len(raw) // 4), raw))
            if len(self.known) > 64:
                del self.known[next(iter(self.known))]
        return self.known[context]


def unescape(text):
    out = bytearray()
    index = 0
    while index < len(text):
        if text[index] == "\\" and index + 1 < len(text):
            kind = text[index + 1]
            if kind == "x":
                out.append(int(text[index + 2 : index + 4], 16))
                index += 4
                continue
            out += {"n": b"\n", "t": b"\t", "r": b"\r", "\\": b"\\"}.get(kind, kind.encode())
            index += 2
            continue
        out += text[index].encode()
        index += 1
    return bytes(out)


def normalized(row):
    largest = max(row)
    weights = [math.exp(x - largest) for x in row]
    total = sum(weights)
    return [w / total for w in weights]


class Recording:
    """The scores that `toklab models record` wrote."""

    def __init__(self, path):
        data = open(path, "rb").read()
        (length,) = struct.unpack_from("<Q", data)
        header = json.loads(data[8 : 8 + length])
        self.data, self.base = data, 8 + length
        self.scores = header["scores"]
        self.width = self.scores["shape"][1]
        parent = self.integers(header["parent"])
        token = self.integers(header["token"])
        self.children = {(parent[r], token[r]): r for r in range(1, len(parent))}
        self.begin = [int(x) for x in header["__metadata__"].get("begin_token", "").split(",") if x]
        self.known = {}

    def integers(self, tensor):
        start, end = (self.base + x for x in tensor["data_offsets"])
        return struct.unpack("<%dq" % ((end - start) // 8), self.data[start:end])

    def row(self, context):
        """Probabilities after tokens of text, or None where they were not recorded."""
        place = 0
        for id in list(self.begin) + list(context):
            place = self.children.get((place, id))
            if place is None:
                return None
        if place not in self.known:
            start = self.base + self.scores["data_offsets"][0] + 4 * self.width * place
            self.known[place] = normalized(struct.unpack_from("<%df" % self.width, self.data, start))
        return self.known[place]


def first_bytes(model, row):
    """The first byte of the next token; what ends the text or is special is one slot."""
    out = [0.0] * 257
    for id, text in model.text:
        out[text[0]] += row[id]
    for id in model.special:
        out[END] += row[id]
    return share(out)


def share(values):
    total = sum(values)
    return [x / total for x in values]


def conventional(model, rows, prompt):
    return first_bytes(model, rows(model.tokens(prompt)))


def healed(model, rows, prompt):
    ids = model.tokens(prompt)
    last = model.bytes[ids[-1]]
    before = rows(ids[:-1])
    out = [0.0] * 257
    for id, text in model.text:
        if len(text) > len(last) and text.startswith(last):
            out[text[len(last)]] += before[id]
    after = first_bytes(model, rows(ids))
    for slot in range(257):
        out[slot] += before[ids[-1]] * after[slot]
    return share(out)


def exhaustive(model, recording, prompt):
    """Covers by enumeration of splits and tokens, validity by the model's own tokenizer and the probes.

    Returns the next byte by quantities valid and canonical, the contexts that were not recorded, and the largest mass
    that the model gives after one of these contexts to tokens the encoder never puts there.
    """
    out = [0.0] * 257
    ours = [0.0] * 257
    weights = {(): (1.0, 1.0)}
    missing = 0
    leak = 0.0

    def viable(sequence):
        text = b"".join(model.bytes[id] for id in sequence)
        return any(model.tokens(text + probe)[: len(sequence)] == sequence for probe in probes(text))

    frontier = [()]
    while frontier:
        context = frontier.pop()
        done = len(b"".join(model.bytes[id] for id in context))
        rest = prompt[done:]
        row = recording.row(context)
        if row is None:
            missing += 1
            continue
        raw, exact = weights[context]
        # What has less than this is taken to be viable: all of it together moves the sum by little.
        total = sum(row[id] for id, _ in model.text if row[id] < 1e-6 or viable(context + (id,)))
        whole = model.tokens(b"".join(model.bytes[id] for id in context)) == context
        if whole:
            total += sum(row[id] for id in model.special)
        leak = max(leak, 1 - total)
        for id, text in model.text:
            common = min(len(text), len(rest))
            if text[:common] != rest[:common] or not viable(context + (id,)):
                continue
            share_ = raw * row[id], exact * row[id] / total
            if len(text) <= len(rest):
                weights[context + (id,)] = share_
                frontier.append(context + (id,))
            else:
                out[text[len(rest)]] += share_[0]
                ours[text[len(rest)]] += share_[1]
        if not rest and whole:
            for id in model.special:
                out[END] += raw * row[id]
                ours[END] += exact * row[id] / total
    return share(out), share(ours), missing, leak


def probes(text):
    """Texts that may follow; what completes a character first where the text ends inside one."""
    for start in range(max(0, len(text) - 3), len(text)):
        lead = text[start]
        needed = 2 if 0xC2 <= lead < 0xE0 else 3 if 0xE0 <= lead < 0xF0 else 4 if 0xF0 <= lead < 0xF5 else 0
        open_ = needed - (len(text) - start)
        if needed and open_ > 0:
            found = []
            for first in range(0x80, 0xC0):
                rest = bytes([first]) + bytes([0x80]) * (open_ - 1)
                try:
                    (text[start:] + rest).decode()
                except UnicodeDecodeError:
                    continue
                found += [rest, rest + b"a"]
            return found
    return [probe.encode() for probe in PROBES]


def next_bytes(arguments, prompt, *options):
    run = subprocess.run(
        [arguments.toklab, "bytes", "next", "--prompt", prompt, "--json", *options],
        capture_output=True, env=environment(),
    )
    if run.returncode:
        sys.exit(run.stderr.decode())
    document = json.loads(run.stdout)
    out = [entry["probability"] for entry in document["bytes"]]
    out.append(document["end"]["probability"] + document["special"]["probability"])
    return out, document


def divergence(a, b):
    total = 0.0
    for x, y in zip(a, b):
        middle = (x + y) / 2
        if x > 0:
            total += x * math.log2(x / middle)
        if y > 0:
            total += y * math.log2(y / middle)
    return max(0.0, total / 2)


def part_one(arguments, model):
    out = []
    folder = tempfile.mkdtemp()
    prompts = [p for p in PROMPTS if not ends_a_token(model, p)]
    with open(folder + "/prompts", "w") as file:
        file.write("".join(p + "\n" for p in prompts))
    source = ["--model", "gguf:" + arguments.model, "--begin", arguments.begin]
    subprocess.run(
        [arguments.toklab, "models", "record", *source, "--prompts", folder + "/prompts", "--score", "-q", "-o",
         folder + "/tree"],
        check=True, env=environment(),
    )
    recording = Recording(folder + "/tree")
    recorded = ["--model", "recorded:" + folder + "/tree", "-t", arguments.model]
    out.append("| prompt | conventional | healing | valid | canonical | valid, enumerated | canonical, enumerated | mass the encoder never makes | most probable byte: conventional, healing, toklab |")
    out.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    sums = [0.0] * 7
    for prompt in prompts:
        text = prompt.encode()
        # The reference: all sequences of tokens, 16 kept, by the running model.
        everything, document = next_bytes(arguments, prompt, *source, "--quantity", "all", "--beam", "16")
        rows = recording.row
        old = conventional(model, rows, text)
        back = healed(model, rows, text)
        valid, _ = next_bytes(arguments, prompt, *recorded, "--quantity", "valid")
        canonical, _ = next_bytes(arguments, prompt, *recorded)
        brute, normal, missing, leak = exhaustive(model, recording, text)
        values = [divergence(x, everything) for x in (old, back, valid, canonical)]
        values += [divergence(valid, brute), divergence(canonical, normal), leak]
        sums = [a + b for a, b in zip(sums, values)]
        best = ", ".join(show(max(range(257), key=lambda s: (d[s], -s))) + " %.3f" % max(d) for d in (old, back, canonical))
        out.append("| `%s` | %.4f | %.4f | %.1e | %.1e | %.1e | %.1e | %.3f | %s |" % (prompt, *values, best))
        print(out[-1], "missing", missing, file=sys.stderr)
    means = [x / len(prompts) for x in sums]
    out.append("| **mean of %d** | **%.4f** | **%.4f** | **%.1e** | **%.1e** | **%.1e** | **%.1e** | **%.3f** | |" % (len(prompts), *means))
    return [
        "# Byte probabilities of SmolLM2-135M",
        "",
        "Made by `.venv-models/bin/python Benchmarks/bytes_study.py --part 1` after `make build models`.",
        "Model: `%s` (%s), contexts begin with `%s`." % (os.path.basename(arguments.model), model.llama.facts["backend"], arguments.begin),
        "",
        "## Prompts that end inside a token",
        "",
        "Jensen–Shannon divergence in bits (0 to 1) of the next byte, from quantity *all* with 16 sequences kept. "
        "*Conventional*: tokens of the prompt, then the first byte of the next token. *Healing*: the last token taken "
        "back, the next must begin with its bytes. *Enumerated*: the quantity against all its covers enumerated in "
        "Python on the same recorded scores, validity by llama.cpp's tokenizer. *Mass the encoder never makes*: the "
        "largest share that the model gives, after a context on the way, to tokens that no encoding has there.",
        "",
        *out,
        "",
        "*All* asks for other contexts in other batches than the recording; llama.cpp's rows depend on the batch "
        "(`toklab bytes check`), which is part of the divergences of *valid* and *canonical*.",
        "",
        "*Canonical* differs from *all* by more than it differs from its own enumeration on the same scores (which lacks the "
        "contexts that were not recorded, 4 to 27 a prompt). The mass in the column before the last, which *all* counts and "
        "*canonical* gives back to the encodings, is the likely reason; *all* keeps 16 sequences and is itself no exact figure.",
        "",
        "Where the enumeration asks the model for every context and validity is decided by encoding bytes, not strings "
        "(the test `EnumeratedPromptTests` of `make test-models`), the two agree on all these prompts: mean divergence 4e-15 bits "
        "(*canonical*) and 6e-17 (*valid*) on 2026-11-24.",
    ]


def ends_a_token(model, prompt):
    """Whether the prompt's last token would stay whatever follows: then it does not end inside one."""
    ids = model.tokens(prompt.encode())
    last = model.bytes[ids[-1]]
    return not any(len(text) > len(last) and text.startswith(last) for _, text in model.text)


def show(slot):
    return "end" if slot == END else "`%s`" % (chr(slot) if 33 <= slot < 127 and slot != 96 else "\\x%02x" % slot)


def greedy(model, context, bytes_wanted, begins=b""):
    """Tokens one after another, the most probable first; the first ones must give `begins`."""
    text = b""
    while len(text) < len(begins) + bytes_wanted:
        row = model.row(context)
        rest = begins[len(text) :]

        def fits(entry):
            common = min(len(entry[1]), len(rest))
            return entry[1][:common] == rest[:common]

        id, piece = max((e for e in model.text if fits(e)), key=lambda e: (row[e[0]], -e[0]))
        if max(row[s] for s in model.special) > row[id] and not rest:
            break
        context += (id,)
        text += piece
    return text[len(begins) : len(begins) + bytes_wanted]


def code_prompts(model, count, seed):
    """Places inside tokens of the project's own source, with what stands before and the eight bytes after."""
    generator = random.Random(seed)
    files = []
    for folder, folders, names in os.walk(os.path.join(ROOT, "Sources")):
        folders.sort()
        files += [os.path.join(folder, name) for name in sorted(names) if name.endswith(".swift")]
    prompts = []
    while len(prompts) < count:
        data = open(generator.choice(files), "rb").read()
        if len(data) < 1200 or max(data) > 127:
            continue
        lines = [i + 1 for i, b in enumerate(data) if b == 10 and i + 900 < len(data)]
        if not lines:
            continue
        start = generator.choice(lines)
        segment = data[start : start + 800]
        if b"<|" in segment:
            continue  # the text of a special token
        place, inside = 0, []
        for id in model.tokens(segment):
            length = len(model.bytes[id])
            if place > 250 and place + length + 8 < 600:
                # White space before a word is a token's own; inside means after its first letter.
                inside += range(place + 1 + (model.bytes[id][:1] == b" "), place + length)
            place += length
        if inside:
            cut = generator.choice(inside)
            prompts.append((segment[:cut], segment[cut : cut + 8]))
    return prompts


def wilson(hits, count):
    z, p = 1.96, hits / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return middle - half, middle + half


def sign_test(better, worse):
    """Two-sided probability of a difference this large when both are as good."""
    n, k = better + worse, min(better, worse)
    return min(1.0, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n) if n else 1.0


def part_two(arguments, model):
    prompts = code_prompts(model, arguments.prompts, arguments.seed)
    commit = subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], cwd=ROOT, capture_output=True).stdout.decode().strip()
    begin = (arguments.begin_id,)
    names = ["conventional", "token healing", "toklab"]
    hits = [[], [], []]
    folder = tempfile.mkdtemp()
    for number, (prompt, truth) in enumerate(prompts):
        ids = begin + model.tokens(prompt)
        with open(folder + "/prompt", "wb") as file:
            file.write(prompt)
        run = subprocess.run(
            [arguments.toklab, "bytes", "sample", "--model", "gguf:" + arguments.model, "--begin", arguments.begin,
             "--prompt-file", folder + "/prompt", "--bytes", "8", "--temperature", "0.001", "--tolerance", "0.001", "-q"],
            capture_output=True, env=environment(),
        )
        if run.returncode:
            sys.exit(run.stderr.decode())
        answers = [greedy(model, ids, 8), greedy(model, ids[:-1], 8, model.bytes[ids[-1]]), run.stdout]
        print(number + 1, prompt[-12:], truth, answers, file=sys.stderr)
        for list_, answer in zip(hits, answers):
            list_.append(answer == truth)
    lines = [
        "# Source code cut inside a token, completed",
        "",
        "Made by `.venv-models/bin/python Benchmarks/bytes_study.py --part 2 --prompts %d --seed %d` after "
        "`make build models`, on the sources of commit %s." % (arguments.prompts, arguments.seed, commit),
        "Model: `%s` (%s), contexts begin with `%s`." % (os.path.basename(arguments.model), model.llama.facts["backend"], arguments.begin),
        "",
        "%d places in this project's Swift source that lie inside a token of the file's own tokenization, 250 to 600 "
        "bytes before each, cut at a line's beginning. An answer counts when the next eight bytes are the file's. "
        "*Conventional*: the tokens of what stands before, then the most probable tokens. *Token healing*: the last "
        "token taken back, the next ones must begin with its bytes. *toklab*: the most probable byte each time, "
        "quantity *canonical*, tolerance 0.001. Intervals: Wilson's." % arguments.prompts,
        "",
        "| method | next 8 bytes right | of | share | 95 % interval |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    for name, list_ in zip(names, hits):
        low, high = wilson(sum(list_), len(list_))
        lines.append("| %s | %d | %d | %.3f | %.3f to %.3f |" % (name, sum(list_), len(list_), sum(list_) / len(list_), low, high))
    lines.append("")
    verdicts = []
    for other in (0, 1):
        better = sum(a and not b for a, b in zip(hits[2], hits[other]))
        worse = sum(b and not a for a, b in zip(hits[2], hits[other]))
        p = sign_test(better, worse)
        verdicts.append("better" if p < 0.05 and better > worse else "worse" if p < 0.05 else "no difference shown")
        lines += [
            "toklab against %s: right where the other is wrong %d times, the other way round %d times; two-sided sign "
            "test p = %.2g: **%s**." % (names[other], better, worse, p, verdicts[-1]), "",
        ]
    lines += [
        "Verdict. The published claim (arXiv 2410.09303) is that byte-level prediction beats the conventional method "
        "in completing code from inside a token, there by 18 %% in fill-in-the-middle with models of 7 billion "
        "parameters. Here, in plain completion (SmolLM2 has no markers for a middle): %s."
        % {
            ("better", "better"): "it beats the conventional method, and token healing too",
            ("better", "no difference shown"): "it beats the conventional method; beside healing by one token "
            "no difference is shown at this number of places",
        }.get(tuple(verdicts), "against the conventional method %s, against token healing %s" % tuple(verdicts)),
    ]
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--toklab", default=os.path.join(ROOT, ".build/release/toklab"))
    parser.add_argument("--model", default=os.path.join(ROOT, ".cache/models/SmolLM2-135M-Instruct.Q4_1.gguf"))
    parser.add_argument("--begin", default="<|endoftext|>")
    parser.add_argument("--begin-id", type=int, default=0)
    parser.add_argument("--special", type=int, nargs="*", default=list(range(17)))
    parser.add_argument("--part", type=int, choices=[1, 2], required=True)
    parser.add_argument("--prompts", type=int, default=240, help="places in source code of part 2")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model-threads", type=int, default=1)
    parser.add_argument("-o", "--output", help="the report's file")
    arguments = parser.parse_args()
    model = Model(arguments)
    lines = part_one(arguments, model) if arguments.part == 1 else part_two(arguments, model)
    name = "byte-probabilities.md" if arguments.part == 1 else "byte-completion.md"
    with open(arguments.output or os.path.join(ROOT, "Reports", name), "w") as file:
        file.write("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
