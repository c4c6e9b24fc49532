#!/usr/bin/env python3
"""What happens to toklab's results when the world does not hold still: processes that end early, disks and streams that
are full or closed, files that change, inputs of unusual size, memory limits. Nothing may be lost or half-written, the status
and the message must be right.

Prints a line a case and a line a check that failed, then `N checks of M cases, K failed`.

  faults_test.py TOKLAB [--whole] [--report FILE] [CASE …]      --whole: more kills, inputs of 1 GB and 10 million documents
"""
import argparse
import os
import platform
import signal
import tempfile
import time

import ends
import mapped
import places
import sizes
from bench import FAST, Bench

CASES = {**ends.CASES, **places.CASES, **mapped.CASES, **sizes.CASES}


def report(path, lines, command):
    with open(path, "w") as file:
        file.write(f"""# Faults

    {command}

{time.strftime("%Y-%m-%d")}, {platform.machine()}, {os.cpu_count()} cores, {"root" if os.geteuid() == 0 else "not root"}. What
the cases are: docs/faults.md.

| case | checks | failed | seconds | figures |
| --- | ---: | ---: | ---: | --- |
""")
        file.writelines(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("toklab")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--report")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    unknown = [name for name in options.cases if name not in CASES]
    if unknown:
        parser.error(f"no case {unknown[0]}; there are {', '.join(CASES)}")
    # A shell's background jobs ignore some signals and hand that on; the runs here are to die of them.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    lines = []
    with tempfile.TemporaryDirectory(dir=FAST) as folder:
        bench = Bench(options.toklab, folder, options.whole)
        for name in options.cases or CASES:
            bench.case = name
            done, failed, began = bench.done, len(bench.failed), time.monotonic()
            CASES[name](bench)
            figures = "; ".join(text for case, text in bench.notes if case == name)
            row = (bench.done - done, len(bench.failed) - failed, time.monotonic() - began)
            print("%-14s %5d checks, %d failed, %6.1f s  %s" % (name, *row, figures), flush=True)
            lines.append("| %s | %d | %d | %.1f | %s |\n" % (name, *row, figures))
    print(f"{bench.done} checks of {len(lines)} cases, {len(bench.failed)} failed")
    if options.report:
        words = ["Tests/Faults/faults_test.py .build/release/toklab"] + ["--whole"] * options.whole + options.cases
        report(options.report, lines, " ".join(words))
    raise SystemExit(1 if bench.failed else 0)


if __name__ == "__main__":
    main()
