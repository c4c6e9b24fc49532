"""The three texts of train_unigram.py, each with a part held out, from what `make corpora` prepares.

    unigram_texts.py CORPORA OUT

english: 10 MB, runs of 256 lines from all files of the English corpus; turkish: 19 of 20 runs of 64 lines of the
multilingual corpus's Turkish; turkish-forms: the same and every eighth word form of the corpus `lexicons` (the
text alone does not hold 32,000 pieces); multilingual: 10 MB, a tenth of each of its languages, in runs of 16 lines.
A held-out line never stands in the training text.
"""
import glob
import os
import sys


def cut(paths, run, train, held):
    """Lines by the number of their run of lines, counted over all files."""
    parts, number = ([], []), 0
    for path in sorted(paths):
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")
        for start in range(0, len(lines), run):
            chosen = 0 if train(number) else 1 if held(number) else None
            if chosen is not None:
                parts[chosen].extend(line for line in lines[start:start + run] if line)
            number += 1
    known = set(parts[0])
    return parts[0], [line for line in parts[1] if line not in known]


def texts(corpora):
    english, many = os.path.join(corpora, "english"), os.path.join(corpora, "multilingual")
    yield "english", cut(glob.glob(english + "/*.txt"), 256, lambda n: n % 28 == 0, lambda n: n % 140 == 14)
    turkish = cut([many + "/tur.txt"], 64, lambda n: n % 20 != 10, lambda n: n % 20 == 10)
    yield "turkish", turkish
    forms = os.path.join(corpora, "lexicons", "tur.txt")
    if os.path.exists(forms):
        with open(forms, "rb") as file:
            yield "turkish-forms", (turkish[0] + file.read().split(b"\n")[::8], turkish[1])
    yield "multilingual", cut(glob.glob(many + "/*.txt"), 16, lambda n: n % 10 == 0, lambda n: n % 50 == 5)


def prepare(corpora, out):
    os.makedirs(out, exist_ok=True)
    for name, parts in texts(corpora):
        for suffix, lines in zip((".txt", ".held.txt"), parts):
            path = os.path.join(out, name + suffix)
            with open(path + ".new", "wb") as file:
                file.writelines(line + b"\n" for line in lines)
            os.replace(path + ".new", path)


if __name__ == "__main__":
    prepare(*sys.argv[1:])
