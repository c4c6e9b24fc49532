#!/usr/bin/env python3
"""Measure dynamic tokenization and write Reports/dynamic-*.md.

  Benchmarks/dynamic_report.py [--shared ../shared] [--llama3 .cache/vocabularies/llama3/tokenizer.json]
      [--unigram j2-tokenizer.model] [--text FILE|FOLDER ...] [--large 1000000] [--toklab .build/release/toklab] -o REPORT.md

--unigram: the 262k unigram of AI21, in the package ai21-tokenizer 1.1.0 of PyPI
(`pip download --no-deps ai21-tokenizer`, ai21_tokenizer/resources/j2-tokenizer/j2-tokenizer.model).
--text: what the large vocabulary is learned from (`toklab corpus prepare multilingual`); it is encoded on NTREX.

The reductions are `toklab dynamic measure`: batches of 32 lines in the order of the files, intervals by drawing
batches (2,000 replicates, percentile, 95 %), the same batches in all languages for the mean.
"""
import argparse
import glob
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

# The languages of XNLI and their files in NTREX.
XNLI = ["arb", "bul", "deu", "ell", "eng", "fra", "hin", "rus", "spa", "swa", "tha", "tur", "urd", "vie", "zho-CN"]
MERGES = [10, 25, 50, 100]
BOUNDARIES = ["pretoken", "word", "word-hyphen", "sentence", "sequence"]


def run(options, *words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.time()
    process = subprocess.run([options.toklab, *map(str, words)], capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        sys.exit(f"toklab {' '.join(map(str, words))}: {process.stderr.decode()}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return process.stdout, cpu, time.time() - start, process.stderr.decode()


def measure(options, tokenizers, languages, *more):
    names = [word for name, path in tokenizers for word in ("-t", f"{name}={path}")]
    out, *_ = run(options, "dynamic", "measure", *names, "--parallel", options.shared + "/data/parallel/ntrex",
                  "--languages", ",".join(languages), "--json", "--quiet", *more)
    return {(r["tokenizer"], r["language"]): r for r in json.loads(out)["rows"]}


def percent(row):
    text = f"{100 * row['reduction']:.2f} %"
    return text + (f" ({100 * row['low']:.2f} to {100 * row['high']:.2f})" if row["low"] is not None else "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shared", default="../shared")
    parser.add_argument("--llama3", default=".cache/vocabularies/llama3/tokenizer.json")
    parser.add_argument("--unigram")
    parser.add_argument("--text", nargs="*", default=[])
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--toklab", default=".build/release/toklab")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    tokenizers = [("llama3", options.llama3)] + ([("unigram-262k", options.unigram)] if options.unigram else [])
    names = [name for name, _ in tokenizers]
    others = [language for language in XNLI if language != "eng"]
    lines = ["# Dynamic tokenization on NTREX", "", "    Benchmarks/dynamic_report.py " + " ".join(
        word.replace(os.path.abspath(options.shared), "../shared") if word.startswith("/") and "shared" in word
        else os.path.basename(word) if word.startswith("/") else word
        for word in sys.argv[1:]), ""]
    lines += [__doc__.split("\n\n")[-1].strip(), ""]

    full = measure(options, tokenizers, XNLI)
    foreign = measure(options, tokenizers, others)
    lines += ["## The claim", "",
              "arXiv 2411.18553 says that merging within words makes sequences more than 20 % shorter on average, over "
              "14 languages of XNLI, with XLM-R. Here: the 15 languages of XNLI on NTREX's 1,997 sentences, batches of 32, "
              "word boundaries, merged until no pair is left; another text and other tokenizers.", "",
              "| language | " + " | ".join(f"{n}: tokens | reduction (95 %) | merges a batch" for n in names) + " |",
              "| --- |" + " ---: | --- | ---: |" * len(names)]
    for language in XNLI:
        cells = []
        for name in names:
            row = full[name, language]
            cells += [f"{row['base_tokens']:,}", percent(row), f"{row['merges'] / row['batches']:.0f}"]
        lines.append(f"| {language} | " + " | ".join(cells) + " |")
    for label, rows in [("mean of 15", full), ("mean of 14, without English", foreign)]:
        lines.append(f"| **{label}** | " + " | ".join(f"| **{percent(rows[n, 'mean'])}** |" for n in names) + " |")
    spaced = measure(options, tokenizers, [l for l in others if l not in ("tha", "zho-CN")])
    lines += ["| mean of 12, without Thai and Chinese too | " + " | ".join(f"| {percent(spaced[n, 'mean'])} |" for n in names) + " |",
              "", "Thai and Chinese do not part words by spaces, so that a \"word\" there is a clause. The 262k unigram (AI21's J2) "
              "is an English one by its counts; other languages begin from short pieces.", ""]
    for name in names:
        row = foreign[name, "mean"]
        verdict = ("holds: the whole interval is above 20 %" if row["low"] > 0.2 else
                   "does not hold: the whole interval is below 20 %" if row["high"] < 0.2 else
                   "is not decided: the interval holds 20 %")
        lines.append(f"Verdict for `{name}`, 14 languages: {percent(row)}; the claim of more than 20 % {verdict}.")
    below = [l for l in others for n in names if full[n, l]["high"] < 0.2]
    lines += ["", "What the claim leaves out: the reduction differs between languages; "
              + (f"it is below 20 % for {', '.join(sorted(set(below)))} with one of the tokenizers." if below
                 else "no language is below 20 % here.")
              + " Its end, where no pair is left, takes as many merges as the last column says, each with an embedding "
              "to be predicted. Whether tasks suffer is not measured here.", ""]

    lines += ["## By merges", "", "Mean of the 15 languages, word boundaries.", "",
              "| merges a batch | " + " | ".join(names) + " |", "| ---: |" + " --- |" * len(names)]
    for merges in MERGES:
        rows = measure(options, tokenizers, XNLI, "--merges", merges)
        lines.append(f"| {merges} | " + " | ".join(percent(rows[n, "mean"]) for n in names) + " |")
    lines.append("| all | " + " | ".join(percent(full[n, "mean"]) for n in names) + " |")
    lines += ["", "The paper's own curve (its repository, XNLI English, XLM-R's tokenizer): 4.5 % at 10 merges, 8.1 % "
              "at 25, 12.3 % at 50, 14.6 % at 100.", ""]

    lines += ["## By boundary", "", "Mean of the 15 languages, all merges. `sentence` has only the published rule that "
              "a space begins a token; `sequence` has none.", "",
              "| boundary | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    for boundary in BOUNDARIES:
        rows = measure(options, tokenizers, XNLI, "--boundary", boundary, "--bootstrap", "0")
        lines.append(f"| {boundary} | " + " | ".join(percent(rows[n, "mean"]) for n in names) + " |")
    first = measure(options, tokenizers, XNLI, "--ties", "first", "--bootstrap", "0")
    lines += ["", "Ties by first occurrence, as in the paper's program, instead of by ids (word): "
              + "; ".join(f"{n} {percent(first[n, 'mean'])}" for n in names) + ".", ""]

    sources = sorted(glob.glob("Sources/**/*.swift", recursive=True))
    code = [json.loads(run(options, "dynamic", "encode", "-t", path, *sources, "--boundary", "identifier", "--json",
                           "--quiet")[0]) for _, path in tokenizers]
    lines += ["## Identifiers", "", "This project's Swift sources, batches of 32 lines, each identifier one token at the "
              "end (arXiv 2507.14423 merges their hidden states; its saving is in FLOPs): "
              + "; ".join(f"{n} {100 * c['reduction']:.2f} % of {c['base_tokens']:,} tokens" for n, c in zip(names, code))
              + ".", ""]

    if options.text:
        with tempfile.TemporaryDirectory() as folder:
            large = os.path.join(folder, "large.txt")
            out, cpu, wall, _ = run(options, "dynamic", "vocabulary", "-t", options.llama3, *options.text,
                                    "--vocab-size", options.large, "-o", large, "--json", "--quiet")
            summary = json.loads(out)
            ntrex = sorted(glob.glob(options.shared + "/data/parallel/ntrex/*.txt"))
            size = sum(os.path.getsize(path) for path in ntrex)
            record = os.path.join(folder, "record.json")
            rows = []
            for label, tokenizer in [("large vocabulary, longest prefix", large), ("llama3", options.llama3)]:
                speeds = []
                for _ in range(3):
                    _, all_cpu, *_ = run(options, "encode", "-t", tokenizer, *ntrex, "--format", "u32", "--threads", 1,
                                         "-o", os.path.join(folder, "ids"), "--provenance", record, "--quiet")
                    ids = os.path.getsize(os.path.join(folder, "ids")) // 4
                    _, open_cpu, *_ = run(options, "encode", "-t", tokenizer, "/dev/null", "--format", "u32", "--threads",
                                          1, "-o", os.path.join(folder, "none"), "--quiet")
                    speeds.append((size / 1e6 / max(1e-9, all_cpu - open_cpu), open_cpu))
                speeds.sort()
                rows.append((label, ids, speeds[1][0], speeds[1][1]))
            lines += [f"## A vocabulary of {summary['vocabulary_size']:,} ids", "",
                      f"Learned on {summary['bytes'] / 1e6:.1f} MB (multilingual, `toklab corpus prepare`) on top of Llama 3's "
                      f"{summary['base_size']:,}: {summary['merges']:,} merges in {cpu:.1f} CPU s ({wall:.1f} s by the clock, "
                      f"2 shared cores), the text from {summary['base_tokens']:,} to {summary['merged_tokens']:,} tokens. "
                      f"Encoding NTREX, {size / 1e6:.1f} MB in 129 texts, one thread, CPU time without that of opening the file, median of 3:",
                      "", "| tokenizer | tokens | bytes per token | MB per CPU second | opening, CPU s |",
                      "| --- | ---: | ---: | ---: | ---: |"]
            for label, ids, speed, opening in rows:
                lines.append(f"| {label} | {ids:,} | {size / ids:.3f} | {speed:.1f} | {opening:.2f} |")
            lines.append("")
    with open(options.output, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    print(options.output)


if __name__ == "__main__":
    main()
