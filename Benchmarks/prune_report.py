#!/usr/bin/env python3
"""Compare `toklab edit --prune` with `--truncate` on text that neither has seen: writes Reports/pruning-*.md.

  Benchmarks/prune_report.py [--shared ../shared] [--toklab .build/release/toklab] -o REPORT.md

A tokenizer is cut to the same size both ways; pruned on the first part of a text (1.5 MB of English books; the first
1,500 lines of NTREX in a language) and measured on the rest (0.4 MB; 497 lines). More tokens than the whole
vocabulary needs there, in per cent: the loss.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

CASES = [("gpt2", "English books"), ("gpt2", "deu"), ("cl100k_base", "English books"), ("cl100k_base", "tur"),
         ("cl100k_base", "hin"), ("t5-small", "English books"), ("t5-small", "deu"), ("bert-base-uncased", "English books")]
SIZES = [8000, 16000]


def run(options, *words):
    process = subprocess.run([options.toklab, *map(str, words), "--quiet"], capture_output=True)
    if process.returncode:
        sys.exit(f"toklab {' '.join(map(str, words))}: {process.stderr.decode()}")
    return process.stdout


def parts(options, name):
    if name == "English books":
        data = open(options.shared + "/data/text/english-books-2mb.txt", "rb").read()
        return data[:1_500_000].rsplit(b"\n", 1)[0] + b"\n", data[-400_000:].split(b"\n", 1)[1]
    lines = open(f"{options.shared}/data/parallel/ntrex/{name}.txt", "rb").read().splitlines(keepends=True)
    return b"".join(lines[:1500]), b"".join(lines[1500:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shared", default="../shared")
    parser.add_argument("--toklab", default=".build/release/toklab")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    lines = ["# Pruning against truncation", "", "    Benchmarks/prune_report.py --shared ../shared", "",
             __doc__.split("\n\n")[-1].strip(), "",
             "| tokenizer | text | size | tokens, whole vocabulary | pruned | loss | truncated | loss |",
             "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    with tempfile.TemporaryDirectory() as folder:
        for name, text in CASES:
            known, held = (os.path.join(folder, part) for part in ("known.txt", "held.txt"))
            for path, data in zip((known, held), parts(options, text)):
                open(path, "wb").write(data)
            tokenizer = f"{options.shared}/data/tokenizers/{name}"
            for size in SIZES:
                pruned, cut = (os.path.join(folder, part + ".json") for part in ("pruned", "cut"))
                run(options, "edit", tokenizer, "--prune", known, "--keep", size, "-o", pruned)
                run(options, "edit", tokenizer, "--truncate", size, "-o", cut)
                rows = json.loads(run(options, "count", "-t", tokenizer, "-t", pruned, "-t", cut, held, "--json"))["rows"]
                whole, one, two = (row["tokens"] for row in rows)
                lines.append(f"| {name} | {text} | {size:,} | {whole:,} | {one:,} | {100 * (one / whole - 1):+.2f} % "
                             f"| {two:,} | {100 * (two / whole - 1):+.2f} % |")
                print(lines[-1], flush=True)
    lines += ["", "A token of its merges falls into its two parts; a merge list is pruned leaf by leaf (uses go over to the "
              "parts), unigram and WordPiece vocabularies by what each token falls into, the text being encoded again four "
              "times on the way. Unknown tokens count as one token each; `t5-small` and `bert-base-uncased` have them where "
              "their vocabularies lack characters, before and after alike.", ""]
    with open(options.output, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


if __name__ == "__main__":
    main()
