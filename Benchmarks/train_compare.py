#!/usr/bin/env python3
"""Train every algorithm on the same text, and compare: the tables of Reports/trainers-*.md.

  Benchmarks/train_compare.py TRAIN... --held-out TEXT [--toklab .build/release/toklab] [--vocab 32000]
      [--threads 2] [--rounds 1] [--algorithms bpe,superword,...] [--curve 0.2,0.4,...] [-o report.md]

Of each algorithm: bytes per token and tokens per white-space word (fertility) of the held-out text, CPU seconds
(user and system), wall seconds and peak resident memory of the whole training process, medians of rounds in which
the algorithms alternate, and each as a ratio to bpe's. Each algorithm has its own default pre-tokenizer and normalizer; bpe stands there with o200k and with the
pattern of superword's first stage. On a busy machine CPU seconds are the ones to trust.
"""
import argparse
import os
import statistics
import subprocess
import tempfile

from measure import child

ALGORITHMS = {
    "bpe": ["bpe"],
    "bpe, superword's pattern": ["bpe", "--pre-tokenizer", "o200k-plain"],
    "superword": ["superword"],
    "boundless": ["superword", "--boundless"],
    "supertoken": ["supertoken"],
    "batch-bpe": ["batch-bpe"],
    "unigram": ["unigram"],
    "unigram sp-0.2.0": ["unigram", "--mode", "sp-0.2.0"],
    "wordpiece": ["wordpiece"],
    "pathpiece": ["pathpiece"],
    "pathpiece ngram": ["pathpiece", "--initial", "ngram"],
    "mingram": ["mingram"],
    "mingram omission": ["mingram", "--pruning", "omission"],
}


def train(options, arguments, text, out, size):
    command = [options.toklab, "train", *arguments, *text, "--vocab-size", str(size), "--threads",
               str(options.threads), "--quiet", "-o", out]
    return child(command)


def tokens(options, tokenizer):
    import json

    done = subprocess.run([options.toklab, "count", "-t", tokenizer, options.held_out, "--per-line", "--json"],
                          capture_output=True, check=True)
    return json.loads(done.stdout)["rows"][0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("train", nargs="+")
    parser.add_argument("--held-out", required=True)
    parser.add_argument("--toklab", default=".build/release/toklab")
    parser.add_argument("--vocab", default="32000")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--algorithms", default=",".join(k for k in ALGORITHMS if "," not in k))
    parser.add_argument("--curve", default="")
    parser.add_argument("-o", "--output")
    options = parser.parse_args()
    with open(options.held_out, "rb") as file:
        held = file.read()
    words, size = len(held.split()), len(held)
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "tokenizer.json")
        for vocab in options.vocab.split(","):
            lines += [f"## {int(vocab):,} tokens", "",
                      "| algorithm | bytes per token | against bpe | fertility | unknown | CPU s | × bpe | wall s | × bpe | peak MB | × bpe |",
                      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
            base = None
            names = [n for n in ALGORITHMS if n.split(",")[0] in options.algorithms.split(",")]
            runs, rows = {name: [] for name in names}, {}
            for _ in range(options.rounds):
                for name in names:
                    runs[name].append(train(options, ALGORITHMS[name], options.train, out, vocab))
                    rows[name] = tokens(options, out)
            for name in names:
                wall, cpu, peak = (statistics.median(run[i] for run in runs[name]) for i in range(3))
                row = rows[name]
                ratio = size / row["tokens"]
                base = base or (ratio, cpu, peak, wall)
                lines.append(
                    f"| {name} | {ratio:.3f} | {100 * (ratio / base[0] - 1):+.1f} % | {row['tokens'] / words:.3f} "
                    f"| {row['unknown_tokens']} | {cpu:.2f} | {cpu / base[1]:.2f} | {wall:.2f} | {wall / base[3]:.2f} | {peak:.0f} | {peak / base[2]:.2f} |")
                print(lines[-1], flush=True)
            lines.append("")
            if options.curve:
                lines += [f"Superword, {int(vocab):,} tokens, by transition:", "",
                          "| transition | bytes per token | against bpe |", "| --- | --- | --- |"]
                for transition in options.curve.split(","):
                    train(options, ["superword", "--transition", transition], options.train, out, vocab)
                    ratio = size / tokens(options, out)["tokens"]
                    lines.append(f"| {transition} | {ratio:.3f} | {100 * (ratio / base[0] - 1):+.1f} % |")
                    print(lines[-1], flush=True)
                lines.append("")
    if options.output:
        with open(options.output, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))


if __name__ == "__main__":
    main()
