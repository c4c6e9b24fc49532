#!/usr/bin/env python3
"""Every verb under other threads, hash seeds, orders of directory listing, locales, time zones, homes and current folders:
standard output, exit status and every written file must be the same bytes, but for the `provenance` and `timing` objects of
JSON documents, as the command line's contract says.

Prints one line a difference, then `N runs of M verbs, K differences`.

  matrix_test.py TOKLAB [--whole] [VERB …]      --whole: more threads and hash seeds; verbs as 'train bpe'
"""
import argparse
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import inputs  # noqa: E402
from verbs import AFTER, LEFT_OUT, RUNS  # noqa: E402

FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Setting:
    """How a run is started; `seed` is whether Swift's hash seed is fixed."""

    def __init__(self, name, threads, world, seed=False, **environment):
        self.name, self.threads, self.world = name, threads, world
        self.environment = {"PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no", **environment}
        if os.environ.get("LD_LIBRARY_PATH"):
            self.environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
        if seed:
            self.environment["SWIFT_DETERMINISTIC_HASHING"] = "1"


SHORT = [
    Setting("1 thread, fixed hash seed", 1, 0, seed=True, LC_ALL="C", TZ="UTC", HOME="/"),
    Setting("2 threads, Turkish, Kolkata", 2, 1, LC_ALL="tr_TR.UTF-8", LANG="tr_TR.UTF-8", TZ="Asia/Kolkata"),
    Setting("7 threads, German, no home", 7, 2, LANG="de_DE.UTF-8", LC_NUMERIC="de_DE.UTF-8", TZ="America/St_Johns"),
]
WHOLE = SHORT + [
    Setting("all cores, Arabic", None, 1, LC_ALL="ar_EG.UTF-8", TZ="Pacific/Apia", HOME="/nowhere"),
    Setting("1 thread", 1, 2, LC_ALL="C.UTF-8"),
    Setting("7 threads, fixed hash seed", 7, 1, seed=True, LC_ALL="POSIX", LANGUAGE="ja:ko", TERM="dumb"),
    Setting("7 threads again", 7, 0, LC_ALL="lt_LT.UTF-8", NO_COLOR="1"),
    Setting("33 threads", 33, 2, LC_ALL="C"),
]


def known_verbs(toklab):
    """The verbs that help lists, down to those that have none below them."""
    found, waiting = [], [[]]
    while waiting:
        path = waiting.pop()
        told = subprocess.run([toklab, *path, "--help"], capture_output=True, text=True, check=True).stdout
        names, listing = [], False
        for line in told.split("\n"):
            if line and not line.startswith(" "):
                listing = line.endswith("SUBCOMMANDS:")
            elif listing and (match := re.match(r"  ([a-z][a-z-]*)( \(default\))?(  |$)", line)):
                names.append(match.group(1))
        waiting += [path + [name] for name in names]
        if not names:
            found.append(" ".join(path))
    return found


def without_times(content):
    """A JSON document of toklab without the text of its `provenance` and `timing`."""
    head = content[:200].lstrip()
    if not head.startswith(b'{') or b'"schema": "toklab.' not in head or b'"schema": "toklab.tokenizer/' in head:
        return content
    text = content.decode()
    for key in ("provenance", "timing"):
        if match := re.search(r'^  "%s": ' % key, text, re.M):
            _, end = json.JSONDecoder().raw_decode(text, match.end())
            text = text[:match.start()] + text[end:]
    # The contract has the seconds of each method in its row.
    if '"schema": "toklab.transplant.evaluate/1"' in text:
        text = re.sub(r'"seconds": [0-9.e-]+', '"seconds"', text)
    # What was measured of a sweep's cells.
    return text.encode()


def comparable(verb, name, content):
    if name == "PROVENANCE" or re.search(r"\.sqlite(-wal|-shm|\.lock)?$", name):
        return b""      # nothing but provenance and times; the store is compared by `sweep export`
    if verb == "sweep status":
        return re.sub(rb"  [0-9.]+ s  [0-9,]+ cells an hour a job", b"", content)
    return without_times(content)


def tree(folder):
    found = {}
    for place, folders, files in os.walk(folder):
        for name in folders:
            found[os.path.relpath(os.path.join(place, name), folder) + "/"] = b""
        for name in files:
            with open(os.path.join(place, name), "rb") as file:
                found[os.path.relpath(os.path.join(place, name), folder)] = file.read()
    return found


def copy(source, target, order):
    """A copy whose files are made in another order, which is that of a listing on a tmpfs."""
    os.makedirs(target)
    for entry in sorted(os.scandir(source), key=lambda entry: order(entry.name)):
        to = os.path.join(target, entry.name)
        if entry.is_dir():
            copy(entry.path, to, order)
        else:
            shutil.copy(entry.path, to)


class Matrix:
    def __init__(self, toklab, folder, whole):
        self.toklab, self.folder, self.settings = toklab, folder, WHOLE if whole else SHORT
        self.differences, self.runs = [], 0
        first = os.path.join(folder, "world-0")
        inputs.build(toklab, first)
        copy(first, os.path.join(folder, "world-1"), lambda name: name)
        copy(first, os.path.join(folder, "world-2"), lambda name: hashlib.sha256(name.encode()).hexdigest())
        self.say("the copies list their files in the same order: put the temporary folder on a tmpfs",
                 os.listdir(self.world(1) + "/parallel") == os.listdir(self.world(2) + "/parallel"))

    def world(self, number):
        return os.path.join(self.folder, f"world-{number}")

    def say(self, text, wrong=True):
        if wrong:
            self.differences.append(text)

    def once(self, verb, words, number):
        """Status, output and files of one run in a folder of its own."""
        setting = self.settings[number]
        place = tempfile.mkdtemp(dir=self.folder)
        os.symlink(self.world(setting.world), place + "/in")
        os.mkdir(place + "/out")
        steps = [(verb, words)]
        if verb in AFTER:
            steps.insert(0, (AFTER[verb], RUNS[AFTER[verb]][0]))
        for verb, words in steps:
            command = [self.toklab, *verb.split()]
            for word in shlex.split(words):
                if word in ("JOBS", "PYTHON"):
                    command += ["--jobs", str(setting.threads or 3)] if word == "JOBS" else ["--python", sys.executable]
                else:
                    command.append(word)
            if not verb.startswith("sweep ") and verb != "models helper":
                command += ["-q"] + (["--threads", str(setting.threads)] if setting.threads else [])
            elif verb in ("sweep run", "sweep resume"):
                command.append("-q")
            done = subprocess.run(command, cwd=place, env=setting.environment, stdin=subprocess.DEVNULL, capture_output=True)
        files = {name: comparable(verb, name, content) for name, content in tree(place + "/out").items()}
        shutil.rmtree(place)
        return done.returncode, comparable(verb, "", done.stdout), done.stderr, files

    def compare(self, run):
        verb, words = run
        status, words = (1, words[3:]) if words.startswith("1: ") else (0, words)
        told = f"{verb} {words}"
        first = self.once(verb, words, 0)
        self.runs += len(self.settings)
        if first[0] != status:
            return self.say(f"status {first[0]}, not {status}: {told}: {first[2].decode()}")
        self.say(f"nothing came out: {told}", not first[1] and not any(first[3].values()))
        for number in range(1, len(self.settings)):
            found = self.once(verb, words, number)
            name = self.settings[number].name
            self.say(f"status {found[0]} with {name}: {told}: {found[2].decode()}", found[0] != first[0])
            self.say(f"another standard output with {name}: {told}{where(first[1], found[1])}", found[1] != first[1])
            self.say(f"another standard error with {name}: {told}: {found[2]} {first[2]}", found[2] != first[2])
            self.say(f"other files with {name}: {told}: {sorted(set(first[3]) ^ set(found[3]))}",
                     set(first[3]) != set(found[3]))
            for file in sorted(set(first[3]) & set(found[3])):
                a, b = first[3][file], found[3][file]
                self.say(f"another {file} with {name}: {told}{where(a, b)}", a != b)

    def orders(self):
        """Shards in another order on the command line: the same sum, the same tokenizer."""
        place = tempfile.mkdtemp(dir=self.folder)
        made = {}
        for number, names in enumerate((["a", "b", "five"], ["five", "a", "b"], ["b", "five", "a"])):
            shards = [f"{self.world(number)}/{name}.shard" for name in names]
            for verb in (["merge-counts"], ["train", "bpe", "--vocab-size", "700", "--counts"]):
                out = f"{place}/{number}.json"
                subprocess.run([self.toklab, *verb, *shards, "-o", out, "-q"], check=True)
                made.setdefault(verb[0], set()).add(b"".join(tree(place)[name] for name in sorted(tree(place))))
                for name in os.listdir(place):
                    os.remove(os.path.join(place, name))
                self.runs += 1
        for verb, results in made.items():
            self.say(f"{verb}: another result with the shards in another order", len(results) != 1)


def where(a, b):
    place = next((index for index, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return f": byte {place}: {a[max(0, place - 40):place + 60]!r} and {b[max(0, place - 40):place + 60]!r}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("toklab")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("verbs", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=FAST) as folder:
        matrix = Matrix(os.path.abspath(options.toklab), folder, options.whole)
        known = known_verbs(matrix.toklab)
        for verb in known:
            matrix.say(f"help lists '{verb}', which is neither in RUNS nor in LEFT_OUT of verbs.py",
                       verb not in RUNS and verb not in LEFT_OUT)
        for verb in [*RUNS, *LEFT_OUT, *options.verbs]:
            matrix.say(f"help does not list '{verb}'", verb not in known)
        chosen = [verb for verb in RUNS if not options.verbs or verb in options.verbs]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(matrix.compare, [(verb, words) for verb in chosen for words in RUNS[verb]]))
        if "merge-counts" in chosen:
            matrix.orders()
    for line in matrix.differences:
        print(line)
    print(f"{matrix.runs} runs of {len(chosen)} verbs, {len(matrix.differences)} differences")
    raise SystemExit(1 if matrix.differences else 0)


if __name__ == "__main__":
    main()
