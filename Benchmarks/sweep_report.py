#!/usr/bin/env python3
"""Writes Reports/sweep-study.md and the page beside it from finished stores of `toklab sweep`.

  Benchmarks/sweep_report.py --log run.log --store sweep.sqlite --plan plan.toml --growth growth.sqlite
    --growth-plan growth.toml [--note TEXT] [--toklab PATH]

The first store is drawn. run.log holds what `sweep run` wrote to standard error, one run after another; the wall time of
each is its last line. The store of --growth holds one language at growing amounts of text; times are projected from it.
"""
import argparse
import collections
import math
import os
import re
import shutil
import sqlite3
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def table(head, lines):
    out = "| " + " | ".join(head) + " |\n| --- |" + " ---: |" * (len(head) - 1) + "\n"
    return out + "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def rows(store, query):
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        return database.execute(query).fetchall()


def slope(points):
    """Of a line through logarithms: the power of growth."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mx, my = (sum(p[k] for p in logs) / len(logs) for k in (0, 1))
    power = sum((x - mx) * (y - my) for x, y in logs) / sum((x - mx) ** 2 for x, _ in logs)
    return power, math.exp(my - power * mx)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", action="append", required=True)
    parser.add_argument("--plan", action="append", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--growth", required=True)
    parser.add_argument("--growth-plan", required=True)
    parser.add_argument("--note", default="two cores", help="what else the machine did")
    parser.add_argument("--toklab", default=os.path.join(ROOT, ".build", "release", "toklab"))
    options = parser.parse_args()
    folder = os.path.join(ROOT, "Reports", "sweep-study")
    os.makedirs(folder, exist_ok=True)
    for plan in [*options.plan, options.growth_plan]:
        shutil.copy(plan, os.path.join(folder, os.path.basename(plan)))
    page = os.path.join(folder, "sweep.html")
    here = os.path.dirname(os.path.abspath(options.store[0]))
    subprocess.run([os.path.abspath(options.toklab), "report", os.path.basename(options.store[0]), "-o", page, "-q", "--title",
                    "Sweep study"], check=True, stdout=subprocess.DEVNULL, cwd=here)
    for ending in (".csv", ".md"):
        os.remove(page.replace(".html", ending))
    version = subprocess.run([options.toklab, "--version"], capture_output=True, text=True).stdout.strip()
    with open(options.log) as file:
        walls = re.findall(r"(\d+) cells computed, (\d+) in (\S+), (\S.*)", file.read())

    cells = [row for store in options.store for row in rows(store, "SELECT algorithm, status, reason, training_bytes FROM cell")]
    trainings = [row for store in options.store
                 for row in rows(store, "SELECT algorithm, training_bytes, seconds, bytes_used FROM training")]
    measured = [row for store in options.store for row in rows(store, "SELECT algorithm, measure_seconds FROM cell")]
    grown = rows(options.growth, "SELECT algorithm, training_bytes, seconds FROM training ORDER BY training_bytes")
    peak = rows(options.growth, "SELECT max(process_bytes_peak) FROM cell")[0][0]
    lines, growth = [], []
    for name in ("bpe", "unigram", "superword"):
        done = sum(1 for cell in cells if cell[0] == name and cell[1] == "done")
        lost = sum(1 for cell in cells if cell[0] == name and cell[1] != "done")
        train = sum(row[2] for row in trainings if row[0] == name)
        measure = sum(row[1] for row in measured if row[0] == name)
        lines.append([name, done, lost, sum(1 for row in trainings if row[0] == name), f"{train:.0f}", f"{measure:.0f}",
                      f"{done / (train + measure) * 3600:,.0f}"])
        means = {size: seconds for kind, size, seconds in grown if kind == name}
        power, factor = slope([point for point in means.items() if point[0] >= 10e6])
        fitted = factor * 300e6 ** power
        # A merge list serves five sizes; the others train each.
        runs = 97 if name == "bpe" else 97 * 5
        growth.append([name, " / ".join(f"{value:.1f}" for value in means.values()), f"{power:.2f}", f"{fitted:.0f}",
                       f"{runs * fitted / 3600 / 2:,.1f}"])
    sizes = ", ".join(f"{size / 1e6:g}" for size in sorted({row[1] for row in grown}))
    reasons = collections.Counter("shorter text" if "the training text has" in (cell[2] or "") else "too few pairs or pieces"
                                  for cell in cells if cell[1] != "done")
    contaminated = [row for store in options.store for row in rows(store, "SELECT language, found, checked FROM contamination")]
    worst = max(contaminated, key=lambda row: row[1] / max(1, row[2]))
    found = f"in {worst[0]}, {worst[1]} of {worst[2]}" if worst[1] else "none in any language"
    languages = {row[0] for store in options.store for row in rows(store, "SELECT language FROM cell")}
    plans = "; ".join(f"[{os.path.basename(plan)}](sweep-study/{os.path.basename(plan)})" for plan in options.plan)
    with open(os.path.join(ROOT, "Reports", "sweep-study.md"), "w") as file:
        file.write(f"""# A sweep over {len(cells):,} cells

Command: `Benchmarks/sweep_report.py --log {os.path.basename(options.log)} {' '.join('--store ' + os.path.basename(s) for s in options.store)} {' '.join('--plan ' + os.path.basename(p) for p in options.plan)} --growth {os.path.basename(options.growth)} --growth-plan {os.path.basename(options.growth_plan)}`
after `toklab sweep run PLAN --store STORE --jobs 2` ({plans}) and `--jobs 1` for growth.

toklab {version}, release build; {options.note}.
{len(languages)} languages of NTREX: those with at least 0.5 MB of training text in `corpus prepare multilingual`, and
English. One seed for all, three for ten of them.

[The page](sweep-study/sweep.html) draws the first store: cost by vocabulary size for each algorithm and language, and the fits.

## Time

{table(['run', 'cells', 'wall time'], [[os.path.basename(wall[2]), wall[1], wall[3]] for wall in walls])}
{table(['algorithm', 'cells done', 'unreachable', 'trainings', 'training, s', 'scoring, s', 'done cells an hour and job'], lines)}
Seconds are wall time inside a job. A byte-pair training serves five sizes, and superword's five share
one first stage (of another pattern here than byte-pair encoding's, or it would be the same list); its time stands with the first of them. Unreachable: {', '.join(f'{count} for {reason}' for reason, count in sorted(reasons.items()))}.

## Contamination

Evaluation lines whose first ten pre-tokens stand in the training text, at most: {found} (limit 1 %).

## To 97 languages and 300 MB each

{table(['algorithm', f'seconds a training at {sizes} MB', 'power of growth from 10 MB on', 'seconds at 300 MB', 'hours for 97 languages and five sizes'], growth)}
Measured on English, 32k tokens, one thread and one job, plan [{os.path.basename(options.growth_plan)}](sweep-study/{os.path.basename(options.growth_plan)});
the process held at most {peak / 1e6:,.0f} MB. Assumptions: two jobs on two cores that both fit into memory, one seed, every
language as costly as English, every size as costly as 32k, and growth from the largest amount measured to 300 MB by the
power between 10 MB and there. Superword here trains its first stage for one size; in a grid of five it is shared.
""")


main()
