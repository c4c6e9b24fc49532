#!/usr/bin/env python3
"""Runs train_on_spark.py for every algorithm and compares with a training in one process; `make test-cluster`.

    test_on_spark.py --toklab .build/release/toklab [--bytes 15000000] [-o Reports/spark.md]

The text: the built-in parallel sample and the sources of PySpark's own environment, in three files, one of which
lies on Spark in many partitions.
"""
import argparse
import glob
import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def text(folder, size):
    sample = sorted(glob.glob(os.path.join(HERE, "..", "..", "Corpora", "sample", "*.txt")))
    sources = sorted(glob.glob(os.path.join(sys.prefix, "lib", "**", "*.py"), recursive=True))
    parts, done, current = [], 0, None
    for path in sample + sources:
        if not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            data = file.read()
        try:
            data.decode()
        except UnicodeDecodeError:
            continue
        if current is None:
            parts.append(os.path.join(folder, f"text-{len(parts)}.txt"))
            current = open(parts[-1], "wb")
        current.write(data if data.endswith(b"\n") or not data else data + b"\n")
        done += len(data)
        if done >= size * len(parts) / 3:
            current.close()
            current = None
        if done >= size:
            break
    if current:
        current.close()
    return parts


def sha(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--toklab", required=True)
    parser.add_argument("--bytes", type=int, default=15_000_000)
    parser.add_argument("-o", "--output", default="Reports/spark.md")
    options = parser.parse_args()
    import pyspark
    rows, good = [], True
    with tempfile.TemporaryDirectory() as folder:
        parts = text(folder, options.bytes)
        total = sum(os.path.getsize(p) for p in parts)
        for algorithm in ("bpe", "superword", "unigram"):
            one, many = (os.path.join(folder, f"{algorithm}-{kind}.json") for kind in ("one", "spark"))
            begin = time.time()
            subprocess.run([options.toklab, "train", algorithm, *parts, "--vocab-size", "16000", "--quiet", "-o", one], check=True)
            single = time.time() - begin
            begin = time.time()
            subprocess.run([sys.executable, os.path.join(HERE, "train_on_spark.py"), *parts, "--algorithm", algorithm,
                            "--vocab-size", "16000", "--toklab", options.toklab, "--fan-in", "3",
                            "--work", os.path.join(folder, "work"), "-o", many], check=True)
            shards = len(glob.glob(os.path.join(folder, "work", "*", "part-*")))
            same = sha(one) == sha(many) and sha(one[:-5] + ".toklab.json") == sha(many[:-5] + ".toklab.json")
            good &= same
            rows.append(f"| {algorithm} | {shards} | `{sha(one)[:16]}` | `{sha(many)[:16]}` | {'yes' if same else 'NO'} "
                        f"| {single:.1f} | {time.time() - begin:.1f} |")
            print(rows[-1], flush=True)
    java = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr.split("\n")[0]
    out = ["# Training on Spark", "", "    make test-cluster", "",
           f"PySpark {pyspark.__version__}, local mode with two workers, Python {platform.python_version()}, {java}; "
           f"{total / 1e6:.1f} MB of text in three files. Every partition is piped through `toklab count-words`, shards are "
           "merged three at a time on the workers, and the driver trains from the rest. The same: tokenizer.json and "
           "tokenizer.toklab.json, byte for byte. Wall seconds, Spark's start and a shared machine included.", "",
           "| algorithm | shards | SHA-256, one process | SHA-256, Spark | the same | one process s | Spark s |",
           "| --- | --- | --- | --- | --- | --- | --- |", *rows, ""]
    with open(options.output, "w", encoding="utf-8") as file:
        file.write("\n".join(out))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
