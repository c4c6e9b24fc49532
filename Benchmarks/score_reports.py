#!/usr/bin/env python3
"""Measures real tokenizers with `toklab score` and writes the reports.

  Benchmarks/score_reports.py premiums   --parallel DIR --tokenizers DIR [--classes TSV]
  Benchmarks/score_reports.py findings   --parallel DIR --tokenizers DIR [--training DIR]
  Benchmarks/score_reports.py integrity  --text tur.txt --roots kokler.json --suffixes ekler.json
                                         --lexicons DIR --tokenizers DIR
  Benchmarks/score_reports.py capacity   [--text eng.txt --tokenizers DIR]

Every number comes from toklab's own CSV; this script sorts, averages over languages and draws. --toklab names
another binary than .build/release/toklab, --out another folder than Reports, --replicates fewer than 2,000.
Tokenizers that do not open are named in the report with the reason.
"""
import argparse
import concurrent.futures
import csv
import io
import json
import math
import os
import shlex
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Toklab:
    def __init__(self, path):
        self.path = path

    def run(self, *arguments):
        done = subprocess.run([self.path, *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"toklab {shlex.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def rows(self, *arguments):
        rows = list(csv.DictReader(io.StringIO(self.run(*arguments, "--csv", "--quiet"))))
        for row in rows:
            for key in ("value", "low", "high"):
                row[key] = float(row[key]) if row[key] else None
        return rows

    def version(self):
        return "toklab " + self.run("--version").strip()


def openable(toklab, folder):
    """Names of the tokenizers of a folder that encode, and why the others do not."""
    names, failures = [], []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        # GGUF files of llama.cpp's tests hold vocabularies that are there under their own names.
        if not os.path.isdir(path) or name.startswith("_") or name.startswith("gguf-"):
            continue
        done = subprocess.run([toklab.path, "count", "-t", path, "/dev/null", "--quiet"], capture_output=True, text=True)
        if done.returncode == 0:
            names.append(name)
        else:
            failures.append((name, done.stderr.strip().replace(path, name).replace("toklab: error: ", "")))
    return names, failures


def interval(row, digits):
    if row["value"] is None:
        return "n/a"
    text = f"{row['value']:.{digits}f}"
    if row["low"] is not None and row["low"] != row["high"]:
        text += f" ({row['low']:.{digits}f}–{row['high']:.{digits}f})"
    return text


def table(head, lines, left=1):
    out = "| " + " | ".join(head) + " |\n"
    out += "| " + " | ".join("---" if i < left else "---:" for i in range(len(head))) + " |\n"
    for line in lines:
        out += "| " + " | ".join(str(cell) for cell in line) + " |\n"
    return out


def shown(word):
    """Paths of the developers' data as seen from beside the checkout."""
    if word.startswith("/"):
        for mark, instead in (("/shared/data", "../shared/data"), ("/.cache/corpora", ".cache/corpora")):
            if mark in word:
                return instead + word[word.find(mark) + len(mark):]
    return word


def command(arguments):
    """The call that makes the report, with paths as seen from beside the project."""
    words = []
    for word in sys.argv[1:]:
        words.append(shown(word))
    kept, skip = [], False
    for word in words:
        if skip or word in ("--toklab", "--out"):
            skip = not skip
            continue
        kept.append(word)
    return "Benchmarks/score_reports.py " + shlex.join(kept)


# Drawing: plain SVG, no libraries, hover values in <title>, light and dark by the reader's own setting.

class Drawing:
    STYLE = ("text{font:11px sans-serif;fill:#24292f}.small{font-size:9.5px}.head{font-size:14px;font-weight:600}"
             ".page{fill:#fff}.axis{stroke:#8c959f;stroke-width:1}.grid{stroke:#d8dee4;stroke-width:1}.void{fill:#e7e2dd}"
             "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.page{fill:#0d1117}.axis{stroke:#6e7681}"
             ".grid{stroke:#30363d}.void{fill:#3a3430}}")

    def __init__(self, width, height):
        self.size = (width, height)
        self.parts = []

    def text(self, x, y, content, anchor="start", css="", turn=None):
        content = content.replace("&", "&amp;").replace("<", "&lt;")
        rotate = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn is not None else ""
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{css}"{rotate}>{content}</text>')

    def line(self, x1, y1, x2, y2, css="axis", color=None, width=None, dash=None):
        style = (f' style="stroke:{color};stroke-width:{width or 1}'
                 + (f";stroke-dasharray:{dash}" if dash else "") + '"' if color else "")
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}"{style}/>')

    def box(self, x, y, w, h, color, title="", css=None):
        paint = f'class="{css}"' if css else f'fill="{color}"'
        name = f"<title>{title}</title>" if title else ""
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" {paint}>{name}</rect>')

    def mark(self, x, y, r, color, title="", shape=0):
        """A circle, a square, a triangle or a diamond: colour is never alone."""
        name = f"<title>{title}</title>" if title else ""
        if shape == 0:
            self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}" fill="{color}">{name}</circle>')
            return
        corners = {1: [(-1, -1), (1, -1), (1, 1), (-1, 1)], 2: [(0, -1.2), (1.15, 0.9), (-1.15, 0.9)],
                   3: [(0, -1.35), (1.35, 0), (0, 1.35), (-1.35, 0)]}[shape]
        points = " ".join(f"{x + r * a:.1f},{y + r * b:.1f}" for a, b in corners)
        self.parts.append(f'<polygon points="{points}" fill="{color}">{name}</polygon>')

    def path(self, points, color, dash=None):
        d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        style = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<path d="{d}" fill="none" stroke="{color}" stroke-width="1.8"{style}/>')

    def save(self, path):
        w, h = self.size
        with open(path, "w") as file:
            file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}">'
                       f'<style>{self.STYLE}</style><rect width="{w}" height="{h}" class="page"/>\n'
                       + "\n".join(self.parts) + "\n</svg>\n")


# Told apart by people who see fewer colours, and on white and on black (after Okabe and Ito, Tol).
COLORS = ["#3a8fd0", "#e69f00", "#009e73", "#d1577f", "#8a7ad6", "#c2652a", "#7a8794"]
DASHES = [None, "5 3", "1.5 2.5"]


def mix(a, b, share):
    return "#%02x%02x%02x" % tuple(round(x + (y - x) * min(1, max(0, share))) for x, y in zip(a, b))


def shade(value, high):
    """By logarithm: 1 is nearly white, above it blue, below it green."""
    if value < 1:
        return mix((247, 251, 255), (27, 120, 55), -math.log2(value) / 2)
    share = math.log(value) / math.log(high)
    return mix((247, 251, 255), (66, 146, 198), 2 * share) if share < 0.5 else mix((66, 146, 198), (8, 38, 85), 2 * share - 1)


def heat_map(path, title, rows, columns, cells, names):
    cell, step, left, top = 13, 26, 176, 196
    drawing = Drawing(left + step * len(columns) + 110, top + cell * len(rows) + 16)
    drawing.text(10, 22, title, css="head")
    high = max(v for v in cells.values() if v)
    ticks = [t for t in (0.5, 0.7, 1, 1.4, 2, 3, 4, 6, 8, 11, 16, 22) if t <= high * 1.2]
    for i, tick in enumerate(ticks):
        drawing.box(10 + 30 * i, 38, 29, 12, shade(tick, high))
        drawing.text(24 + 30 * i, 62, f"{tick:g}", "middle", "small")
    drawing.box(24 + 30 * len(ticks), 38, 29, 12, "", css="void")
    drawing.text(60 + 30 * len(ticks), 48, "over 10 % unknown", css="small")
    for j, column in enumerate(columns):
        drawing.text(left + step * j + 14, top - 6, column, css="small", turn=-50)
    for i, row in enumerate(rows):
        drawing.text(left - 6, top + cell * i + 10, names.get(row, row), "end", "small")
        for j, column in enumerate(columns):
            value = cells.get((row, column))
            what = f"{row}, {column}: " + (f"{value:.2f}" if value else "void, over 10 % unknown")
            drawing.box(left + step * j, top + cell * i, step - 1, cell - 1, shade(value, high) if value else "", what,
                        None if value else "void")
    drawing.save(path)


def forest(path, title, rows, series, names, ticks, logarithmic=True, unit=""):
    """Points with intervals, one line a row."""
    cell, left, top, width = 13, 176, 78, 640
    drawing = Drawing(left + width + 30, top + cell * len(rows) + 16)
    drawing.text(10, 22, title, css="head")
    values = [end for data in series.values() for row in data.values() for end in (row["low"], row["high"], row["value"])
              if end is not None]

    def scale(value):
        return math.log(value) if logarithmic else value

    if logarithmic:
        low, high = scale(min(values) * 0.95), scale(max(values) * 1.05)
    else:
        low, high = min(0, min(values)), max(values) * 1.05

    def place(value):
        return left + width * (scale(value) - low) / (high - low)

    for tick in ticks:
        if low <= scale(tick) < high:
            drawing.line(place(tick), top - 8, place(tick), top + cell * len(rows), "grid")
            drawing.text(place(tick), top - 13, f"{tick:g}{unit}", "middle", "small")
    at = left
    for k, (name, data) in enumerate(series.items()):
        color = COLORS[k]
        drawing.mark(at, 42, 4, color, shape=k)
        drawing.text(at + 9, 46, name)
        at += 34 + 6.6 * len(name)
        for i, language in enumerate(rows):
            row = data.get(language)
            if not row or row["value"] is None:
                continue
            y = top + cell * i + 6 + 2 * (k - (len(series) - 1) / 2)
            if row["low"] is not None:
                drawing.line(place(row["low"]), y, place(row["high"]), y, color=color, width=1.6)
            drawing.mark(place(row["value"]), y, 2.4, color, f"{language}, {name}: {interval(row, 3)}", k)
    for i, language in enumerate(rows):
        drawing.text(left - 8, top + cell * i + 9, names.get(language, language), "end", "small")
    drawing.save(path)


def lorenz(path, title, series, ginis):
    side, left, top = 430, 52, 44
    drawing = Drawing(left + side + 250, top + side + 44)
    drawing.text(10, 22, title, css="head")
    for tick in (0, 0.25, 0.5, 0.75, 1):
        drawing.line(left + side * tick, top, left + side * tick, top + side, "grid")
        drawing.line(left, top + side * tick, left + side, top + side * tick, "grid")
        drawing.text(left + side * tick, top + side + 15, f"{100 * tick:.0f} %", "middle", "small")
        drawing.text(left - 6, top + side * (1 - tick) + 3, f"{100 * tick:.0f} %", "end", "small")
    drawing.line(left, top + side, left + side, top)
    drawing.text(left + side / 2, top + side + 34, "share of languages, cheapest first", "middle")
    drawing.text(14, top + side / 2, "share of tokens", "middle", turn=-90)
    drawing.text(left + side + 18, top + 4, "tokenizer, Gini", css="small")
    for k, name in enumerate(sorted(series, key=lambda name: ginis[name])):
        color, dash = COLORS[k % len(COLORS)], DASHES[k // len(COLORS) % len(DASHES)]
        values = sorted(series[name])
        total, run, points = sum(values), 0.0, [(left, top + side)]
        for i, value in enumerate(values):
            run += value
            points.append((left + side * (i + 1) / len(values), top + side - side * run / total))
        drawing.path(points, color, dash)
        y = top + 24 + 18 * k
        drawing.line(left + side + 18, y - 4, left + side + 46, y - 4, color=color, width=2, dash=dash)
        drawing.text(left + side + 52, y, f"{name}  {ginis[name]:.3f}")
    drawing.save(path)


def languages_of(folder):
    with open(os.path.join(folder, "languages.tsv")) as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return {row.get("code") or row["file"].removesuffix(".txt"): row for row in rows}


def premiums(options, toklab):
    names, failures = openable(toklab, options.tokenizers)
    arguments = ["score", "premium", "--parallel", options.parallel, "--group", "script", "--bootstrap",
                 str(options.replicates)]
    for name in names:
        arguments += ["-t", os.path.join(options.tokenizers, name)]
    rows = toklab.rows(*arguments)
    known = languages_of(options.parallel)
    cell = {(r["tokenizer"], r["language"], r["metric"]): r for r in rows}
    labels = sorted({r["language"] for r in rows if r["metric"] == "premium"})
    folder = os.path.join(options.out, "premiums-ntrex")
    os.makedirs(folder, exist_ok=True)

    def cost(name, label):
        return cell[name, label, "tokens_per_line"]["value"]

    with open(os.path.join(folder, "premiums.csv"), "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["tokenizer", "language", "script", "corpus_token_count", "premium", "low", "high", "tokens_per_line",
                      "unknown_rate", "null_reason"])
        for name in names:
            for label in labels:
                premium = cell[name, label, "premium"]
                out.writerow([name, label, known.get(label, {}).get("script", ""),
                              int(cell[name, label, "corpus_token_count"]["value"]),
                              *("" if premium[k] is None else repr(premium[k]) for k in ("value", "low", "high")),
                              "" if cost(name, label) is None else repr(cost(name, label)),
                              repr(cell[name, label, "unknown_rate"]["value"]), premium["null_reason"]])

    # Files that give the same counts everywhere are one tokenizer; the first by name stands for them.
    counts_of_all, twins = {}, {}
    for name in names:
        key = tuple(cell[name, label, "corpus_token_count"]["value"] for label in labels)
        twins.setdefault(counts_of_all.setdefault(key, name), []).append(name)
    names = list(twins)
    same = "; ".join(f"{name} stands for {', '.join(others[1:])} too" for name, others in twins.items() if len(others) > 1)
    called = {label: f"{known[label]['name']} ({label})" if label in known else label for label in labels}
    called = {label: name if len(name) <= 32 else f"{name[:24].rsplit(' ', 1)[0]} … ({label})" for label, name in called.items()}

    order = sorted(labels, key=lambda label: (cell["o200k_base", label, "premium"]["value"], label))
    heat_map(os.path.join(folder, "premiums.svg"), "Token premium over English on NTREX", order, names,
             {(label, name): cell[name, label, "premium"]["value"] for label in labels for name in names}, called)
    trio = [name for name in ("o200k_base", "cl100k_base", "llama3") if name in names]
    forest(os.path.join(folder, "intervals.svg"), "Token premium over English, 95 % intervals over documents", order,
           {name: {label: cell[name, label, "premium"] for label in labels} for name in trio}, called,
           (0.5, 1, 1.5, 2, 3, 5, 8, 12, 20))
    whole = [name for name in names if all(cost(name, label) for label in labels)]
    lorenz(os.path.join(folder, "lorenz.svg"), "Lorenz curves of tokens per line over languages",
           {name: [cost(name, label) for label in labels] for name in whole},
           {name: cell[name, "", "gini"]["value"] for name in whole})

    summary = []
    for name in names:
        values = sorted((cell[name, label, "premium"]["value"], label) for label in labels
                        if cell[name, label, "premium"]["value"] is not None)
        counts = [cell[name, label, "corpus_token_count"]["value"] for label in labels if cost(name, label)]
        numbers = [v for v, _ in values]
        summary.append([
            name, f"{int(cell[name, 'eng', 'corpus_token_count']['value']):,}", f"{statistics.mean(counts):,.0f}",
            f"{statistics.median(numbers):.3f}" if numbers else "n/a",
            f"{values[-1][0]:.2f} {values[-1][1]}" if values else "n/a",
            interval(cell[name, "", "gini"], 4), interval(cell[name, "", "max_min_ratio"], 2), len(labels) - len(values)])
    class_text = ""
    if options.classes:
        classes = {(r["tokenizer"], r["language"]): r for r in toklab.rows(*arguments[:4], "--groups", options.classes, *arguments[6:])
                   if r["metric"] == "group_premium"}
        by_class = [[c, int(max(float(classes[name, c]["n"]) for name in names))]
                    + [interval(classes[name, c], 2) for name in names] for c in sorted({c for _, c in classes})]
        class_text = f"""## By resource class

Classes of Joshi et al. 2020, 0 least to 5 most data (`score premium --groups`; languages that the table does not name are
left out).

{table(['class', 'languages'] + names, by_class)}"""
    scripts = sorted({r["language"] for r in rows if r["metric"] == "group_premium"})
    sizes = {script: sum(1 for label in labels if known.get(label, {}).get("script") == script) for script in scripts}
    by_script = [[script, sizes[script]] + [interval(cell[name, script, "group_premium"], 2) for name in names]
                 for script in sorted(scripts, key=lambda s: (-sizes[s], s))]
    full = [[label, known.get(label, {}).get("name", ""), known.get(label, {}).get("script", "")]
            + [interval(cell[name, label, "premium"], 3) for name in names]
            + [interval(cell["baseline:bytes", label, "byte_premium"], 3)] for label in order]
    text = f"""# Token premiums on NTREX

Command: `{command(options)}`

{toklab.version()}; {sum(map(len, twins.values()))} tokenizers ({len(names)} that differ: {same}), {len(labels)} languages and variants, 1,997 lines in 123 documents. A premium
is the tokens of all lines over those of English: every line on its own, no special tokens, ratio of sums. Intervals
are 95 % percentile, {options.replicates:,} replicates, whole documents drawn, the same draw for all languages and tokenizers, seed 0. A
cell with more than 10 % unknown tokens is void (n/a): an unknown token stands for a whole word and would pass for
compression. Every number with its interval is in [premiums.csv](premiums-ntrex/premiums.csv); corpus digest
`{rows[0]['corpus_sha256'][:16]}…`.

Read premiums beside absolute counts: a vocabulary that is good at English raises every premium.

![premiums](premiums-ntrex/premiums.svg)

## Tokenizers

Gini and largest over smallest are over tokens per line of the languages that are not void; the mean count is over the
same languages, so it does not compare between tokenizers with different numbers of void cells.

{table(['tokenizer', 'English tokens', 'mean tokens', 'median premium', 'highest premium', 'Gini (95 %)', 'largest ÷ smallest (95 %)', 'void'], summary)}
![Lorenz curves](premiums-ntrex/lorenz.svg)

The curves are of the tokenizers without a void cell.

## By script

Mean premium of the script's languages, each weighing the same; the interval is over documents for these languages, and
says nothing of languages that are not in NTREX.

{table(['script', 'languages'] + names, by_script)}
{class_text}
## By language

Sorted by the premium of o200k_base; the last column is the byte premium of the same text.

![intervals](premiums-ntrex/intervals.svg)

{table(['language', 'name', 'script'] + names + ['bytes'], full, left=3)}
"""
    if failures:
        text += "\n## Not measured\n\n" + "".join(f"- {name}: {why}\n" for name, why in failures)
    write(options, "premiums-ntrex.md", text)


def write(options, name, text):
    path = os.path.join(options.out, name)
    with open(path, "w") as file:
        file.write(text)
    print(path)


# Statistics over languages. Languages are no random sample: intervals here draw languages and say so.

def splitmix(seed):
    state = seed
    mask = (1 << 64) - 1
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        yield z ^ (z >> 31)


def paired_variance_ratio(a, b, replicates):
    """var(a)/var(b) with a percentile interval over jointly drawn languages."""
    stream = splitmix(0)
    n = len(a)
    ratios = []
    for _ in range(replicates):
        draw = [next(stream) * n >> 64 for _ in range(n)]
        ratios.append(statistics.variance([a[i] for i in draw]) / statistics.variance([b[i] for i in draw]))
    ratios.sort()
    return (statistics.variance(a) / statistics.variance(b), ratios[int(0.025 * replicates)],
            ratios[int(0.975 * replicates) - 1])


def sign_flip(differences, permutations):
    """Two-sided permutation test of a mean difference of 0."""
    stream = splitmix(1)
    observed = abs(sum(differences))
    hits = 0
    for _ in range(permutations):
        total, bits, left = 0.0, 0, 0
        for value in differences:
            if left == 0:
                bits, left = next(stream), 64
            total += value if bits & 1 else -value
            bits >>= 1
            left -= 1
        hits += abs(total) >= observed * (1 - 1e-12)
    return (hits + 1) / (permutations + 1)


def split_documents(parallel, folder, labels):
    """Half the documents to train on, a quarter to choose sizes on, a quarter to measure: none is in two parts."""
    ids = open(os.path.join(parallel, "document_ids.txt")).read().splitlines()
    numbers = {}
    for name in ids:
        numbers.setdefault(name, len(numbers))
    sides = {"train": [i for i, name in enumerate(ids) if numbers[name] % 2 == 1],
             "choose": [i for i, name in enumerate(ids) if numbers[name] % 4 == 0],
             "measure": [i for i, name in enumerate(ids) if numbers[name] % 4 == 2]}
    for side, lines in sides.items():
        os.makedirs(os.path.join(folder, side), exist_ok=True)
        for label in labels:
            text = open(os.path.join(parallel, label + ".txt"), "rb").read().split(b"\n")
            with open(os.path.join(folder, side, label + ".txt"), "wb") as file:
                file.write(b"".join(text[i] + b"\n" for i in lines))
    return {side: len(lines) for side, lines in sides.items()}


def count_at(toklab, folder, test, label, size):
    rows = toklab.rows("score", "optimal-vocab", "--parallel", test, "--monolingual", folder, "--languages", label,
                       "--smallest", str(size), "--largest", str(size), "--targets", "1", "--baseline", str(size),
                       "--bootstrap", "0")
    return next(r["value"] for r in rows if r["metric"] == "optimal_token_count")


def counts_of(toklab, folder, test, labels, size):
    """Tokens of each language's lines under its own tokenizer cut to `size`."""
    rows = toklab.rows("score", "optimal-vocab", "--parallel", test, "--monolingual", folder, "--smallest", str(size),
                       "--largest", str(size), "--targets", "1", "--baseline", str(size), "--bootstrap", "0")
    found = {r["language"]: r["value"] for r in rows if r["metric"] == "optimal_token_count"}
    return [found[label] for label in labels]


def in_parallel(work, items):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, items))


def token_counts(toklab, folder, test, labels):
    """Tokens of each language's lines under the tokenizer FOLDER/LABEL.json."""
    def count(label):
        text = toklab.run("count", "-t", os.path.join(folder, label + ".json"), os.path.join(test, label + ".txt"),
                          "--per-line", "--json", "--quiet")
        return json.loads(text)["rows"][0]["tokens"]

    return in_parallel(count, labels)


def train_all(toklab, kind, source, folder, labels, *more):
    """One tokenizer a language into FOLDER/LABEL.json."""
    os.makedirs(folder, exist_ok=True)
    in_parallel(lambda label: toklab.run("train", kind, os.path.join(source, label + ".txt"), *more, "--threads", "1", "-o",
                                         os.path.join(folder, label + ".json"), "--quiet"), labels)


def superword_lines(toklab, scratch, source, test, labels, sizes, transition, replicates, text_name):
    """Superword against byte-pair encoding: one text, one size, one pattern, a tokenizer for each language."""
    lines = []
    for size in sizes:
        counts = {}
        # A superword tokenizer whose second stage never begins is byte-pair encoding with the same pattern.
        for name, change in (("base", "1"), ("word", str(transition))):
            folder = os.path.join(scratch, f"{text_name}-{name}-{size}")
            train_all(toklab, "superword", source, folder, labels, "--vocab-size", str(size), "--transition", change)
            counts[name] = token_counts(toklab, folder, test, labels)
        base, word = counts["base"], counts["word"]
        what = f"monolingual tokenizers of {size:,}, {text_name}"
        change = statistics.mean(word) / statistics.mean(base) - 1
        p = sign_flip([w - b for w, b in zip(word, base)], replicates)
        fewer = sum(w < b for w, b in zip(word, base))
        lines.append([f"superword lowers the mean CTC ({what})",
                      f"{100 * change:+.2f} %, p = {p:.4f}; {fewer} of {len(labels)} languages need fewer tokens",
                      "reproduces" if change < 0 and p < 0.05 else "does not reproduce"])
        ratio = paired_variance_ratio(word, base, replicates)
        lines.append([f"superword lowers the variance of CTC ({what})", f"ratio {spread(ratio)}; standard deviation "
                      f"{statistics.stdev(base):,.0f} → {statistics.stdev(word):,.0f}", judged(ratio)])
        if "eng" in labels:
            e = labels.index("eng")
            ratio = paired_variance_ratio([w / word[e] for w in word], [b / base[e] for b in base], replicates)
            lines.append([f"superword lowers the variance of premiums ({what})", f"ratio {spread(ratio)}", judged(ratio)])
        else:
            w, b = statistics.mean(word), statistics.mean(base)
            ratio = paired_variance_ratio([x / w for x in word], [x / b for x in base], replicates)
            lines.append([f"superword lowers the variance of CTC relative to its mean ({what})", f"ratio {spread(ratio)}",
                          judged(ratio)])
    return lines


def spread(values):
    return f"{values[0]:.3f} ({values[1]:.3f}–{values[2]:.3f})"


def judged(values):
    return "reproduces" if values[2] < 1 else "does not reproduce" if values[1] > 1 else "not decided"


def larger_text(options, toklab, scratch, labels, test):
    """Languages with enough text beside NTREX: equal bytes, and bytes scaled by the byte premium of NTREX."""
    other = {"arb": "ara", "zho-CN": "zho", "zho-TW": "zho-hant", "srp-Cyrl": "srp"}
    found = {}
    for label in labels:
        for name in [other[label]] if label in other else [label, label.lower(), label.split("-")[0]]:
            path = os.path.join(options.training, name + ".txt")
            if os.path.exists(path) and path not in found.values():
                found[label] = path
                break
    bytes_of = {label: os.path.getsize(os.path.join(options.parallel, label + ".txt")) for label in found}
    budget = options.training_bytes
    kept = [label for label in found if os.path.getsize(found[label]) >= budget]
    while True:
        mean = statistics.mean(bytes_of[label] for label in kept)
        short = [label for label in kept if os.path.getsize(found[label]) < budget * bytes_of[label] / mean]
        if not short:
            break
        kept = [label for label in kept if label not in short]
    for label in kept:
        text = open(found[label], "rb").read()
        for kind, size in (("equal", budget), ("scaled", round(budget * bytes_of[label] / mean))):
            folder = os.path.join(scratch, "larger-" + kind)
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, label + ".txt"), "wb") as file:
                file.write(text[:text.rfind(b"\n", 0, size) + 1])
    name = f"{budget / 1000:,.0f} kB of other text each"
    lines = superword_lines(toklab, scratch, os.path.join(scratch, "larger-equal"), test, kept,
                            [int(size) for size in options.larger.split(",")], options.transition, options.replicates, name)
    scaling = []
    for size in options.larger.split(","):
        counts = {}
        for kind in ("equal", "scaled"):
            folder = os.path.join(scratch, f"larger-bpe-{kind}-{size}")
            train_all(toklab, "bpe", os.path.join(scratch, "larger-" + kind), folder, kept, "--vocab-size", size)
            counts[kind] = token_counts(toklab, folder, test, kept)
        scaling.append(scaling_line(counts["scaled"], counts["equal"], int(size), name, options.replicates))
    return kept, lines, scaling


def scaling_line(scaled, equal, size, text_name, replicates):
    ratio = paired_variance_ratio(scaled, equal, replicates)
    shift = statistics.mean(scaled) / statistics.mean(equal) - 1
    p = sign_flip([s - e for s, e in zip(scaled, equal)], replicates)
    return [f"byte-premium scaling of training text does not cut the variance (monolingual BPE of {size:,}, {text_name})",
            f"ratio {spread(ratio)}; mean CTC {100 * shift:+.2f} %, p = {p:.4f}",
            "does not reproduce" if ratio[2] < 1 else "reproduces"]


def findings(options, toklab):
    labels = sorted(name[:-4] for name in os.listdir(options.parallel)
                    if name.endswith(".txt") and name != "document_ids.txt")
    lines = []

    # 1. Superword against byte-pair encoding of the same size.
    pair = ["superbpe-baseline-bpe-200k", "superbpe-t180k-200k"]
    arguments = ["score", "premium", "--parallel", options.parallel, "--bootstrap", str(options.replicates)]
    compare = ["score", "compare", "--parallel", options.parallel, "--bootstrap", str(options.replicates)]
    for name in pair:
        arguments += ["-t", os.path.join(options.tokenizers, name)]
        compare += ["-t", os.path.join(options.tokenizers, name)]
    cell = {(r["tokenizer"], r["language"], r["metric"]): r["value"] for r in toklab.rows(*arguments)}
    base, word = ([cell[name, label, "corpus_token_count"] for label in labels] for name in pair)
    base_premium, word_premium = ([cell[name, label, "premium"] for label in labels] for name in pair)
    differences = {r["language"]: r for r in toklab.rows(*compare) if r["metric"] == "token_difference"}
    change = statistics.mean(word) / statistics.mean(base) - 1
    p_change = sign_flip([w - b for w, b in zip(word, base)], options.replicates)
    ctc_ratio = paired_variance_ratio(word, base, options.replicates)
    premium_ratio = paired_variance_ratio(word_premium, base_premium, options.replicates)
    fewer = sum(1 for label in labels if differences[label]["high"] < 0)
    more = sum(1 for label in labels if differences[label]["low"] > 0)

    known = languages_of(options.parallel)
    scripts = {}
    for label in labels:
        scripts.setdefault(known.get(label, {}).get("script", "?"), []).append(differences[label]["value"])
    by_script = ", ".join(f"{script.capitalize()} {100 * statistics.mean(values):+.1f} % ({len(values)})"
                          for script, values in sorted(scripts.items(), key=lambda item: (-len(item[1]), item[0])))

    def ratio(values):
        return f"{values[0]:.3f} ({values[1]:.3f}–{values[2]:.3f})"

    def verdict(values):
        return "reproduces" if values[2] < 1 else "does not reproduce" if values[1] > 1 else "not decided"

    shared_pair = []
    shared_pair.append(["superword lowers the mean CTC", f"{100 * change:+.2f} %, p = {p_change:.4f}; {fewer} languages need fewer tokens, {more} more",
                  "reproduces" if change < 0 and p_change < 0.05 else "does not reproduce"])
    shared_pair.append(["superword lowers the variance of CTC", f"ratio {ratio(ctc_ratio)}", verdict(ctc_ratio)])
    shared_pair.append(["superword lowers the variance of premiums", f"ratio {ratio(premium_ratio)}", verdict(premium_ratio)])

    with tempfile.TemporaryDirectory() as scratch:
        sizes = split_documents(options.parallel, scratch, labels)
        train, choose, test = (os.path.join(scratch, side) for side in ("train", "choose", "measure"))
        # Content-matched training text is text scaled by byte premium; the unscaled text has equal bytes.
        budget = min(os.path.getsize(os.path.join(train, label + ".txt")) for label in labels)
        for label in labels:
            text = open(os.path.join(train, label + ".txt"), "rb").read()
            cut = text.rfind(b"\n", 0, budget) + 1
            os.makedirs(os.path.join(scratch, "equal"), exist_ok=True)
            with open(os.path.join(scratch, "equal", label + ".txt"), "wb") as file:
                file.write(text[:cut])
            # The scaled text, brought to the same mean size: a share of the lines, the same for all languages.
        total = sum(os.path.getsize(os.path.join(train, label + ".txt")) for label in labels)
        share = budget * len(labels) / total
        kept = max(1, round(share * sizes["train"]))
        for label in labels:
            text = open(os.path.join(train, label + ".txt"), "rb").read().split(b"\n")[:kept]
            os.makedirs(os.path.join(scratch, "scaled"), exist_ok=True)
            with open(os.path.join(scratch, "scaled", label + ".txt"), "wb") as file:
                file.write(b"".join(line + b"\n" for line in text))
        for kind, source in (("full", train), ("equal-models", os.path.join(scratch, "equal")),
                             ("scaled-models", os.path.join(scratch, "scaled"))):
            for label in labels:
                toklab.run("train", "bpe", os.path.join(source, label + ".txt"), "--vocab-size", str(options.vocabulary),
                           "-o", os.path.join(scratch, kind, label) + "/", "--quiet")

        # 2. Superword, a tokenizer for each language.
        own_text = f"half the documents of NTREX"
        lines += superword_lines(toklab, scratch, train, test, labels, [int(size) for size in options.small.split(",")],
                                 options.transition, options.replicates, own_text)
        larger, larger_superword, larger_scaling = [], [], []
        if options.training:
            larger, larger_superword, larger_scaling = larger_text(options, toklab, scratch, labels, options.parallel)
        lines += larger_superword

        # 3. Own sizes against one size: chosen on one quarter of the documents, measured on another.
        models = os.path.join(scratch, "full")
        optimal = toklab.rows("score", "optimal-vocab", "--parallel", choose, "--monolingual", models, "--smallest", "300",
                              "--baseline", str(options.equal), "--bootstrap", str(options.replicates))
        single = {r["metric"]: r for r in optimal if r["language"] == ""}
        chosen = {r["language"]: int(r["value"]) for r in optimal if r["metric"] == "optimal_vocabulary_size"}
        inside = single["optimal_variance_ratio"]
        own = [count_at(toklab, models, test, label, chosen[label]) for label in labels]
        same = counts_of(toklab, models, test, labels, options.equal)
        outside = paired_variance_ratio(own, same, options.replicates)
        lines.append([f"own vocabulary sizes cut the variance of CTC (monolingual BPE, equal size {options.equal:,})",
                      f"ratio {ratio(outside)} on other documents than the sizes were chosen on ({inside['value']:.5f} on the same); "
                      f"standard deviation {statistics.stdev(same):,.0f} → {statistics.stdev(own):,.0f} of mean {statistics.mean(own):,.0f} tokens; "
                      f"sizes {min(chosen.values()):,} to {max(chosen.values()):,}", verdict(outside)])

        # 4. Training text scaled by byte premium against equal bytes.
        for size in map(int, options.scaled.split(",")):
            equal = counts_of(toklab, os.path.join(scratch, "equal-models"), test, labels, size)
            scaled = counts_of(toklab, os.path.join(scratch, "scaled-models"), test, labels, size)
            lines.append(scaling_line(scaled, equal, size, f"{budget / 1000:,.0f} kB of NTREX each", options.replicates))
        lines += larger_scaling
    # 5. Own sizes cut from shared multilingual vocabularies.
    shared = []
    for name in options.multilingual.split(","):
        rows = toklab.rows("score", "optimal-vocab", "--parallel", options.parallel, "-t", os.path.join(options.tokenizers, name),
                           "--smallest", "1000", "--baseline", "32768", "--bootstrap", str(options.replicates))
        single = {r["metric"]: r for r in rows if r["language"] == ""}
        r = single["optimal_variance_ratio"]
        shared.append([name, f"{single['optimal_target']['value']:,.0f}", interval(r, 4),
                       f"{single['optimal_variance_f_p']['value']:.2g}",
                       f"{single['optimal_variance_brown_forsythe_p']['value']:.2g}"])
    larger_note = scaling_note = ""
    if larger:
        larger_note = (f"\n  The larger text is that of `toklab corpus prepare multilingual` (documentation and messages of Debian's packages) for the\n"
                       f"  {len(larger)} languages with enough of it: {', '.join(larger)}. CTC is of all 1,997 lines there.")
        scaling_note = (f"\n  The larger text tests that: {options.training_bytes:,} bytes a language on average, equal or scaled by the byte premium of NTREX.\n"
                        "  The paper's own test of scaling is of the mean count (p = 0.539): there no effect is found either where p is above 0.05.")
    text = f"""# Findings of the premium paper, in miniature on NTREX

Command: `{command(options)}`

{toklab.version()}; {len(labels)} languages and variants. The paper (Arnett, Chang, Biderman, Bergen, arXiv 2510.21909) trains
97 monolingual tokenizers on 300 MB a language and measures FLORES-200. Here it is about 0.04 % of that text: NTREX,
monolingual tokenizers trained on half of its documents ({sizes['train']} lines) and measured on others: sizes are
chosen on {sizes['choose']} lines and everything is measured on {sizes['measure']}, no document in two parts. Published vocabularies
stand in where training is out of reach. CTC is the tokens of all lines, each on its own. Variance
ratios carry 95 % intervals that draw languages ({options.replicates:,} replicates, seed 0); languages are no random sample, so
these tell how much the result hangs on single languages, no more. "Reproduces" needs the whole interval below 1.

{table(['finding', 'measured', 'verdict'], lines, left=3)}
## What stands behind the verdicts

- Superword: `train superword --transition {options.transition:g}` against the same trainer whose second stage never begins, that is
  byte-pair encoding with the same pattern: one text, one size, a tokenizer for each language, as in the paper.{larger_note}
- Own sizes: each language's own byte-pair tokenizer of {options.vocabulary:,} entries, cut exactly to every size by
  `toklab score optimal-vocab`. On the lines the sizes were chosen on the variance vanishes by construction, so the
  verdict is from other documents.
- Scaling: two sets of monolingual tokenizers from the same mean number of training bytes, either the same bytes for each
  language ({budget:,}) or the same lines ({kept}), which is bytes scaled by byte premium on this text. With so little text
  a language's own amount of it decides how good its merges are, which the paper's 300 MB hide.{scaling_note}

## Superword in shared vocabularies

`superbpe-t180k-200k` against `superbpe-baseline-bpe-200k`, one training text, one size (200,000), both of mostly English
text, not one a language as in the paper.

{table(['finding', 'measured', 'verdict'], shared_pair, left=3)}
English falls from {cell[pair[0], 'eng', 'corpus_token_count']:,.0f} to {cell[pair[1], 'eng', 'corpus_token_count']:,.0f} tokens ({100 * (cell[pair[1], 'eng', 'corpus_token_count'] / cell[pair[0], 'eng', 'corpus_token_count'] - 1):+.1f} %), which the
premium of every other language pays for: mean premium {statistics.mean(base_premium):.3f} before, {statistics.mean(word_premium):.3f} after. By script,
the mean change of tokens: {by_script}. Superword merging
helps the languages that the vocabulary was trained on and takes room from the others.

## Own sizes cut from shared vocabularies

The same choice where all languages share one multilingual vocabulary, each cutting it where it likes (equal size 32,768).
Not the paper's set-up: a language gets little from tokens that were learnt for others. Sizes are chosen and measured on
the same lines, which flatters them.

{table(['tokenizer', 'target', 'variance ratio (95 %)', 'F-test p', 'Brown–Forsythe p'], shared)}"""
    write(options, "premium-findings-ntrex.md", text)


PUBLISHED_TURKISH = {
    # arXiv 2502.07057 (December 2024), and its authors' rerun of January 2025 in brackets there.
    "llama3": ("llama-3.1", 45.80, 30.91, 45.77, 31.45), "qwen": ("Qwen2.5", 40.33, 30.15, 40.39, 30.66),
    "mistral-tekken": ("Mistral-Nemo", 45.27, 36.08, 43.97, 34.89), "o200k_base": ("o200k", 42.14, 28.68, None, None),
    "cl100k_base": ("phi-4", None, None, 38.09, 27.40), "gpt2": ("GPT-2", 45.80, 32.40, 39.30, 25.40),
    "llama2": ("Phi-3.5", 43.93, 34.42, 39.24, 29.94),
}


def ranks(values):
    order = sorted(range(len(values)), key=lambda i: values[i])
    out = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for i in order[start:end]:
            out[i] = (start + 1 + end) / 2
        start = end
    return out


def spearman(a, b):
    return statistics.correlation(ranks(a), ranks(b)) if len(a) > 2 else None


def integrity(options, toklab):
    names, failures = openable(toklab, options.tokenizers)
    inventories = [("roots and suffixes of malibayram/turkish-tokenizer (MIT)",
                    ["--lexicon", options.roots, "--morphemes", "suffix=" + options.suffixes])]
    if options.lexicons:
        inventories.append((
            "hunspell-tr and simplemma's Turkish forms (`toklab corpus prepare lexicons`), same suffixes",
            ["--lexicon", os.path.join(options.lexicons, "tur.dic"), "--lexicon", os.path.join(options.lexicons, "tur.txt"),
             "--morphemes", "suffix=" + options.suffixes]))
    metrics = ["lexical_pct", "pure_pct", "strict_lexical_pct", "strict_pure_pct"]
    text = f"""# %TR and %Pure of real tokenizers on Turkish

Command: `{command(options)}`

{toklab.version()}; {len(names)} tokenizers on the Turkish lines of NTREX (1,997, each on its own, no special tokens), case by
Turkish rules. lexical_pct is the %TR of arXiv 2502.07057 (share of token types that are forms of the language), pure_pct
its %Pure (such forms that do not fall into two or more members); the strict variants ask that a token is a member of a
division of its word where it stands. Over types (the paper's way), over occurrences, and over types of letters only.
Types: Wilson intervals; occurrences: 95 % percentile over lines, {options.replicates:,} replicates, seed 0.

Read against the baselines: `baseline:characters` is the tokenizer of single characters; "random" beside each score is
that of lines cut at random into tokens of the same lengths as the tokenizer's. A score that is not far above it says that
the tokenizer's tokens are short, not that they are Turkish.

The published figures cannot be repeated digit by digit: their text, word list and web service are not available, and the
authors' own figures moved by up to 8 points within a month. What can be compared is the order. Phi-3.5 has Llama 2's
vocabulary and phi-4 that of cl100k_base, so those stand in.
"""
    for title, files in inventories:
        arguments = ["score", "integrity", "--text", options.text, "--language", "tr", "--bootstrap", str(options.replicates)]
        for name in names:
            arguments += ["-t", os.path.join(options.tokenizers, name)]
        rows = toklab.rows(*arguments, *files)
        cell = {(r["tokenizer"], r["metric"]): r for r in rows}
        everyone = list(dict.fromkeys(r["tokenizer"] for r in rows))
        tokenizers = [name for name in everyone if not name.startswith("baseline:")]
        tokenizers.sort(key=lambda name: -cell[name, "lexical_pct"]["value"])
        first = names[0]

        def random(name, metric):
            row = cell["baseline:random" if name == first else "baseline:random:" + name, metric]
            return "n/a" if row["value"] is None else f"{row['value']:.1f}"

        text += f"\n## Lexicon: {title}\n"

        def random_row(name, metric):
            return cell["baseline:random" if name == first else "baseline:random:" + name, metric]

        picture = os.path.join(options.out, "integrity-turkish", f"lexical-{inventories.index((title, files)) + 1}.svg")
        os.makedirs(os.path.dirname(picture), exist_ok=True)
        forest(picture, "Tokens that are forms of Turkish, in per cent", tokenizers, {
            "over types": {name: cell[name, "lexical_pct"] for name in tokenizers},
            "random cuts, types": {name: random_row(name, "lexical_pct") for name in tokenizers},
            "over occurrences": {name: cell[name, "lexical_pct_occurrences"] for name in tokenizers},
            "random cuts, occurrences": {name: random_row(name, "lexical_pct_occurrences") for name in tokenizers},
        }, {}, range(0, 101, 10), logarithmic=False, unit=" %")
        text += f"\n![lexical_pct beside random cuts](integrity-turkish/{os.path.basename(picture)})\n"
        for suffix, what in (("", "types"), ("_occurrences", "occurrences"), ("_alphabetic", "types of letters only")):
            text += f"\n### Over {what}\n\n"
            lines = []
            for name in tokenizers:
                line = [name]
                for metric in metrics:
                    line += [interval(cell[name, metric + suffix], 1), random(name, metric + suffix)]
                lines.append(line + [f"{int(cell[name, 'lexical_pct' + suffix]['n']):,}"])
            name = "baseline:characters"
            line = [name]
            for metric in metrics:
                line += [interval(cell[name, metric + suffix], 1), ""]
            lines.append(line + [f"{int(cell[name, 'lexical_pct' + suffix]['n']):,}"])
            head = ["tokenizer"]
            for metric in metrics:
                head += [metric + suffix, "random"]
            text += table(head + ["n"], lines)
        matched = [name for name in tokenizers if name in PUBLISHED_TURKISH]
        lines = []
        for name in matched:
            label, tr, pure, tr2, pure2 = PUBLISHED_TURKISH[name]
            shown = [("n/a" if v is None else f"{v:.2f}") for v in (tr, tr2, pure, pure2)]
            lines.append([name, label, *shown[:2], f"{cell[name, 'lexical_pct']['value']:.2f}",
                          f"{cell[name, 'lexical_pct_occurrences']['value']:.2f}", *shown[2:],
                          f"{cell[name, 'pure_pct']['value']:.2f}"])
        text += "\n### Beside the published figures\n\n"
        text += table(["tokenizer", "published as", "%TR Dec 2024", "%TR Jan 2025", "lexical_pct", "… occurrences",
                       "%Pure Dec 2024", "%Pure Jan 2025", "pure_pct"], lines, left=2)
        for index, run in ((1, "December 2024"), (3, "January 2025")):
            pairs = [(PUBLISHED_TURKISH[name][index], cell[name, "lexical_pct"]["value"],
                      cell[name, "lexical_pct_occurrences"]["value"]) for name in matched
                     if PUBLISHED_TURKISH[name][index] is not None]
            rho = spearman([p[0] for p in pairs], [p[1] for p in pairs])
            rho_occurrences = spearman([p[0] for p in pairs], [p[2] for p in pairs])
            text += (f"\nRank correlation with the %TR of {run} over {len(pairs)} tokenizers: {rho:.2f} over types, "
                     f"{rho_occurrences:.2f} over occurrences.\n")
        above = sum(1 for name in tokenizers if cell[name, "lexical_pct"]["value"] > 55)
        text += (f"\nGeneral tokenizers above 55 % over types: {above} of {len(tokenizers)} (the published gap: dictionary "
                 "tokenizers at 90 or more, general ones at 55 or less).\n")
    if failures:
        text += "\n## Not measured\n\n" + "".join(f"- {name}: {why}\n" for name, why in failures)
    write(options, "integrity-turkish.md", text)


CAPACITY = [
    # dataset TeleAI-AI-Flow/InformationCapacity, mixed text, b = -24: (config), T, H, operations, IC.
    ("Hunyuan-0.5B", dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, num_key_value_heads=8,
                          head_dim=128, intermediate_size=3584, vocab_size=120818), 34.95, 3.988531, 1000647688192, 0.233105),
    ("Hunyuan-1.8B", dict(hidden_size=2048, num_hidden_layers=32, num_attention_heads=16, num_key_value_heads=4,
                          head_dim=128, intermediate_size=6144, vocab_size=120818), 34.95, 3.584585, 3805148086272, 0.231682),
    ("GLM-4.5-Air", dict(hidden_size=4096, num_hidden_layers=46, num_attention_heads=96, num_key_value_heads=8,
                         intermediate_size=10944, vocab_size=151552), 34.82, 2.581690, 17749377810432, 0.242212),
    ("DeepSeek-V2", dict(hidden_size=5120, num_hidden_layers=60, num_attention_heads=128, num_key_value_heads=128,
                         intermediate_size=12288, vocab_size=102400, moe_intermediate_size=1536, n_routed_experts=160,
                         n_shared_experts=2, num_experts_per_tok=6, first_k_dense_replace=1, kv_lora_rank=512,
                         q_lora_rank=1536, qk_nope_head_dim=128, qk_rope_head_dim=64, v_head_dim=128),
     32.12, 2.251732, 37795712204800, 0.167171),
]


def pearson(x, y):
    mx, my = statistics.mean(x), statistics.mean(y)
    xy = sum((a - mx) * (b - my) for a, b in zip(x, y))
    return xy / math.sqrt(sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y))


def tokenizer_capacity(options, toklab, scratch):
    """Hunyuan-0.5B's published figures on the tokens of other tokenizers, and a picture of them."""
    name, config, text_bits, entropy, _, _ = CAPACITY[0]
    path = os.path.join(scratch, "config.json")
    json.dump(dict(config, model_type="x"), open(path, "w"))
    names, _ = openable(toklab, options.tokenizers)
    arguments = ["score", "capacity", "--bits-per-byte", repr(8 * entropy / text_bits), "--config", path, "--text",
                 options.text, "--bootstrap", str(options.replicates)]
    for tokenizer in names:
        arguments += ["-t", os.path.join(options.tokenizers, tokenizer)]
    cell = {(row["tokenizer"], row["metric"]): row for row in toklab.rows(*arguments)}
    found = [(other, cell[other, "tokenizer_bits_per_token"], cell[other, "tokenizer_capacity"]) for other in names]
    found.sort(key=lambda item: item[1]["value"])
    folder = os.path.join(options.out, "information-capacity")
    os.makedirs(folder, exist_ok=True)
    forest(os.path.join(folder, "by-tokenizer.svg"), f"Information capacity of {name} by tokenizer, at the same bits per byte",
           [item[0] for item in found], {"capacity": {item[0]: item[2] for item in found}}, {},
           [x / 20 for x in range(-20, 40)], logarithmic=False)
    return found


def capacity(options, toklab):
    lines, exact = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for name, config, text_bits, entropy, operations, published in CAPACITY:
            path = os.path.join(scratch, "config.json")
            json.dump(dict(config, model_type="x"), open(path, "w"))
            # One sample with the published mean: 8 · bytes/tokens with the fewest tokens that give it exactly.
            tokens = next(n for n in range(1, 2001) if abs(text_bits * n / 8 - round(text_bits * n / 8)) < 1e-9)
            log = os.path.join(scratch, "log.jsonl")
            with open(log, "w") as file:
                json.dump({"bytes_scored": round(text_bits * tokens / 8), "token_ids": [1] * (tokens + 1),
                           "logprob": [None] + [-entropy * math.log(2)] * tokens}, file)
                file.write("\n")

            def measured(*more):
                rows = toklab.rows("score", "capacity", "--log-probs", log, "--config", path, "--bootstrap", "0", *more)
                return {row["metric"]: row["value"] for row in rows}

            paper, unbiased, true = measured(), measured("--bias", "0"), measured("--mode", "exact")
            same = round(paper["information_capacity"], 6) == published and paper["inference_flops"] == operations
            lines.append([name, f"{operations:,}", f"{paper['inference_flops']:,.0f}", f"{published:.6f}",
                          f"{paper['information_capacity']:.6f}", f"{unbiased['information_capacity']:.6f}",
                          "equal" if same else "DIFFERS"])
            exact.append([name, f"{true['inference_flops']:,.0f}",
                          f"{100 * (true['inference_flops'] / paper['inference_flops'] - 1):+.1f} %",
                          f"{true['information_capacity']:.6f}", f"{paper['bits_per_byte']:.4f}"])
        models = os.path.join(scratch, "models.tsv")
        with open(models, "w") as file:
            file.write("series\tmodel\tinference_flops\tbits_per_token\tcross_entropy_bits\n")
            for name, _, text_bits, entropy, operations, _ in CAPACITY:
                file.write(f"{name.split('-')[0]}\t{name}\t{operations}\t{text_bits}\t{entropy}\n")
        fitted = {(row["metric"], row["language"]): row["value"] for row in toklab.rows("score", "bias", "--models", models)}
        found = tokenizer_capacity(options, toklab, scratch) if options.text and options.tokenizers else []
    slope, bias = fitted["series_capacity", "Hunyuan"], fitted["series_bias", "Hunyuan"]
    by_tokenizer = ""
    if found:
        low, high = found[0], found[-1]
        by_tokenizer = f"""
## The same model on other tokenizers

Hunyuan-0.5B at its published {8 * CAPACITY[0][3] / CAPACITY[0][2]:.4f} bits a byte, on the English lines of NTREX cut by other tokenizers, the output layer as
large as each of them (`score capacity --bits-per-byte … --text …`): only the tokenizer changes, and the figure goes from {low[2]['value']:.3f}
({low[0]}) to {high[2]['value']:.3f} ({high[0]}). The correlation of T̄ and IC over these {len(found)} tokenizers is
{pearson([item[1]['value'] for item in found], [item[2]['value'] for item in found]):.4f}: at equal bits a byte IC is a function of bits a token, and little else. The level is that of this text, not of the
data set's mixed text, and a model trained on such a tokenizer would have other bits a byte.

![capacity by tokenizer](information-capacity/by-tokenizer.svg)

{table(['tokenizer', 'bits a token', 'IC (95 % over lines)'], [[item[0], interval(item[1], 2), interval(item[2], 4)] for item in found])}"""
    write(options, "information-capacity.md", f"""# Information capacity: published rows against ours

Command: `{command(options)}`

{toklab.version()}. IC = (T̄ − H̄ + b)/log₂ N of arXiv 2511.08066: T̄ bits of text a token, H̄ cross entropy in bits a token, N
operations a token. Published: rows of the data set TeleAI-AI-Flow/InformationCapacity, mixed text, b = −24; T̄ and H̄ are
the published ones, written as a log-probability file of one sample and scored by `toklab score capacity` with the model's
config.json. No model was run. Hidden sizes, layers, heads and vocabulary sizes are the models' own as far as they are
known here (a wrong one would show in the operations).

## Mode `paper`

Operations of 1,024 tokens to the last integer, IC to all printed digits.

{table(['model', 'operations, published', 'operations, ours', 'IC, published', 'IC, ours', 'IC with b = 0, ours', 'verdict'], lines)}
The published column without bias is known for Hunyuan-0.5B: 1.036746.

## Mode `exact`

The same models with the operations that they really do: head_dim of the file, experts that run and their router, low-rank
projections of latent attention, dense layers at the bottom. T̄ as in the paper. Bits per byte stand beside it, since they
compare models of different tokenizers, which T̄ does not.

{table(['model', 'operations, exact', 'against paper', 'IC, exact', 'bits per byte'], exact)}
For GLM-4.5-Air only the numbers of the published row are given above, without its experts, so `exact` counts it as a
dense model; Hunyuan's head_dim of 128 is unverified.

## The bias

`score bias`: a line through the two Hunyuan models gives slope {slope:.6f} (their common IC) and b = {bias:.2f}; the one b for all
series is {fitted["shared_bias", ""]:.2f}, since no other series here has two models; the paper's shared b is −24.
{by_tokenizer}""")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", choices=["premiums", "findings", "integrity", "capacity"])
    parser.add_argument("--toklab", default=os.path.join(ROOT, ".build", "release", "toklab"))
    parser.add_argument("--out", default=os.path.join(ROOT, "Reports"))
    parser.add_argument("--parallel")
    parser.add_argument("--tokenizers")
    parser.add_argument("--text")
    parser.add_argument("--roots")
    parser.add_argument("--suffixes")
    parser.add_argument("--lexicons")
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--vocabulary", type=int, default=8192, help="entries of the monolingual tokenizers")
    parser.add_argument("--equal", type=int, default=2048, help="the one size that own sizes are compared with")
    parser.add_argument("--scaled", default="512,1024,2048", help="entries where training text is scaled")
    parser.add_argument("--classes", help="a table of label and class for means by class (Corpora/resource-classes.tsv)")
    parser.add_argument("--small", default="2048,4096", help="entries of superword tokenizers trained on NTREX")
    parser.add_argument("--training", help="a folder of LABEL.txt with more text (toklab corpus prepare multilingual)")
    parser.add_argument("--training-bytes", type=int, default=400_000, help="bytes taken from each of its files")
    parser.add_argument("--larger", default="8192,16384", help="entries of the tokenizers trained on them")
    parser.add_argument("--transition", type=float, default=0.9, help="where superword training's second stage begins")
    parser.add_argument("--multilingual", default="cl100k_base,o200k_base,deepseek-v4")
    options = parser.parse_args()
    needed = {"premiums": ["parallel", "tokenizers"], "findings": ["parallel", "tokenizers"],
              "integrity": ["text", "roots", "suffixes", "tokenizers"], "capacity": []}[options.report]
    for name in needed:
        if not getattr(options, name):
            parser.error(f"{options.report} needs --{name}")
    globals()[options.report](options, Toklab(options.toklab))


if __name__ == "__main__":
    main()
