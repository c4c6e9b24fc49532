"""Runs toklab beside other tokenizer libraries and writes a report.

    bench.py [--out Reports/NAME.md] [--text DIR] [--rounds N] [--megabytes N]
             [--only encode,whole,count,decode,train,unigram,wordpiece,load]

One process a figure; in every round all libraries take their turn, so a noisy minute hits all of them. A
figure counts only when the ids are those of the reference (encode: every id; count, decode: the number of
tokens and bytes; training: every merge). One thread means pinned to one core. MB = 1,000,000 bytes.
"""
import argparse
import datetime
import hashlib
import importlib.util
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
BUILD = os.path.join(ROOT, ".build", "release")
VOCABULARIES = os.environ.get("TOKLAB_VOCABULARIES") or os.path.join(ROOT, ".cache", "vocabularies")
MODULES = {"tiktoken": "tiktoken", "tokenizers": "tokenizers", "quicktok-v1": "quicktok", "fastokens": "fastokens",
           "gigatoken": "gigatoken", "splintr-rs": "splintr"}
CORE = max(os.sched_getaffinity(0))


def sample(folder, size, out):
    """`size` bytes of whole lines, taken in blocks spread evenly over the files of a corpus folder."""
    paths = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".txt"))
    total = sum(map(os.path.getsize, paths))
    block = 1 << 16
    with open(out, "wb") as target:
        for path in paths:
            data = open(path, "rb").read()
            share = len(data) * size // total
            blocks = max(1, share // block)
            for number in range(blocks):
                start = number * len(data) // blocks
                if start:
                    start = data.find(b"\n", start) + 1
                end = data.find(b"\n", min(len(data) - 1, start + share // blocks))
                target.write(data[start:end + 1] if end >= 0 else data[start:])
    return os.path.getsize(out)


def run(command, pinned=True):
    """(standard output, wall seconds, CPU seconds, peak bytes) of a process."""
    pin = (lambda: os.sched_setaffinity(0, {CORE})) if pinned else None
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, stdout=out, stderr=errors, stdin=subprocess.DEVNULL, preexec_fn=pin)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        out.seek(0)
        errors.seek(0)
        if child.returncode != 0:
            raise RuntimeError(f"{shlex.join(command)}: {errors.read().decode()[-400:]}")
        return out.read(), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def digest(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


def pass_command(library, operation, encoding, text, whole, ids):
    if library == "toklab":
        command = [os.path.join(BUILD, "toklab-bench"), operation,
                   encoding if "/" in encoding else os.path.join(VOCABULARIES, "huggingface", encoding + ".json"), text]
    else:
        command = [sys.executable, os.path.join(HERE, "peers.py"), library, operation, encoding, text, VOCABULARIES]
    return command + ["--passes", "4", "--ids", ids] + (["--whole"] if whole else [])


def measure(libraries, operation, encoding, text, whole, rounds, reference=None):
    """{library: list of rounds}, each with seconds of the first and of the best later pass."""
    results, agreed, wrong = {library: [] for library in libraries}, None, set()
    reference = reference or libraries[0]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            # Each round begins with another library.
            for library in libraries[number % len(libraries):] + libraries[:number % len(libraries)]:
                ids = os.path.join(folder, "ids")
                out, *_ = run(pass_command(library, operation, encoding, text, whole, ids))
                record = json.loads(out)
                identity = digest(ids) if operation == "encode" else record["tokens"]
                if library == "tiktoken" or agreed is None and "tiktoken" not in libraries and library == reference:
                    agreed = identity
                results[library].append((record, identity))
    for library, records in results.items():
        if any(identity != agreed for _, identity in records):
            wrong.add(library)
    if "toklab" in wrong:
        sys.exit(f"bench: toklab's {operation} of {text} with {encoding} is not the reference's: no time counts")
    return {library: [record for record, _ in records] for library, records in results.items()
            if library not in wrong}, sorted(wrong)


def median(values):
    return statistics.median(values)


def speed_rows(results, size, clock):
    """Rows of a table: MB/s of first and best later pass, and toklab's ratio with its spread over rounds."""
    first = {library: [size / record[clock][0] / 1e6 for record in records] for library, records in results.items()}
    warm = {library: [size / min(record[clock][1:]) / 1e6 for record in records]
            for library, records in results.items()}
    rows = []
    for library in sorted(results, key=lambda name: -median(first[name])):
        cells = [library]
        for kind in (first, warm):
            values = kind[library]
            cells.append(f"{median(values):.1f} ({min(values):.1f}–{max(values):.1f})")
            ratios = [ours / theirs for ours, theirs in zip(kind["toklab"], values)]
            cells.append("" if library == "toklab" else f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})")
        peak = median([record["peak_bytes"] for record in results[library]])
        rows.append(cells + [f"{peak / 1e6:.0f}", f"{median([r['load'] for r in results[library]]) * 1000:.0f}"])
    return rows


def table(titles, rows):
    lines = ["| " + " | ".join(titles) + " |", "|" + "|".join([" --- "] + [" ---: "] * (len(titles) - 1)) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def speeds(report, libraries, operation, encoding, name, text, whole, rounds):
    size = os.path.getsize(text)
    if operation == "count":
        libraries = [library for library in libraries if library in ("toklab", "quicktok-v1")]
    results, wrong = measure(libraries, operation, encoding, text, whole, rounds)
    shape = "one string" if whole else "documents of 4 KiB"
    report.append(f"### {operation}, {encoding}, {name}, {size / 1e6:.1f} MB, {shape}\n")
    titles = ["library", "first pass MB/s (range)", "toklab ÷ it", "warm MB/s (range)", "toklab ÷ it", "peak MB", "load ms"]
    report.append(table(titles, speed_rows(results, size, "cpu")))
    for library in wrong:
        report.append(f"{library}: other results than the reference; its time does not count.\n")
    print("\n".join(report[-2:]), flush=True)


def merges(path):
    model = json.load(open(path))["model"]
    return [tuple(merge.split(" ")) if isinstance(merge, str) else tuple(merge) for merge in model["merges"]]


def training(report, name, text, pattern, rounds):
    size = os.path.getsize(text)
    figures = {"toklab": [], "tokenizers": []}
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = os.path.join(folder, "ours.json"), os.path.join(folder, "theirs.json")
        for _ in range(rounds):
            command = [os.path.join(BUILD, "toklab"), "train", "bpe", text, "--vocab-size", "32000",
                       "--pre-tokenizer", pattern, "-o", ours, "--quiet"]
            figures["toklab"].append(run(command, pinned=False)[1:])
            command = [sys.executable, os.path.join(HERE, "peers.py"), "tokenizers", "train", pattern, text, "32000", theirs]
            figures["tokenizers"].append(run(command, pinned=False)[1:])
        same = merges(ours) == merges(theirs)
    if not same:
        sys.exit(f"bench: the merges of {name} differ from tokenizers': no time counts")
    report.append(f"### BPE training, 32,000 entries, {pattern}, {name}, {size / 1e6:.1f} MB, all cores\n")
    rows = []
    for library in figures:
        wall, cpu, peak = zip(*figures[library])
        ratios = [other[1] / own[1] for own, other in zip(figures["toklab"], figures[library])]
        ratio = "" if library == "toklab" else f"{median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f})"
        rows.append([library, f"{median(wall):.2f}", f"{median(cpu):.2f} ({min(cpu):.2f}–{max(cpu):.2f})", ratio,
                     f"{median(peak) / 1e6:.0f}"])
    report.append(table(["library", "wall s", "CPU s (range)", "its CPU ÷ toklab's", "peak MB"], rows))
    report.append("Merges identical. Whole processes: start, reading the file, training, writing tokenizer.json.\n")
    print("\n".join(report[-3:]), flush=True)


def models(report, kind, name, text, rounds):
    """A unigram or WordPiece model trained by its reference library on part of the text, then run by both."""
    with tempfile.TemporaryDirectory() as folder:
        part = os.path.join(folder, "part.txt")
        with open(part, "wb") as file:
            file.write(open(text, "rb").read(4_000_000).rsplit(b"\n", 1)[0] + b"\n")
        model = os.path.join(folder, "model")
        subprocess.run([sys.executable, os.path.join(HERE, "train_models.py"), kind, part, model], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Releases of sentencepiece differ in ties; toklab follows the newer one, which therefore is the reference.
        libraries = ["toklab", "sentencepiece@0.2.3", "sentencepiece"] if kind == "unigram" else ["toklab", "tokenizers"]
        results, wrong = measure(libraries, "encode", model, text, False, rounds, reference=libraries[1])
    size = os.path.getsize(text)
    report.append(f"### encode, {kind}, {name}, {size / 1e6:.1f} MB, documents of 4 KiB\n")
    titles = ["library", "first pass MB/s (range)", "toklab ÷ it", "warm MB/s (range)", "toklab ÷ it", "peak MB", "load ms"]
    report.append(table(titles, speed_rows(results, size, "cpu")))
    for library in wrong:
        report.append(f"{library}: other ids than {libraries[1]}'s; its time does not count.\n")
    print("\n".join(report[-2:]), flush=True)


def loading(report, rounds):
    """Whole processes that open Llama 3's tokenizer.json (128,000 entries, merges included) and encode one line."""
    path = os.path.join(VOCABULARIES, "llama3", "tokenizer.json")
    with tempfile.TemporaryDirectory() as folder:
        line = os.path.join(folder, "line.txt")
        open(line, "w").write("Hello, world: one line of text.\n")
        commands = {
            "toklab": [os.path.join(BUILD, "toklab"), "encode", "-t", path, "--per-line", line],
            "tokenizers": [sys.executable, os.path.join(HERE, "peers.py"), "tokenizers", "first-line", path, line]}
        figures, ids = {library: [] for library in commands}, set()
        for _ in range(max(5, rounds)):
            for library, command in commands.items():
                out, *figure = run(command)
                figures[library].append(figure)
                ids.add(out.strip())
        if len(ids) != 1:
            sys.exit(f"bench: other ids for one line: {ids}")
    report.append("### open Llama 3's tokenizer.json and encode one line, whole processes\n")
    rows = []
    for library in figures:
        wall, cpu, peak = zip(*figures[library])
        ratios = [own[0] / other[0] for own, other in zip(figures["toklab"], figures[library])]
        ratio = "" if library == "toklab" else f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
        rows.append([library, f"{median(wall):.3f} ({min(wall):.3f}–{max(wall):.3f})", f"{median(cpu):.3f}", ratio,
                     f"{median(peak) / 1e6:.0f}"])
    report.append(table(["library", "wall s (range)", "CPU s", "toklab's wall ÷ it", "peak MB"], rows))
    report.append("tokenizers: Python's start and the import are part of its process, as the program's start is of toklab's.\n")
    print("\n".join(report[-3:]), flush=True)


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{model}, {os.cpu_count()} cores; {platform.system()} {platform.release().split('-')[0]}; Python {platform.python_version()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", help="the report; Reports/benchmark-DATE.md when not given")
    parser.add_argument("--text", default=os.path.join(ROOT, ".cache", "corpora"), help="folders english, multilingual")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="encode,whole,count,decode,train,unigram,wordpiece,load")
    parser.add_argument("--encodings", default="cl100k_base,o200k_base")
    parser.add_argument("--patterns", default="gpt2,o200k", help="of training")
    parser.add_argument("--megabytes", type=int, default=16, help="of text to encode")
    parser.add_argument("--train-megabytes", type=int, default=100)
    arguments = parser.parse_args()
    only = arguments.only.split(",")
    libraries = ["toklab"] + [name for name, module in MODULES.items() if importlib.util.find_spec(module)]
    date = datetime.date.today().isoformat()
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in libraries[1:])
    version = run([os.path.join(BUILD, "toklab"), "--version"])[0].decode().strip()
    load = os.getloadavg()[0]
    report = [
        f"# Benchmark, {date}\n",
        f"Command: `make bench` ({shlex.join(['Benchmarks/bench.py', *sys.argv[1:]])}). {machine()}; load average at "
        f"the start {load:.1f}. toklab {version}; {versions}.\n",
        f"{arguments.rounds} rounds, medians and (lowest–highest). Encode, count and decode: CPU seconds, pinned to "
        "one core, in memory; first pass = empty caches, warm = best of three later passes over the same text; ids "
        "compared with tiktoken's before a time counts. toklab is timed by its own program, the others inside "
        "Python, with the fastest call each documents; load = from start to ready. MB = 1,000,000 bytes.\n",
    ]
    with tempfile.TemporaryDirectory() as folder:
        texts = {}
        for name in ("english", "multilingual"):
            texts[name] = os.path.join(folder, name + ".txt")
            sample(os.path.join(arguments.text, name), arguments.megabytes * 1_000_000, texts[name])
        for encoding in arguments.encodings.split(","):
            for name, text in texts.items():
                if "encode" in only:
                    speeds(report, libraries, "encode", encoding, name, text, False, arguments.rounds)
                if "whole" in only:
                    speeds(report, libraries, "encode", encoding, name, text, True, arguments.rounds)
        for operation in ("count", "decode"):
            if operation in only:
                for name, text in texts.items():
                    speeds(report, libraries, operation, "cl100k_base", name, text, False, arguments.rounds)
        for kind in ("unigram", "wordpiece"):
            if kind in only:
                for name, text in texts.items():
                    models(report, kind, name, text, arguments.rounds)
        if "load" in only:
            loading(report, arguments.rounds)
        if "train" in only:
            for name in texts:
                text = os.path.join(folder, name + "-train.txt")
                sample(os.path.join(arguments.text, name), arguments.train_megabytes * 1_000_000, text)
                for pattern in arguments.patterns.split(","):
                    training(report, name, text, pattern, min(3, arguments.rounds))
                os.unlink(text)
    out = arguments.out or os.path.join(ROOT, "Reports", f"benchmark-{date}.md")
    with open(out + ".tmp", "w") as file:
        file.write("\n".join(report))
    os.rename(out + ".tmp", out)
    print(f"report: {os.path.relpath(out)}")


if __name__ == "__main__":
    import importlib.metadata
    main()
