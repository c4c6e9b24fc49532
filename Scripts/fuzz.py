#!/usr/bin/env python3
"""Builds Fuzz/, runs each target for some CPU seconds, and writes Reports/fuzz/DATE.md.

  fuzz.py [--seconds N] [--toklab PROGRAM] [--no-report] [TARGET …]

Inputs that reach new code are kept in .cache/fuzz/TARGET and are where the next run begins; what crashes or hangs is
kept in .cache/fuzz/findings. Ends with 1 when there is any such finding.
"""
import argparse
import datetime
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CACHE = os.path.join(ROOT, ".cache", "fuzz")
BUILD = [
    "swift", "build", "-c", "release", "--package-path", "Fuzz", "--scratch-path", ".build/fuzz",
    "--sanitize", "fuzzer", "--product", "toklab-fuzz",
    # No main of Swift: libFuzzer has one.
    "-Xswiftc", "-Xfrontend", "-Xswiftc", "-entry-point-function-name", "-Xswiftc", "-Xfrontend", "-Xswiftc", "main",
    # Package access is not used; the name is fixed so that the build does not depend on the folder's.
    "-Xswiftc", "-package-name", "-Xswiftc", "toklab",
]
# A trap is a crash for libFuzzer to keep, and not for Swift's own backtracer.
ENVIRONMENT = dict(os.environ, SWIFT_BACKTRACE="enable=no")


def seeds(toklab):
    """Small valid files of every format, made by the program: {target: [bytes]}."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        def path(name):
            return os.path.join(folder, name)

        def run(*arguments):
            return subprocess.run([toklab, *arguments, "-q"], cwd=folder, capture_output=True).returncode == 0

        def add(target, name):
            if os.path.isfile(path(name)):
                with open(path(name), "rb") as file:
                    found.setdefault(target, []).append(file.read())

        with open(path("t.txt"), "w") as file:
            file.write("hello world hello there\nthe quick brown fox caf\u00e9 12\n" * 20)
        run("train", "bpe", "t.txt", "--vocab-size", "270", "-o", "b.json")
        run("train", "unigram", "t.txt", "--vocab-size", "50", "-o", "u.json")
        run("train", "wordpiece", "t.txt", "--vocab-size", "60", "-o", "w.json")
        for kind, target in (("tiktoken", "tiktoken"), ("sentencepiece", "sentencepiece"), ("tekken", "tekken"),
                             ("gguf", "gguf"), ("vocab-txt", "bert-vocabulary"), ("rwkv", "rwkv")):
            for model in "buw":
                name = f"{model}.{kind}"
                run("export", model + ".json", "--to", kind, "-o", name)
                add(target, name)
                add("any-file", name)
                if kind == "gguf":
                    add("gguf-model", name)
        for name in ("b.json", "u.json", "w.json"):
            add("tokenizer-json", name)
            add("any-file", name)
        run("count-words", "t.txt", "-o", "t.shard")
        add("shard", "t.shard")
        run("models", "ngram", "t.txt", "-t", "u.json", "--order", "2", "-o", "n.ngram")
        run("models", "record", "--model", "n.ngram", "--prompt", "he", "-o", "r.rec")
        for target, name in (("ngram", "n.ngram"), ("safetensors", "n.ngram"), ("recorded", "r.rec"),
                             ("safetensors", "r.rec")):
            add(target, name)
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    header += b" " * (117 - len(header)) + b"\n"
    found["npy"] = [b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(24)]
    found["hunspell"] = [b"SET UTF-8\nFLAG long\nAF 1\nAF AaBb\nPFX Aa Y 1\nPFX Aa 0 re .\nSFX Bb Y 2\n"
                         b"SFX Bb y ies [^aeiou]y\nSFX Bb 0 s/1 [aeiou]y\nNEEDAFFIX Xx\n\x002\ntry/1\nplay/AaBb\n"]
    found["gold-segmentations"] = [b"unlike\tun like\n", b"word\tsegmentation\nwalks\twalk s\n"]
    found["chat"] = [b'[{"role":"user","content":"hello"}]', b'{"messages":[{"role":"user","content":"a"}]}']
    found["pattern"] = [b"\\p{L}+|\\s+(?!\\S)\x00ab c", b"(?i:'s|[^\\r\\n]{1,3}+)\x00it's"]
    found["tiktoken-json"] = [b'{"pat_str": "a+", "special_tokens": {"x": 1}, "bpe_ranks": "! 0 IQ=="}']
    return found


def run(program, target, seconds, memory):
    """One target until it has used its CPU seconds: what the report says of it."""
    folder, findings = os.path.join(CACHE, target), os.path.join(CACHE, "findings")
    os.makedirs(folder, exist_ok=True)
    os.makedirs(findings, exist_ok=True)
    used, executions, coverage, corpus, crashes = 0.0, 0, 0, 0, []
    while used < seconds and len(crashes) < 5:
        before = os.times()
        done = subprocess.run(
            [program, folder, f"-max_total_time={max(1, round(seconds - used))}", f"-rss_limit_mb={memory}",
             "-timeout=20", "-max_len=16384", "-use_value_profile=1", "-print_final_stats=1",
             f"-artifact_prefix={findings}/{target}-"],
            env=dict(ENVIRONMENT, TOKLAB_FUZZ_TARGET=target), capture_output=True, text=True, errors="replace")
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        used += max(spent, 0.01)
        for number in re.findall(r"stat::number_of_executed_units: (\d+)", done.stderr):
            executions += int(number)
        for seen, kept in re.findall(r"cov: (\d+) .*?corp: (\d+)", done.stderr):
            coverage, corpus = max(coverage, int(seen)), int(kept)
        if done.returncode:
            kept = re.findall(r"Test unit written to (\S+)", done.stderr)
            summary = re.findall(r"SUMMARY: .*|Fatal error: .*", done.stderr)
            crashes.append((summary[0] if summary else f"status {done.returncode}",
                            os.path.basename(kept[0]) if kept else "no input kept"))
    return used, executions, coverage, corpus, crashes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--memory", type=int, default=2048, help="megabytes one input may take")
    parser.add_argument("--toklab", default=os.path.join(ROOT, ".build/release/toklab"))
    parser.add_argument("--no-report", action="store_true")
    parser.add_argument("targets", nargs="*")
    options = parser.parse_args()
    subprocess.run(BUILD, cwd=ROOT, check=True)
    program = os.path.join(ROOT, ".build/fuzz/release/toklab-fuzz")
    known = subprocess.run([program, "list"], check=True, capture_output=True, text=True).stdout.split()
    unknown = set(options.targets) - set(known)
    if unknown:
        sys.exit(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    for target, files in seeds(options.toklab).items():
        folder = os.path.join(CACHE, target)
        os.makedirs(folder, exist_ok=True)
        for number, data in enumerate(files):
            with open(os.path.join(folder, f"seed-{number}"), "wb") as file:
                file.write(data)
    rows, failed = [], False
    for target in options.targets or known:
        used, executions, coverage, corpus, crashes = run(program, target, options.seconds, options.memory)
        failed = failed or bool(crashes)
        told = "; ".join(f"{what} ({name})" for what, name in crashes) or "none"
        rows.append(f"| {target} | {executions:,} | {coverage:,} | {corpus:,} | {used:.0f} | {told} |")
        print(rows[-1], flush=True)
    if not options.no_report:
        today = datetime.date.today().isoformat()
        folder = os.path.join(ROOT, "Reports", "fuzz")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, today + ".md"), "w") as file:
            file.write(f"# Fuzzing, {today}\n\nMade by `make fuzz SECONDS={options.seconds:g}"
                       + (f" ARGUMENTS='{' '.join(options.targets)}'" if options.targets else "") + "`. "
                       "Coverage is libFuzzer's count of edges reached; the memory limit was "
                       f"{options.memory} MB and the time limit 20 s an input.\n\n"
                       "| target | executions | edges | inputs kept | CPU seconds | findings |\n"
                       "| --- | ---: | ---: | ---: | ---: | --- |\n" + "\n".join(rows) + "\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
