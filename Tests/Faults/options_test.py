#!/usr/bin/env python3
"""Every option of the verbs below that takes a value, with values no one should give: each run ends with a result or
with one error (status 0, 1, 2 or 64), never with a trap, and within 20 s and 6 GB of address space.
Prints one line a run that did not, then `N runs, M failed`.

  options_test.py TOKLAB [--every N] [VERB …]       N: only one run in N (`make test`); verbs as 'train bpe'
"""
import argparse
import os
import re
import resource
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

VALUES = ["-1", "0", "1", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615",
          "1e308", "nan", "inf", "-inf", "1e-320", "", "4294967296", "2147483648", "0.5"]
TRAINING = ["t.txt", "-o", "OUT"]
TEXT = ["-t", "b.json", "t.txt"]
PARALLEL = ["--parallel", "par", "-t", "b.json"]
MODEL = ["--model", "n.ngram"]
VERBS = {
    **{"train " + kind: TRAINING for kind in ("bpe", "wordpiece")},
    "train unigram": TRAINING + ["--vocab-size", "60"],
    **{"train " + kind: TRAINING + ["--vocab-size", "300"]
       for kind in ("superword", "supertoken", "batch-bpe", "pathpiece", "mingram")},
    **{verb: TEXT for verb in ("encode", "count", "view", "dynamic encode", "dynamic measure", "score intrinsic",
                               "score robustness", "score bias", "score code")},
    **{verb: PARALLEL for verb in ("score premium", "score parity", "score optimal-vocab", "score predictors")},
    "score compare": PARALLEL + ["-t", "u.json"], "score byte-premium": ["--parallel", "par"],
    "score vocabulary": ["-t", "b.json"], "score capacity": ["--dataset", "mixed"],
    "count-words": ["t.txt", "-o", "OUT"], "dynamic vocabulary": TEXT + ["-o", "OUT"], "inspect": ["-t", "b.json"],
    "edit": ["b.json", "-o", "OUT"], "export": ["b.json", "-o", "OUT", "--to", "tiktoken"], "verify": ["b.json"],
    **{"bytes " + verb: MODEL + ["--prompt", "he"] for verb in ("next", "sample", "check")},
    **{"bytes " + verb: MODEL + ["t.txt"] for verb in ("score", "words")},
    "bytes covers": ["-t", "b.json", "hel"], "bytes fim": MODEL + ["--prefix", "he", "--suffix", "x"],
    "bytes ensemble": MODEL + MODEL + ["--prompt", "he"], "models ngram": TEXT + ["-o", "OUT"],
    "models record": MODEL + ["--prompt", "he", "-o", "OUT"], "corpus sample": ["-o", "OUT"],
}
# A trap is to end the program at once, without a minute of backtrace.
ENVIRONMENT = dict(os.environ, SWIFT_BACKTRACE="enable=no")


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("toklab")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("verbs", nargs="*")
    options = parser.parse_args()
    toklab = os.path.abspath(options.toklab)
    with tempfile.TemporaryDirectory() as folder:
        def prepare(*arguments):
            subprocess.run([toklab, *arguments], cwd=folder, env=ENVIRONMENT, check=True, capture_output=True)

        os.makedirs(os.path.join(folder, "par"))
        for name, text in (("t.txt", "hello world hello there\nthe quick brown fox\n" * 20),
                           ("par/eng.txt", "hello world\nthe quick fox\n" * 30),
                           ("par/deu.txt", "hallo welt\nder schnelle fuchs\n" * 30)):
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)
        prepare("train", "bpe", "t.txt", "--vocab-size", "300", "-o", "b.json", "-q")
        prepare("train", "unigram", "t.txt", "--vocab-size", "60", "-o", "u.json", "-q")
        prepare("models", "ngram", "t.txt", "-t", "b.json", "-o", "n.ngram", "-q")
        runs = []
        for verb in options.verbs or VERBS:
            told = subprocess.run([toklab, *verb.split(), "--help"], env=ENVIRONMENT, capture_output=True, text=True)
            for option, value_name in sorted(set(re.findall(r"(--[a-z0-9-]+) <([^>]*)>", told.stdout))):
                if "file" in value_name or value_name in ("dir", "path") or option == "--output":
                    continue
                runs += [(verb, option, value) for value in VALUES]
        # A stride that shares no factor with the number of values, so that all values have their turn.
        runs = runs[::options.every]

        def run(number):
            verb, option, value = runs[number]
            arguments = [f"out-{number}" if word == "OUT" else word for word in VERBS[verb]]
            if option in arguments:
                arguments[arguments.index(option) + 1] = value
            else:
                arguments.append(f"{option}={value}")
            try:
                done = subprocess.run([toklab, *verb.split(), *arguments], cwd=folder, env=ENVIRONMENT, timeout=20,
                                      stdin=subprocess.DEVNULL, capture_output=True, preexec_fn=limit)
            except subprocess.TimeoutExpired:
                return f"no end: {verb} {option}={value}"
            if done.returncode not in (0, 1, 2, 64):
                return f"status {done.returncode}: {verb} {option}={value} {done.stderr[:200]}"
            return None

        with ThreadPoolExecutor(2) as pool:
            failed = [line for line in pool.map(run, range(len(runs))) if line]
    for line in failed:
        print(line)
    print(f"{len(runs)} runs, {len(failed)} failed")


if __name__ == "__main__":
    main()
