#!/usr/bin/env python3
"""How counts grow with text, what that means for 1 and 10 TB, and a simulation of 1,000 shards.

  Benchmarks/cluster_plan.py [--corpora .cache/corpora] [--sources .venv/lib ...] [--work .cache/cluster]
      [--toklab .build/release/toklab] [--most 1000] [--shard-words 20000] [-o Reports/cluster-plan.md]

The text: the corpora of `make corpora` and then, to reach 1,000 MB, the C and Python sources in the given folders
(for instance of Debian's linux-source-6.1), each file once, until there is enough; cut into runs of lines of 64 kB,
which are shuffled with a fixed seed, so that every size is a sample of the same mixture. A law distinct = K * bytes^b is fitted by least squares to the
logarithms from 10 MB on.
"""
import argparse
import glob
import hashlib
import math
import os
import random
import subprocess
import time

from measure import child

SIZES = [1, 3, 10, 30, 100, 300, 1000]
PATTERNS = ["o200k", "superbpe", "sentencepiece"]
MB = 1_000_000


def pool(options):
    """Writes the shuffled text; returns its path and the bytes of each origin."""
    chunks, origins, seen = [], {}, set()

    def add(path, origin):
        with open(path, "rb") as file:
            text = file.read()
        digest = hashlib.sha256(text).digest()
        try:
            text.decode()
        except UnicodeDecodeError:
            return
        if digest in seen or not text or sum(origins.values()) >= options.most * MB:
            return
        seen.add(digest)
        if not text.endswith(b"\n"):
            text += b"\n"
        origins[origin] = origins.get(origin, 0) + len(text)
        start = 0
        while start < len(text):
            end = text.find(b"\n", min(len(text) - 1, start + 65536)) + 1 or len(text)
            chunks.append((path, start, end))
            start = end

    for name in ("english", "multilingual"):
        for path in sorted(glob.glob(os.path.join(options.corpora, name, "*.txt"))):
            add(path, f"corpus {name}")
    for folder in options.sources:
        for path in sorted(glob.glob(os.path.join(folder, "**", "*.[chp]*"), recursive=True)):
            if path.endswith((".c", ".h", ".py")) and os.path.isfile(path):
                add(path, f"C and Python sources ({os.path.basename(os.path.normpath(folder))})")
    random.Random(1).shuffle(chunks)
    target = os.path.join(options.work, "pool.txt")
    with open(target, "wb") as out:
        cache = {}
        for path, start, end in chunks:
            if path not in cache:
                if len(cache) > 600:
                    cache.clear()
                with open(path, "rb") as file:
                    cache[path] = file.read()
            part = cache[path][start:end]
            out.write(part if part.endswith(b"\n") else part + b"\n")
    return target, origins


def run(command):
    """CPU seconds and peak MB of a command."""
    _, seconds, peak = child(command)
    return seconds, peak


def distinct(shard):
    with open(shard, "rb") as file:
        file.seek(-200, os.SEEK_END)
        return int(file.read().rsplit(b"#end\t", 1)[1].split(b"\t")[0])


def fit(points):
    """K and b of distinct = K * bytes^b, and the largest relative miss."""
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    b = sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)
    k = math.exp(my - b * mx)
    return k, b, max(abs(k * x ** b / y - 1) for x, y in points)


def growth(options, text):
    size = os.path.getsize(text)
    rows = {}
    for megabytes in [s for s in SIZES if s <= options.most]:
        bytes_ = min(megabytes * MB, size)
        part = os.path.join(options.work, "part.txt")
        with open(text, "rb") as file, open(part, "wb") as out:
            left = bytes_
            while left > 0:
                block = file.read(min(left, 1 << 24))
                if not block:
                    break
                if len(block) == left:
                    block = block[:block.rfind(b"\n") + 1]
                    left = 0
                else:
                    left -= len(block)
                out.write(block)
        bytes_ = os.path.getsize(part)
        for pattern in PATTERNS:
            shard = os.path.join(options.work, pattern + ".shard")
            seconds, peak = run([options.toklab, "count-words", part, "--pre-tokenizer", pattern, "-o", shard,
                                 "--quiet", "--threads", "2"])
            rows.setdefault(pattern, []).append((bytes_, distinct(shard), os.path.getsize(shard), seconds, peak))
            print(pattern, rows[pattern][-1], flush=True)
        if bytes_ < megabytes * MB * 0.95:
            break
    return rows


def simulate(options, number=1000, tokens=20_000):
    """Shards of words drawn from a Zipf-Mandelbrot law, merged in a tree; returns rows of the levels."""
    import numpy

    folder = os.path.join(options.work, "simulation")
    os.makedirs(folder, exist_ok=True)
    generator = numpy.random.default_rng(1)
    total, union, points, paths = 0, set(), [], []
    for index in range(number):
        # Ranks by inversion of a power law with an endless tail: distinct grows like n^0.65.
        ranks = numpy.floor(20 * (generator.random(tokens) ** (-1 / 0.54) - 1)).astype(numpy.float64)
        ids, counts = numpy.unique(numpy.minimum(ranks, 2.0 ** 52).astype(numpy.int64), return_counts=True)
        union.update(ids.tolist())
        total += tokens
        if index + 1 in (1, 3, 10, 30, 100, 300, number):
            points.append((total, len(union)))
        entries = sorted((b"w%x" % i, c) for i, c in zip(ids.tolist(), counts.tolist()))
        path = os.path.join(folder, f"{index:04}")
        with open(path, "wb") as out:
            digest = hashlib.sha256(str(index).encode()).hexdigest()
            out.write(f"#toklab-counts/1\n#pre-tokenizer\to200k\n#normalizer\tnone\n#unicode\t16.0\n#text\t{digest}\n".encode())
            out.writelines(b"%d\t%s\n" % (c, w) for w, c in entries)
            out.write(f"#end\t{len(entries)}\t{tokens}\n".encode())
        paths.append(path)
    levels = []
    while len(paths) > 1:
        begin, cpu, peak, merged = time.time(), 0.0, 0.0, []
        before = sum(os.path.getsize(p) for p in paths)
        for start in range(0, len(paths), options.fan_in):
            target = os.path.join(folder, f"level{len(levels)}-{start:04}")
            seconds, memory = run([options.toklab, "merge-counts", *paths[start:start + options.fan_in], "-o", target, "--quiet"])
            cpu, peak = cpu + seconds, max(peak, memory)
            merged.append(target)
        levels.append((len(paths), len(merged), before, sum(os.path.getsize(p) for p in merged), cpu, peak))
        print("merge", levels[-1], time.time() - begin, flush=True)
        for path in paths:
            os.remove(path)
        paths = merged
    found = distinct(paths[0])
    assert found == len(union), (found, len(union))
    with open(paths[0], "rb") as file:
        head = file.read(2_000_000)
    assert head.count(b"#text\t") == number
    return points, levels, found, total


def human(value):
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} "


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpora", default=".cache/corpora")
    parser.add_argument("--sources", nargs="*", default=[".venv/lib", ".cache/spark/lib"])
    parser.add_argument("--work", default=".cache/cluster")
    parser.add_argument("--toklab", default=".build/release/toklab")
    parser.add_argument("--most", type=int, default=1000, help="MB of text")
    parser.add_argument("--shard-words", type=int, default=20_000)
    parser.add_argument("--fan-in", type=int, default=32)
    parser.add_argument("-o", "--output", default="Reports/cluster-plan.md")
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    text, origins = pool(options)
    rows = growth(options, text)
    points, levels, found, total = simulate(options, tokens=options.shard_words)
    out = ["# How counts grow, and what a cluster needs", "", f"    Benchmarks/cluster_plan.py --most {options.most} --shard-words {options.shard_words} --sources "
           + " ".join(os.path.basename(os.path.normpath(folder)) for folder in options.sources), "",
           "Counted on two cores that others used as well; CPU seconds of whole processes. The text: "
           + ", ".join(f"{size / MB:,.0f} MB {name}" for name, size in origins.items())
           + ", each file once, in shuffled runs of 64 kB.", "", "## Growth", ""]
    laws = {}
    for pattern, list_ in rows.items():
        out += [f"### {pattern}", "", "| text MB | distinct | shard MB | bytes a distinct | CPU s | MB/s | peak MB | law's miss |",
                "| --- | --- | --- | --- | --- | --- | --- | --- |"]
        k, b, miss = laws[pattern] = fit([(r[0], r[1]) for r in list_ if r[0] >= 9 * MB])
        for size, number, shard, seconds, peak in list_:
            out.append(f"| {size / MB:,.0f} | {number:,} | {shard / MB:.1f} | {shard / number:.1f} | {seconds:.2f} "
                       f"| {size / MB / seconds:.0f} | {peak:.0f} | {100 * (k * size ** b / number - 1):+.1f} % |")
        out += ["", f"distinct = {k:.3g} · bytes^{b:.3f}, fitted from 10 MB on; largest miss there {100 * miss:.1f} %.", ""]
    out += ["## Projection", "",
            "The laws carried on, which is what they have not been measured for: text of one kind grows slower, text "
            "with ever new languages faster. Shard: bytes a distinct as at the largest size above. Memory: the peak a "
            "distinct above the smallest size's, at the largest size. One part: 128 MB of text, as a file system cuts it.", "",
            "| pattern | text | parts | distinct in a part | shard of a part | distinct in all | shard of all | memory to hold it | CPU hours to count |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for pattern, list_ in rows.items():
        k, b, _ = laws[pattern]
        size, number, shard, seconds, peak = list_[-1]
        each = (peak - list_[0][4]) * MB / number
        for target in (1e12, 1e13):
            part, whole = k * 128e6 ** b, k * target ** b
            out.append(f"| {pattern} | {human(target)}B | {target / 128e6:,.0f} | {human(part)} | {human(part * shard / number)}B "
                       f"| {human(whole)} | {human(whole * shard / number)}B | {human(whole * each)}B | {seconds / size * target / 3600:,.1f} |")
    k, b, miss = fit(points[:5])
    out += ["", "## 1,000 synthetic shards", "",
            f"{total / MB:.0f} million words, {options.shard_words:,} a shard, of ranks drawn from a power law with an endless tail. A law fitted to the first "
            f"100 shards, distinct = {k:.3g} · words^{b:.3f}, says {k * total ** b:,.0f} for all 1,000; merging finds {found:,} "
            f"({100 * (k * total ** b / found - 1):+.1f} %), which is the number that the generator knows.", "",
            f"Merged {options.fan_in} at a time:", "", "| shards | to | MB read | MB written | CPU s | MB/s | peak MB |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for before, after, read, written, cpu, peak in levels:
        out.append(f"| {before} | {after} | {read / MB:.0f} | {written / MB:.0f} | {cpu:.1f} | {read / MB / cpu:.0f} | {peak:.0f} |")
    os.makedirs(os.path.dirname(options.output) or ".", exist_ok=True)
    with open(options.output, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
