"""Runs toklab beside other tokenizer libraries and writes a report.

    bench.py [--out Reports/NAME.md] [--text DIR] [--rounds N] [--megabytes N]
             [--only encode,whole,count,decode,long,threads,superword,train,unigram,wordpiece,load,start]

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
import random
import resource
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


def pass_command(library, operation, encoding, text, whole, ids, threads=1):
    if library == "toklab":
        command = [os.path.join(BUILD, "toklab-bench"), operation,
                   encoding if "/" in encoding else os.path.join(VOCABULARIES, "huggingface", encoding + ".json"), text]
    else:
        command = [sys.executable, os.path.join(HERE, "peers.py"), library, operation, encoding, text, VOCABULARIES]
    return command + ["--passes", "4", "--threads", str(threads), "--ids", ids] + (["--whole"] if whole else [])


def measure(libraries, operation, encoding, text, whole, rounds, reference=None, threads=1):
    """{library: list of rounds}, each with seconds of the first and of the best later pass."""
    results, agreed, wrong = {library: [] for library in libraries}, None, set()
    reference = reference or libraries[0]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            # Each round begins with another library.
            for library in libraries[number % len(libraries):] + libraries[:number % len(libraries)]:
                ids = os.path.join(folder, "ids")
                out, *_ = run(pass_command(library, operation, encoding, text, whole, ids, threads), threads == 1)
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
    report.append(f"### {operation}, {os.path.basename(encoding)}, {name}, {size / 1e6:.1f} MB, {shape}\n")
    titles = ["library", "first pass MB/s (range)", "toklab ÷ it", "warm MB/s (range)", "toklab ÷ it", "peak MB", "load ms"]
    report.append(table(titles, speed_rows(results, size, "cpu")))
    for library in wrong:
        report.append(f"{library}: other results than the reference; its time does not count.\n")
    print("\n".join(report[-2:]), flush=True)


def merges(path):
    model = json.load(open(path))["model"]
    return [tuple(merge.split(" ")) if isinstance(merge, str) else tuple(merge) for merge in model["merges"]]


def learned(path):
    """The tokens a file holds, in hexadecimal: a tokenizer.json's or a list of peers.py's."""
    if not path.endswith(".json"):
        return set(open(path).read().split())
    visible = [byte for byte in range(256) if 33 <= byte <= 126 or 161 <= byte <= 172 or byte >= 174]
    hidden = [byte for byte in range(256) if byte not in visible]
    bytes_of = {chr(byte): byte for byte in visible} | {chr(256 + n): byte for n, byte in enumerate(hidden)}
    return {bytes(bytes_of[c] for c in token).hex() for token in json.load(open(path))["model"]["vocab"]}


def training(report, name, text, pattern, rounds, quick):
    size = os.path.getsize(text)
    # gigabpe knows gpt2's pattern only; tokenizers takes half a minute a round.
    peers = [peer for peer in ("gigabpe", "rustbpe") if importlib.util.find_spec(peer) and (peer == "rustbpe" or pattern == "gpt2")]
    peers = peers if quick else ["tokenizers"] + peers
    figures = {library: [] for library in ["toklab"] + peers}
    with tempfile.TemporaryDirectory() as folder:
        outputs = {library: os.path.join(folder, library + (".json" if library in ("toklab", "tokenizers") else ".txt"))
                   for library in figures}
        for _ in range(rounds):
            for library, path in outputs.items():
                command = [sys.executable, os.path.join(HERE, "peers.py"), library, "train", pattern, text, "32000", path,
                           "--threads", "2"]
                if library == "toklab":
                    command = [os.path.join(BUILD, "toklab"), "train", "bpe", text, "--vocab-size", "32000",
                               "--pre-tokenizer", pattern, "--threads", "2", "-o", path, "--quiet"]
                figures[library].append(run(command, pinned=False)[1:])
        if "tokenizers" in outputs and merges(outputs["toklab"]) != merges(outputs["tokenizers"]):
            sys.exit(f"bench: the merges of {name} differ from tokenizers': no time counts")
        own = learned(outputs["toklab"])
        shared = {library: len(own & learned(path)) for library, path in outputs.items()}
    report.append(f"### BPE training, 32,000 entries, {pattern}, {name}, {size / 1e6:.1f} MB, two threads\n")
    rows = []
    for library in figures:
        wall, cpu, peak = zip(*figures[library])
        cells = [f"{median(wall):.2f} ({min(wall):.2f}–{max(wall):.2f})", f"{median(cpu):.2f}"]
        for column in (0, 1):
            ratios = [own[column] / other[column] for own, other in zip(figures["toklab"], figures[library])]
            cells.append("" if library == "toklab" else f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})")
        rows.append([library, *cells, f"{median(peak) / 1e6:.0f}", f"{shared[library]:,}"])
    report.append(table(["library", "wall s (range)", "CPU s", "toklab's wall ÷ it", "toklab's CPU ÷ it", "peak MB",
                         "tokens that toklab has too"], rows))
    report.append("Whole processes: start, reading the file, training, writing the result. "
                  + ("Merges identical with those of tokenizers.\n" if "tokenizers" in figures else "\n"))
    print("\n".join(report[-3:]), flush=True)


def long_pieces(report, libraries, rounds):
    """One piece of 256 KiB, each of another kind, as one string."""
    random.seed(7)
    count = 1 << 18
    texts = {"letters": "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=count)),
             "Chinese": "".join(chr(random.randrange(0x4E00, 0x9FA5)) for _ in range(count // 3)),
             "one character": "a" * count, "spaces": " " * count + "x", "digits": "".join(random.choices("0123456789", k=count))}
    report.append("### encode, cl100k_base, one string of 256 KiB without a cut in it, first pass\n")
    rows = []
    for name, content in texts.items():
        with tempfile.TemporaryDirectory() as folder:
            text = os.path.join(folder, "text.txt")
            open(text, "w").write(content)
            results, wrong = measure(libraries, "encode", "cl100k_base", text, True, rounds, reference="toklab")
        size = os.path.getsize(text) if os.path.exists(text) else len(content.encode())
        speed = {library: median([size / record["cpu"][0] / 1e6 for record in records]) for library, records in results.items()}
        others = {library: value for library, value in speed.items() if library != "toklab"}
        best = max(others, key=others.get) if others else "-"
        rows.append([name, f"{speed['toklab']:.1f}", best, f"{others[best]:.1f}" if others else "-",
                     f"{speed['toklab'] / others[best]:.2f}" if others else "-", ", ".join(wrong) or "none"])
    report.append(table(["piece", "toklab MB/s", "best other", "MB/s", "toklab ÷ it", "other ids"], rows))
    print("\n".join(report[-2:]), flush=True)


def two_threads(report, libraries, name, text, rounds):
    """Wall time of a first pass over 100 MB, one thread and two."""
    size = os.path.getsize(text)
    walls = {}
    for threads in (1, 2):
        results, _ = measure(libraries, "encode", "cl100k_base", text, False, rounds, reference="toklab", threads=threads)
        for library, records in results.items():
            walls[library, threads] = median([record["wall"][0] for record in records])
    report.append(f"### encode, cl100k_base, {name}, {size / 1e6:.1f} MB, documents of 4 KiB, first pass, wall time\n")
    rows = [[library, f"{size / walls[library, 1] / 1e6:.1f}", f"{size / walls[library, 2] / 1e6:.1f}",
             f"{walls[library, 1] / walls[library, 2]:.2f}",
             "" if library == "toklab" else f"{walls[library, 2] / walls['toklab', 2]:.2f}"]
            for library, threads in walls if threads == 1 and (library, 2) in walls]
    report.append(table(["library", "one thread MB/s", "two MB/s", "speed-up", "toklab's two threads ÷ its"], rows))
    print("\n".join(report[-2:]), flush=True)


def superword(report, text, rounds):
    """200,000 superwords of our own training, run by both libraries that read the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "superword.json")
        run([os.path.join(BUILD, "toklab"), "train", "superword", text, "--vocab-size", "200000", "-o", path, "--quiet"], False)
        speeds(report, ["toklab", "tokenizers"], "encode", path, "english, 200,000 superwords", text, False, rounds)


def timed(command):
    """(CPU ms, wall ms, peak MB) of a process. The peak comes from GNU time, since the kernel counts what the process
    held that started it."""
    if not os.path.exists("/usr/bin/time"):
        sys.exit("bench: no /usr/bin/time; install Debian's package time, or leave out --only start")
    small = subprocess.run(["/usr/bin/time", "-f", "%M", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu * 1000, wall * 1000, int(small.stderr.split()[-1]) * 1024 / 1e6


def starting(report):
    """Whole processes, medians of 20: CPU time and resident memory."""
    with tempfile.TemporaryDirectory() as folder:
        line = os.path.join(folder, "line.txt")
        open(line, "w").write("Hello, world: one line of text.\n")
        toklab = os.path.join(BUILD, "toklab")
        commands = {"--version": [toklab, "--version"],
                    "one line, cl100k_base.tiktoken": [toklab, "encode", "-t", os.path.join(VOCABULARIES, "cl100k_base.tiktoken"), line],
                    "one line, Llama 3's tokenizer.json": [toklab, "encode", "-t", os.path.join(VOCABULARIES, "llama3", "tokenizer.json"), line]}
        rows = []
        for name, command in commands.items():
            figures = [timed(command) for _ in range(20)]
            rows.append([name] + [f"{median(column):.1f}" for column in zip(*figures)])
    report.append("### start of the program, medians of 20 processes\n")
    report.append(table(["process", "CPU ms", "wall ms", "resident MB"], rows))
    print("\n".join(report[-2:]), flush=True)


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
    parser.add_argument("--text", default=os.path.join(ROOT, ".cache", "corpora"), help="folders english, multilingual, code")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="encode,whole,count,decode,long,threads,superword,train,unigram,wordpiece,load,start")
    parser.add_argument("--encodings", default="cl100k_base,o200k_base")
    parser.add_argument("--patterns", default="gpt2,o200k", help="of training")
    parser.add_argument("--megabytes", type=int, default=16, help="of text to encode")
    parser.add_argument("--train-megabytes", type=int, default=100)
    parser.add_argument("--without", default="", help="libraries to leave out")
    arguments = parser.parse_args()
    only = arguments.only.split(",")
    libraries = ["toklab"] + [name for name, module in MODULES.items() if importlib.util.find_spec(module)
                              and name not in arguments.without.split(",")]
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
        for name in ("english", "multilingual", "code"):
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
        fast = [library for library in libraries if library not in ("tiktoken", "tokenizers")]
        if "long" in only:
            # tiktoken's time grows with the square of a piece.
            long_pieces(report, fast, min(3, arguments.rounds))
        if "threads" in only:
            text = os.path.join(folder, "english-large.txt")
            sample(os.path.join(arguments.text, "english"), 100_000_000, text)
            two_threads(report, fast, "english", text, min(3, arguments.rounds))
            os.unlink(text)
        if "superword" in only:
            superword(report, texts["english"], min(3, arguments.rounds))
        if "load" in only:
            loading(report, arguments.rounds)
        if "start" in only:
            starting(report)
        if "train" in only:
            for name in ("english", "multilingual"):
                text = os.path.join(folder, name + "-train.txt")
                sample(os.path.join(arguments.text, name), arguments.train_megabytes * 1_000_000, text)
                for pattern in arguments.patterns.split(","):
                    training(report, name, text, pattern, min(3, arguments.rounds), "tokenizers" in arguments.without)
                os.unlink(text)
    out = arguments.out or os.path.join(ROOT, "Reports", f"benchmark-{date}.md")
    with open(out + ".tmp", "w") as file:
        file.write("\n".join(report))
    os.rename(out + ".tmp", out)
    print(f"report: {os.path.relpath(out)}")


if __name__ == "__main__":
    import importlib.metadata
    main()
