#!/usr/bin/env python3
"""Unigram training beside SentencePiece: parity with 0.2.0, quality on held-out text, time beside 0.2.3.

  Benchmarks/train_unigram.py [--corpora .cache/corpora] [--work .cache/unigram] [--toklab .build/release/toklab]
      [--newer .cache/sentencepiece-0.2.3] [--rounds 1] [--cases english:8000,...] [--speed english:8000,FILE:32000,...]
      [-o Reports/unigram.md]

Models of 0.2.0 are kept in the work folder and trained when they are missing (minutes each). The Python that runs
this must have 0.2.0; 0.2.3 is taken from its own folder.
"""
import argparse
import json
import math
import os
import subprocess
import sys

import sentencepiece

import unigram_texts
from measure import child

CASES = [("english", 8000), ("english", 32000), ("turkish", 8000), ("turkish-forms", 32000),
         ("multilingual", 8000), ("multilingual", 32000)]


def held_out(work, name):
    return os.path.join(work, name.split("-")[0] + ".held.txt")


def load(path):
    model = sentencepiece.SentencePieceProcessor(model_file=path)
    return model, {model.id_to_piece(id): model.get_score(id) for id in range(model.get_piece_size())}


def measure(model, scores, text):
    """Bits per byte of the best segmentations and bytes per token; an unknown character costs 10 below the least."""
    unknown = min(scores.values()) - 10
    values = [model.get_score(id) for id in range(model.get_piece_size())]
    values[model.unk_id()] = unknown
    total, tokens, size, unknowns = 0.0, 0, 0, 0
    with open(text, encoding="utf-8", newline="\n") as file:
        for line in file:
            line = line.rstrip("\n")
            size += len(line.encode())
            ids = model.encode(line)
            tokens += len(ids)
            unknowns += ids.count(model.unk_id())
            total += sum(values[id] for id in ids)
    return -total / math.log(2) / size, size / tokens, unknowns


def theirs(folder, text, size, threads, out):
    code = (f"import sys; sys.path.insert(0, {folder!r}); import sentencepiece; "
            f"sentencepiece.SentencePieceTrainer.train(input={text!r}, model_prefix={out!r}, vocab_size={size}, "
            f"model_type='unigram', minloglevel=2" + (f", num_threads={threads}" if threads else "") + ")")
    return child([sys.executable, "-c", code])


def same_ids(options, model, path, text):
    done = subprocess.run([options.toklab, "encode", "-t", path, "--per-line", "--quiet", text], capture_output=True, check=True)
    ours = done.stdout.decode().split("\n")[:-1]
    with open(text, encoding="utf-8", newline="\n") as file:
        lines = [line.rstrip("\n") for line in file]
    return sum(" ".join(map(str, model.encode(line))) != our for line, our in zip(lines, ours)), len(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpora", default=".cache/corpora")
    parser.add_argument("--work", default=".cache/unigram")
    parser.add_argument("--toklab", default=".build/release/toklab")
    parser.add_argument("--newer", default=".cache/sentencepiece-0.2.3")
    parser.add_argument("--rounds", type=int, default=1, help="of timing; 0 leaves it out")
    parser.add_argument("--cases", default=",".join(f"{name}:{size}" for name, size in CASES))
    parser.add_argument("--speed", default="english:8000,multilingual:8000", help="texts or files to time, with sizes")
    parser.add_argument("-o", "--output", default="Reports/unigram.md")
    options = parser.parse_args()
    work = options.work
    unigram_texts.prepare(options.corpora, work)
    parity, quality, speed, figures = [], [], [], {}
    cases, timed = ([(case.split(":")[0], int(case.split(":")[1])) for case in text.split(",") if case]
                    for text in (options.cases, options.speed))
    for name, size in cases:
        text = os.path.join(work, name + ".txt")
        if not os.path.exists(text):
            continue
        reference = os.path.join(work, f"sp-{sentencepiece.__version__}-{name}-{size}.model")
        if not os.path.exists(reference):
            theirs("", text, size, 0, os.path.join(work, "training"))
            os.replace(os.path.join(work, "training.model"), reference)
        ours = {mode: os.path.join(work, f"ours-{mode}-{name}-{size}.model") for mode in ("sp-0.2.0", "default")}
        for mode, path in ours.items():
            child([options.toklab, "train", "unigram", text, "--vocab-size", str(size), "--mode", mode, "--quiet",
                   "--threads", "2", "-o", path])
        (a, theirs_scores), (b, same_scores), (c, own_scores) = load(reference), load(ours["sp-0.2.0"]), load(ours["default"])
        both = theirs_scores.keys() & same_scores.keys()
        miss = max(abs(theirs_scores[p] - same_scores[p]) for p in both)
        held = held_out(work, name)
        x, y, z = measure(a, theirs_scores, held), measure(b, same_scores, held), measure(c, own_scores, held)
        wrong, lines = same_ids(options, b, ours["sp-0.2.0"], held)
        parity.append(f"| {name} | {size:,} | {100 * len(both) / len(theirs_scores):.2f} % | {miss:.2g} "
                      f"| {100 * (y[0] / x[0] - 1):+.4f} % | {lines - wrong:,} of {lines:,} |")
        quality.append(f"| {name} | {size:,} | {x[0]:.4f} | {z[0]:.4f} | {100 * (z[0] / x[0] - 1):+.3f} % "
                       f"| {x[1]:.4f} | {z[1]:.4f} | {100 * (z[1] / x[1] - 1):+.3f} % | {x[2]:,} / {z[2]:,} |")
        print(parity[-1], quality[-1], sep="\n", flush=True)
    for name, size in timed if options.rounds else ():
        text = name if os.path.exists(name) else os.path.join(work, name + ".txt")
        label = f"{os.path.basename(name)} {os.path.getsize(text) / 1e6:.1f} MB, {size:,}"
        rows = {"ours": [], "sentencepiece 0.2.3": []}
        for _ in range(options.rounds):
            rows["ours"].append(child([options.toklab, "train", "unigram", text, "--vocab-size", str(size), "--quiet", "--threads", "2",
                                       "-o", os.path.join(work, "speed.model")]))
            rows["sentencepiece 0.2.3"].append(theirs(options.newer, text, size, 2, os.path.join(work, "speed")))
        best = {key: [min(run[i] for run in runs) for i in range(3)] for key, runs in rows.items()}
        base = best["sentencepiece 0.2.3"]
        for key, (wall, cpu, peak) in best.items():
            speed.append(f"| {label} | {key} | {wall:.2f} | {wall / base[0]:.3f} | {cpu:.2f} | {cpu / base[1]:.3f} | {peak:.0f} | {peak / base[2]:.2f} |")
            print(speed[-1], flush=True)
    sizes = ", ".join(f"{name} {os.path.getsize(os.path.join(work, name + '.txt')) / 1e6:.1f} MB"
                      for name in dict.fromkeys(n for n, _ in cases) if os.path.exists(os.path.join(work, name + ".txt")))
    out = ["# Unigram training beside SentencePiece", "", "    make corpora", f"    Benchmarks/train_unigram.py --rounds {options.rounds} --cases {options.cases} --speed {options.speed}", "",
           f"Text: {sizes} (Benchmarks/unigram_texts.py says of what). Bits per byte are those of the best segmentation, of raw bytes of the "
           "held-out text, by `sentencepiece` 0.2.0 for all models.", "",
           "## Mode sp-0.2.0", "",
           "Beside release 0.2.0 with its own 16 threads. The last column: lines of the held-out text to which `toklab encode` and "
           "`sentencepiece`, both with our .model, give the same ids; the others can be cut in several ways of nearly the same "
           "score, and toklab encodes by the sums of release 0.2.3, with which all lines of the English and the multilingual text were "
           "equal.", "",
           "| text | size | pieces in both | largest difference of scores | bits per byte | equal ids |", "| --- | --- | --- | --- | --- | --- |",
           *parity, "", "## Default mode on held-out text", "",
           "| text | size | bits per byte, 0.2.0 | ours | | bytes per token, 0.2.0 | ours | | unknown, 0.2.0 / ours |",
           "| --- | --- | --- | --- | --- | --- | --- | --- | --- |", *quality, ""]
    if options.rounds:
        out += ["## Time", "",
           f"Two threads, default mode, beside release 0.2.3; least of {options.rounds} alternated runs on two cores that others used as "
           "well: CPU seconds are the ones to trust.", "",
           "| text and pieces | | wall s | × | CPU s | × | peak MB | × |", "| --- | --- | --- | --- | --- | --- | --- | --- |", *speed, ""]
    with open(options.output, "w", encoding="utf-8") as file:
        file.write("\n".join(out))


if __name__ == "__main__":
    main()
