#!/usr/bin/env python3
"""Time byte-pair training: toklab beside the peers, alternating, one process a figure.

  Benchmarks/train_bpe.py CORPUS... [--toklab .build/release/toklab] [--pattern gpt2] [--vocab 32000]
      [--threads 2] [--rounds 3] [--peers tokenizers,gigabpe]

CPU seconds (user and system) and the peak resident memory of whole processes; on a machine that
others use, compare CPU seconds, not wall time. Every trainer reads the same file line by line. Peers are
imported by the interpreter that runs this script; one that is not installed, or cannot use the pattern
(gigabpe knows gpt2's only), is left out with a note. Prints medians and the ratio to toklab.
"""
import argparse
import os
import statistics
import sys
import tempfile

from measure import child

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")


def tokenizers(corpus, pattern, vocab, threads):
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=pattern == "gpt2")
    tokenizer.pre_tokenizer = byte_level if pattern == "gpt2" else pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(LLAMA3), "isolated"), byte_level])
    tokenizer.train([corpus], trainers.BpeTrainer(
        vocab_size=vocab, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))


def gigabpe(corpus, pattern, vocab, threads):
    import gigabpe as library

    library.train_bpe([corpus], vocab, special_tokens=[], pretokenizer="bytelevel", threads=threads)


PEERS = {"tokenizers": (tokenizers, {"gpt2", "llama3"}), "gigabpe": (gigabpe, {"gpt2"})}


def measure(command, threads):
    """(wall, CPU, peak MB) of a process, None of one that fails."""
    environment = dict(os.environ, RAYON_NUM_THREADS=str(threads),
                       TOKENIZERS_PARALLELISM="true" if threads > 1 else "false")
    try:
        return child(command, environment)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("corpora", nargs="+")
    parser.add_argument("--toklab", default=".build/release/toklab")
    parser.add_argument("--pattern", default="gpt2")
    parser.add_argument("--vocab", type=int, default=32000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default="tokenizers,gigabpe")
    parser.add_argument("--drive", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.drive:
        PEERS[options.drive][0](options.corpora[0], options.pattern, options.vocab, options.threads)
        return
    own = ["--pattern", options.pattern, "--vocab", str(options.vocab), "--threads", str(options.threads)]
    print("corpus\ttrainer\twall s\tCPU s\tpeak MB\tCPU / toklab")
    for corpus in options.corpora:
        with tempfile.TemporaryDirectory() as folder:
            commands = {"toklab": [
                options.toklab, "train", "bpe", corpus, "-o", os.path.join(folder, "tokenizer.json"),
                "--pre-tokenizer", options.pattern, "--vocab-size", str(options.vocab),
                "--threads", str(options.threads), "--quiet"]}
            for peer in filter(None, options.peers.split(",")):
                if options.pattern in PEERS[peer][1]:
                    commands[peer] = [sys.executable, __file__, corpus, "--drive", peer, *own]
                else:
                    print(f"{peer} does not take the pattern {options.pattern}: left out", file=sys.stderr)
            figures = {name: [] for name in commands}
            for _ in range(options.rounds):
                for name, command in list(commands.items()):
                    figure = measure(command, options.threads)
                    if figure is None:
                        print(f"{name} failed or is not installed: left out", file=sys.stderr)
                        del commands[name]
                        figures.pop(name)
                    else:
                        figures[name].append(figure)
            base = statistics.median(f[1] for f in figures["toklab"]) if figures.get("toklab") else None
            for name, rows in figures.items():
                wall, cpu, peak = (statistics.median(column) for column in zip(*rows))
                ratio = f"{cpu / base:.2f}" if base else "-"
                print(f"{os.path.basename(corpus)}\t{name}\t{wall:.2f}\t{cpu:.2f}\t{peak:.0f}\t{ratio}")


if __name__ == "__main__":
    main()
