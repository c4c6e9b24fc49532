#!/usr/bin/env python3
"""A sweep of 3 languages, 3 algorithms and 2 sizes: killed and resumed, with one job and with several, against an
uninterrupted one; its numbers against `toklab count`; and everything that can be wrong with a plan, a store, a text.
Prints one line a check that failed, then `N checks, M failed`.

  sweep_test.py TOKLAB [--kills N]
"""
import argparse
import csv
import glob
import hashlib
import io
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

LANGUAGES = ("eng", "deu", "rus")
CHECKS = {"done": 0, "failed": 0}


def check(what, condition, seen=""):
    CHECKS["done"] += 1
    if not condition:
        CHECKS["failed"] += 1
        print(f"failed: {what} {seen}")


class Sweep:
    def __init__(self, toklab, folder):
        self.toklab = toklab
        self.folder = folder
        self.plan = os.path.join(folder, "plan.toml")
        subprocess.run([toklab, "corpus", "sample", "-o", os.path.join(folder, "parallel"), "-q"], check=True,
                       stdout=subprocess.DEVNULL)
        os.makedirs(os.path.join(folder, "text"))
        # Training text: the words of each language in another order, so that no evaluation line is in it.
        for language in LANGUAGES:
            with open(os.path.join(folder, "parallel", language + ".txt"), encoding="utf-8") as file:
                words = file.read().split()
            shuffled = random.Random(7)
            lines = [" ".join(shuffled.choice(words) for _ in range(12)) for _ in range(500)]
            with open(os.path.join(folder, "text", language + ".txt"), "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
        self.write_plan()

    def write_plan(self, text=None, **changes):
        keys = {"languages": list(LANGUAGES), "algorithms": ["bpe", "unigram", "superword"],
                "vocabulary_sizes": [340, 420], "training_bytes": [9000], "reference": "eng"}
        keys.update(changes)
        body = "[sweep]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        body += '\n[corpora]\ntraining = "text"\nevaluation = "parallel"\n'
        with open(self.plan, "w") as file:
            file.write(text if text is not None else body)

    def run(self, *arguments):
        return subprocess.run([self.toklab, "sweep", *arguments], capture_output=True, text=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, store, *more):
        return self.run("run", self.plan, "--store", self.path(store), *more)

    def export(self, store, *more):
        format = [] if "--json" in more else ["--csv"]
        done = self.run("export", *format, "--store", self.path(store), *more)
        check(f"export of {store}", done.returncode == 0, done.stderr)
        return done.stdout

    def tokenizers(self, store):
        folder = self.path(store.replace(".sqlite", ".tokenizers"))
        found = {}
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
        return found

    def fails(self, what, arguments, *words, status=2):
        done = self.run(*arguments)
        check(f"{what}: status", done.returncode == status, f"{done.returncode} {done.stderr}")
        for word in words:
            check(f"{what}: says {word!r}", word in done.stderr, done.stderr)
        check(f"{what}: one line", done.stderr.count("\n") == 1, done.stderr)


def numbers(sweep):
    """The store's counts are those of the tokenizers: cut from the merge list, or as they lie there."""
    rows = list(csv.DictReader(io.StringIO(sweep.export("whole.sqlite"))))
    check("18 cells", len({row["cell"] for row in rows}) == 18, len(rows))
    check("in plan order", [int(row["cell"]) for row in rows] == sorted(int(row["cell"]) for row in rows))
    check("all are done", {row["status"] for row in rows} == {"done"}, {row["reason"] for row in rows})
    files = sweep.tokenizers("whole.sqlite")
    check("files are named by their content", all(name == digest + ".json" for name, digest in files.items()))
    check("a merge list lies there once", len(files) == 3 * (1 + 2 + 2), len(files))
    counted = {row["cell"]: row for row in rows if row["metric"] == "corpus_token_count"}
    for row in counted.values():
        path = sweep.path("whole.tokenizers/" + row["tokenizer_sha256"] + ".json")
        if row["algorithm"] == "bpe":
            cut = sweep.path("cut.json")
            subprocess.run([sweep.toklab, "edit", path, "--truncate", row["vocabulary_size"], "-o", cut, "-q"],
                           check=True, capture_output=True)
            path = cut
        text = sweep.path(f"parallel/{row['language']}.txt")
        done = subprocess.run([sweep.toklab, "count", "-t", path, text, "--per-line", "--json", "-q"], check=True,
                              capture_output=True, text=True)
        found = json.loads(done.stdout)["rows"][0]
        check(f"count of cell {row['cell']}", found["tokens"] == int(row["value"]), (found, row))
    premiums = [row for row in rows if row["metric"] == "premium" and row["language"] == "eng"]
    check("the reference's premium is 1", {row["value"] for row in premiums} == {"1"})
    german = next(row for row in rows if row["metric"] == "premium" and row["language"] == "deu")
    ratio = [float(row["value"]) for row in counted.values() if row["cell"] in (german["cell"], "1")]
    check("a premium is a ratio of counts", float(german["value"]) == ratio[1] / ratio[0], (german, ratio))


def fits(sweep):
    """Curves through two points are exact; the report of a store shows cells and fits."""
    store = sweep.path("whole.sqlite")
    done = sweep.run("fit", "--json", "--store", store, "--bootstrap", "100")
    check("fit", done.returncode == 0, done.stderr)
    rows = json.loads(done.stdout)["rows"]
    settings = {row["tokenizer"] for row in rows}
    check("a setting an algorithm", settings == {"bpe 9000", "unigram 9000", "superword 9000"}, settings)
    curve = {row["metric"]: row["value"] for row in rows if row["language"] == "deu" and row["tokenizer"] == "bpe 9000"}
    counts = {row["vocabulary_size"]: float(row["value"]) for row in csv.DictReader(io.StringIO(sweep.export("whole.sqlite")))
              if (row["language"], row["algorithm"], row["metric"]) == ("deu", "bpe", "corpus_token_count")}
    for size, count in counts.items():
        fitted = curve["size_curve_a"] * int(size) ** -curve["size_curve_b"] + curve["size_curve_c"]
        check(f"the curve at {size}", abs(fitted / count - 1) < 1e-6, (fitted, count))
    ratios = [row for row in rows if row["metric"] == "optimal_variance_ratio"]
    check("variance ratios", len(ratios) == 3 and all(0 <= row["value"] <= 1.5 for row in ratios), ratios)
    page = sweep.path("page.html")
    done = subprocess.run([sweep.toklab, "report", store, "-o", page], capture_output=True, text=True)
    check("report of a store", done.returncode == 0 and "Cost by vocabulary size" in done.stdout, done.stderr)
    with open(page) as file:
        text = file.read()
    check("its sections", 'id="sweep"' in text and 'id="sweep-fit"' in text)
    check("exports are documents", len(json.loads(sweep.export("whole.sqlite", "--json").replace("\n", " "))["cells"]) == 18)


def kills(sweep, count, seconds):
    """Kill -9 at random moments until the sweep is finished; then it is the uninterrupted one."""
    chance = random.Random(11)
    seen, killed = [], 0
    while True:
        jobs = ["--jobs", str(chance.choice((1, 2, 5)))]
        verb = ["run", sweep.plan] if not os.path.exists(sweep.path("killed.sqlite")) else \
            chance.choice((["run", sweep.plan], ["resume"]))
        process = subprocess.Popen([sweep.toklab, "sweep", *verb, "--store", sweep.path("killed.sqlite"), *jobs],
                                   stderr=subprocess.PIPE, text=True)
        if killed < count:
            # Early in the life of a process as a rule, so that many kills fall into one sweep.
            time.sleep(chance.uniform(0.01, seconds / 2))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                killed += 1
        errors = process.communicate()[1]
        seen += re.findall(r"^toklab: \d+/\d+  (.*?)  ", errors, re.M)
        if process.returncode == 0:
            if killed == 0 and count > 0 and seconds > 0.05:
                # The uninterrupted run was slower than this one (a cold disk): once more, with less patience.
                for name in glob.glob(sweep.path("killed.*")):
                    shutil.rmtree(name) if os.path.isdir(name) else os.remove(name)
                seconds, seen = seconds / 2, []
                continue
            break
        if process.returncode > 0 and "already" not in errors:
            check("a run that was not killed works", False, errors)
            break
    check("some were killed", killed > 0 or count == 0, killed)
    check("no cell was computed twice", len(seen) == len(set(seen)), [s for s in seen if seen.count(s) > 1])
    check("the same CSV after kills", sweep.export("killed.sqlite", "--no-timings") ==
          sweep.export("whole.sqlite", "--no-timings"))
    check("the same tokenizers after kills", sweep.tokenizers("killed.sqlite") == sweep.tokenizers("whole.sqlite"),
          set(sweep.tokenizers("killed.sqlite")) ^ set(sweep.tokenizers("whole.sqlite")))
    with sqlite3.connect(sweep.path("killed.sqlite")) as database:
        check("SQLite's integrity check", database.execute("PRAGMA integrity_check").fetchone() == ("ok",))
        check("WAL", database.execute("PRAGMA journal_mode").fetchone() == ("wal",))
    again = sweep.start("killed.sqlite")
    check("a finished sweep has nothing to do", again.returncode == 0 and "0 cells computed" in again.stderr, again.stderr)
    return killed


def faults(sweep):
    plan = ["run", sweep.plan, "--store", sweep.path("whole.sqlite"), "-q"]
    sweep.write_plan(vocabulary_sizes=[340, 430])
    sweep.fails("another plan", plan, "vocabulary_sizes is [340, 420] there and [340, 430] here", "whole.sqlite")
    sweep.write_plan()

    text = sweep.path("text/deu.txt")
    shutil.copy(text, sweep.path("kept"))
    with open(text, "a") as file:
        file.write("Noch eine Zeile.\n")
    sweep.fails("a text that changed", plan, "text/deu.txt", "the training text of deu has changed")
    sweep.fails("resume too", ["resume", "--store", sweep.path("whole.sqlite"), "-q"], "has changed")
    shutil.move(sweep.path("kept"), text)
    done = sweep.run(*plan)
    check("nothing is lost by that", done.returncode == 0 and sweep.export("whole.sqlite").count("\n") == 91, done.stderr)

    new = ["run", sweep.plan, "--store", sweep.path("new.sqlite"), "-q"]
    with open(sweep.plan) as file:
        good = file.read()
    for what, bad, line, word in (
            ("unknown key", good.replace("reference", "refrence"), 6, "the unknown key refrence in [sweep]"),
            ("unknown table", good + "[more]\nx = 1\n", 11, "the unknown key more"),
            ("no TOML", good.replace("[9000]", "[9000"), 6, "TOML"),
            ("size too small", good.replace("[340, 420]", "[340, 100]"), 4, "100 in vocabulary_sizes"),
            ("superword too small", good.replace("[340, 420]", "[300]"), 4, "322 or more"),
            ("size too large", good.replace("[340, 420]", "[99000000000]"), 4, "99000000000 in vocabulary_sizes"),
            ("twice", good.replace("[340, 420]", "[340, 340]"), 4, "340 stands twice"),
            ("no number", good.replace("[9000]", '["many"]'), 5, "training_bytes holds"),
            ("unknown algorithm", good.replace("unigram", "unigran"), 3, "the algorithm unigran"),
            ("a path as language", good.replace('"deu"', '"../deu"'), 2, "the language ../deu")):
        sweep.write_plan(bad)
        sweep.fails(what, new, f"plan.toml:{line}: ", word)
        check(f"{what}: nothing was made", not os.path.exists(sweep.path("new.sqlite")))
    sweep.write_plan(languages=["eng", "xxx"])
    sweep.fails("no such language", new, "xxx.txt")
    sweep.write_plan(training_bytes=[9000, 10**9], algorithms=["bpe"], vocabulary_sizes=[340, 9000], languages=["eng"])
    done = sweep.start("small.sqlite", "-q")
    rows = list(csv.DictReader(io.StringIO(sweep.export("small.sqlite"))))
    status = {(row["training_bytes"], row["vocabulary_size"]): (row["status"], row["size_reached"]) for row in rows}
    check("unreachable cells", [value[0] for value in status.values()] == ["done"] + ["unreachable"] * 3, status)
    check("how far they got", 340 < int(status["9000", "9000"][1]) < 9000, status)
    check("why", any("the training text has" in row["reason"] for row in rows))

    # Evaluation lines in the training text.
    with open(sweep.path("parallel/eng.txt"), encoding="utf-8") as file:
        lines = [line for line in file.read().split("\n") if len(line.split()) > 12]
    shutil.copy(sweep.path("text/eng.txt"), sweep.path("kept"))
    with open(sweep.path("text/eng.txt"), "a", encoding="utf-8") as file:
        file.write("And then: " + lines[3] + "\n" + lines[5] + "\n")
    sweep.write_plan(languages=["eng"])
    sweep.fails("contamination", new, "text/eng.txt", "the beginnings of 2 of", "contamination_limit")
    sweep.write_plan(languages=["eng"], contamination_limit=0.5)
    os.remove(sweep.path("new.sqlite"))
    done = sweep.run(*new)
    check("a limit that was raised", done.returncode == 0, done.stderr)
    shutil.move(sweep.path("kept"), sweep.path("text/eng.txt"))
    sweep.write_plan()

    sweep.fails("no store", ["status", "--store", sweep.path("none.sqlite")], "none.sqlite", "no such store")
    with open(sweep.path("text.sqlite"), "w") as file:
        file.write("this is no database at all, but a text of some length")
    sweep.fails("no database", ["run", sweep.plan, "--store", sweep.path("text.sqlite"), "-q"], "text.sqlite", "not a SQLite")
    with sqlite3.connect(sweep.path("other.sqlite")) as database:
        database.execute("CREATE TABLE mine (x)")
    sweep.fails("another database", ["run", sweep.plan, "--store", sweep.path("other.sqlite"), "-q"], "of another kind")
    with sqlite3.connect(sweep.path("other.sqlite")) as database:
        check("which is left alone", database.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)])
    open(sweep.path("kept.txt"), "w").close()
    sweep.fails("a file in the way", ["run", sweep.plan, "--store", sweep.path("kept.txt/x.sqlite"), "-q"], "kept.txt")

    # Two at a time on one store.
    first = subprocess.Popen([sweep.toklab, *["sweep", "run", sweep.plan, "--store", sweep.path("busy.sqlite"), "--jobs", "1"]],
                             stderr=subprocess.PIPE, text=True)
    first.stderr.readline()
    if first.poll() is None:
        sweep.fails("a store in use", ["resume", "--store", sweep.path("busy.sqlite"), "-q"], "another sweep is at work")
    first.communicate()
    check("the first one is not disturbed", first.returncode == 0)

    # A disk that fills up: a limit on the size of files stands for it.
    limited = subprocess.run(
        ["bash", "-c", 'trap "" XFSZ; ulimit -f 40; exec "$0" "$@"', sweep.toklab, "sweep", "run", sweep.plan, "--store",
         sweep.path("full.sqlite"), "-q"], capture_output=True, text=True)
    check("a full disk is an error", limited.returncode == 2 and limited.stderr.count("\n") == 1, limited.stderr)
    done = sweep.start("full.sqlite", "-q")
    check("and goes on with room", done.returncode == 0, done.stderr)
    check("to the same end", sweep.export("full.sqlite", "--no-timings") == sweep.export("whole.sqlite", "--no-timings"))

    # Root writes what permissions forbid, unless it gave up that right.
    mere = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"] if os.getuid() == 0 else []
    for what, path, mode in (("a read-only store", "whole.sqlite", 0o444), ("a read-only folder", ".", 0o555)):
        os.chmod(sweep.path(path), mode)
        done = subprocess.run([*mere, sweep.toklab, "sweep", *plan], capture_output=True, text=True)
        check(f"{what} cannot be written", done.returncode == 2 and "cannot be written" in done.stderr, done)
        check(f"{what}: one line that names it", done.stderr.count("\n") == 1 and "whole.sqlite" in done.stderr, done.stderr)
        os.chmod(sweep.path(path), 0o755)
    check("and is whole", sweep.export("whole.sqlite", "--no-timings") == sweep.export("full.sqlite", "--no-timings"))


def seeds_and_names(sweep):
    """Languages with seeds of their own, patterns that look like lists, and stores that an older toklab began."""
    with open(sweep.plan) as file:
        good = file.read()
    pattern = "regex:a, b|\\\\S+|\\\\s+"
    body = good.replace("[340, 420]", "[340]").replace('reference =', f'pre_tokenizers = ["default", "{pattern}"]\nreference =')
    sweep.write_plan(body + "\n[seeds]\ndeu = [3, 1, 2]\n")
    done = sweep.start("seeds.sqlite", "-q")
    check("seeds of a language", done.returncode == 0, done.stderr)
    csvs = sweep.export("seeds.sqlite", "--no-timings")
    rows = list(csv.DictReader(io.StringIO(csvs)))
    seeds = {(row["language"], row["seed"]) for row in rows}
    check("which only that one has", seeds == {("eng", "0"), ("rus", "0"), ("deu", "1"), ("deu", "2"), ("deu", "3")}, seeds)
    # Two patterns for two algorithms, and unigram once.
    check("all cells", len({row["cell"] for row in rows}) == 5 * (2 + 2 + 1), len(rows))
    names = {row["pre_tokenizer"] for row in rows}
    check("a pattern with a comma", names == {"default", "regex:a, b|\\S+|\\s+"}, names)
    done = sweep.run("resume", "--store", sweep.path("seeds.sqlite"))
    check("which resume reads again", done.returncode == 0 and "0 cells computed, 25 in" in done.stderr, done)
    sweep.write_plan(good + "\n[seeds]\nfra = [1]\n")
    sweep.fails("seeds of no language", ["run", sweep.plan, "--store", sweep.path("new2.sqlite"), "-q"],
                "plan.toml:", "seeds of fra")
    sweep.write_plan(good)

    # Version 1 wrote lists of names without quotes.
    before = sweep.export("full.sqlite", "--no-timings")
    with sqlite3.connect(sweep.path("full.sqlite")) as database:
        for key in ("languages", "algorithms", "pre_tokenizers"):
            (value,) = database.execute("SELECT value FROM fact WHERE key = ?", (key,)).fetchone()
            database.execute("UPDATE fact SET value = ? WHERE key = ?", ("[" + ", ".join(json.loads(value)) + "]", key))
        database.execute("DELETE FROM grdb_migrations WHERE identifier = '2'")
    sweep.fails("a store of an older toklab", ["export", "--csv", "--store", sweep.path("full.sqlite")], "sweep resume")
    done = sweep.run("resume", "--store", sweep.path("full.sqlite"), "-q")
    check("which resume brings up to date", done.returncode == 0, done.stderr)
    check("and nothing is lost", sweep.export("full.sqlite", "--no-timings") == before)


def trained(sweep):
    """On the whole text a sweep's tokenizers are, byte for byte, those of `toklab train`."""
    text = sweep.path("text/deu.txt")
    sweep.write_plan(languages=["deu"], reference="deu", training_bytes=[os.path.getsize(text)])
    done = sweep.start("all.sqlite", "-q")
    check("a sweep of a whole text", done.returncode == 0, done.stderr)
    rows = csv.DictReader(io.StringIO(sweep.export("all.sqlite")))
    files = {(row["algorithm"], row["vocabulary_size"]): row["tokenizer_sha256"] for row in rows}
    for (algorithm, size), digest in files.items():
        if algorithm == "bpe":
            size = "420"
        made = sweep.path("trained.json")
        subprocess.run([sweep.toklab, "train", algorithm, text, "--vocab-size", size, "-o", made, "-q"], check=True,
                       capture_output=True)
        with open(made, "rb") as file:
            check(f"train {algorithm} {size} makes the same file", hashlib.sha256(file.read()).hexdigest() == digest)
    sweep.write_plan()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("toklab")
    parser.add_argument("--kills", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sweep = Sweep(os.path.abspath(options.toklab), folder)
        start = time.monotonic()
        done = sweep.start("whole.sqlite", "--jobs", "1")
        seconds = time.monotonic() - start
        check("an uninterrupted run", done.returncode == 0, done.stderr)
        check("its progress", done.stderr.count("toklab: ") == 19, done.stderr)
        status = sweep.run("status", "--store", sweep.path("whole.sqlite"))
        check("its status", "18 of 18 cells" in status.stdout, status.stdout)
        numbers(sweep)
        fits(sweep)
        killed = kills(sweep, options.kills, seconds)
        faults(sweep)
        seeds_and_names(sweep)
        trained(sweep)
        print(f"{seconds:.1f} s uninterrupted, {killed} kills")
    print(f"{CHECKS['done']} checks, {CHECKS['failed']} failed")
    raise SystemExit(1 if CHECKS["failed"] else 0)


main()
