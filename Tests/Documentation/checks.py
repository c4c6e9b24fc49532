"""Counting of checks, for the scripts of this folder: each prints its failures, then `N checks, M failed`."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Scripts"), str(ROOT / "Tests/Determinism")]

failures = []
count = 0


def check(holds, message):
    global count
    count += 1
    if not holds:
        failures.append(message)


def finish(shown=None):
    """Prints what failed (the first `shown` of it) and ends the script."""
    for failure in failures[:shown]:
        print(failure)
    print(f"{count} checks, {len(failures)} failed")
    sys.exit(1 if failures else 0)
