#!/usr/bin/env python3
"""Times `toklab score premium` beside the same counts through the tokenizers library, and checks that they agree.

  Benchmarks/score_speed.py --parallel DIR --tokenizers DIR [--names A,B,…] [--threads 2] [--replicates 2000]

Every tokenizer is given to the library as the tokenizer.json that `toklab export --to huggingface` writes (or its own
where it is one). The library counts with encode_batch, one call a language, RAYON_NUM_THREADS threads, special
tokens neither added nor recognised. CPU seconds are user and system of whole processes, start and loading
included; on a machine that others use compare those, not wall time.
"""
import argparse
import csv
import gzip
import io
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NAMES = "gpt2,cl100k_base,o200k_base,llama3,llama2,qwen,deepseek-v4,mistral-tekken,superbpe-baseline-bpe-200k,superbpe-t180k-200k"


def timed(arguments, **environment):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run(arguments, capture_output=True, text=True, env=dict(os.environ, **environment))
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(arguments)}: {done.stderr[-400:]}")
    return done.stdout, wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def peer(path, folder):
    """Counts with the library: one line `label count` a language."""
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(path)
    tokenizer.encode_special_tokens = True
    tokenizer.no_truncation()
    tokenizer.no_padding()
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".txt") or name == "document_ids.txt":
            continue
        lines = open(os.path.join(folder, name), encoding="utf-8", newline="\n").read().split("\n")
        lines = lines[:-1] if lines[-1] == "" else lines
        encoded = tokenizer.encode_batch(lines, add_special_tokens=False)
        print(name[:-4], sum(len(e.ids) for e in encoded))


def exported(toklab, source, folder, name):
    target = os.path.join(folder, name + ".json")
    if os.path.isdir(source):
        for file in ("tokenizer.json", "tokenizer.json.gz"):
            path = os.path.join(source, file)
            if os.path.exists(path):
                data = open(path, "rb").read()
                open(target, "wb").write(gzip.decompress(data) if file.endswith(".gz") else data)
                return target
    subprocess.run([toklab, "export", source, "--to", "huggingface", "-o", target, "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
    return target


def main():
    if sys.argv[1:2] == ["--peer"]:
        return peer(sys.argv[2], sys.argv[3])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--toklab", default=os.path.join(ROOT, ".build", "release", "toklab"))
    parser.add_argument("--parallel", required=True)
    parser.add_argument("--tokenizers", required=True)
    parser.add_argument("--names", default=NAMES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--replicates", type=int, default=2000)
    options = parser.parse_args()
    names = options.names.split(",")
    base = [options.toklab, "score", "premium", "--parallel", options.parallel, "--threads", str(options.threads), "--csv",
            "--quiet"]

    def score(which, replicates):
        arguments = base + ["--bootstrap", str(replicates)]
        for name in which:
            arguments += ["-t", f"{name}={os.path.join(options.tokenizers, name)}"]
        return timed(arguments)

    print(f"load average {' '.join(f'{x:.1f}' for x in os.getloadavg())}, {os.cpu_count()} cores")
    output, wall, cpu = score(names, options.replicates)
    print(f"toklab score premium, {len(names)} tokenizers, {options.replicates} replicates: {wall:.1f} s wall, {cpu:.1f} s CPU")
    counts = {(r["tokenizer"], r["language"]): int(r["value"]) for r in csv.DictReader(io.StringIO(output))
              if r["metric"] == "corpus_token_count"}
    totals = [0.0, 0.0]
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            path = exported(options.toklab, os.path.join(options.tokenizers, name), scratch, name)
            _, ours_wall, ours = score([name], 0)
            output, theirs_wall, theirs = timed([sys.executable, os.path.abspath(__file__), "--peer", path, options.parallel],
                                                RAYON_NUM_THREADS=str(options.threads), TOKENIZERS_PARALLELISM="true")
            found = dict(line.split() for line in output.splitlines())
            differ = [label for label, count in found.items() if counts[name, label] != int(count)]
            totals[0] += ours
            totals[1] += theirs
            print(f"{name}: toklab {ours:.2f} s CPU ({ours_wall:.1f} wall), tokenizers {theirs:.2f} s CPU ({theirs_wall:.1f} wall), "
                  f"{theirs / ours:.1f} times; {len(found)} languages, {len(differ)} differ {' '.join(differ[:5])}", flush=True)
    print(f"all: toklab {totals[0]:.1f} s CPU, tokenizers {totals[1]:.1f} s CPU, {totals[1] / totals[0]:.1f} times")


if __name__ == "__main__":
    main()
