"""Scores of the tokenization-scorer package for standard input: one tokenized line a line, tokens separated
by spaces. Prints `renyi shannon bits types` with all digits, one value a line."""
import sys

import tokenization_scorer

lines = [line.split() for line in sys.stdin.read().split("\n") if line]
print(repr(float(tokenization_scorer.score(lines, metric="renyi", power=2.5))))
print(repr(float(tokenization_scorer.score(lines, metric="shannon"))))
print(repr(float(tokenization_scorer.score(lines, metric="bits"))))
print(repr(float(tokenization_scorer.score(lines, metric="percentile_freq", perc_start=0.03, perc_end=0.83))))
