"""Places that cannot be written: full disks, limits, read-only folders, full and closed streams."""
import os
import resource
import shutil
import subprocess
import sys

from bench import ENVIRONMENT, RUNS, limit

PAGE = 4096


def total(files):
    return sum(len(content) for content in files.values())


def mounted(path, options):
    """Mounts a tmpfs, which takes root and the right to; else False."""
    if os.geteuid() != 0:
        return False
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], capture_output=True).returncode == 0


def full_disk(bench):
    """A disk of one page (as root), and a limit of 100 bytes a file."""
    tried = 0
    for verb, words, target in bench.writers():
        expected = bench.reference(verb, words)
        place = bench.place()
        if mounted(place + "/out", f"size={PAGE}"):
            tried += 1
            try:
                run = bench.run(bench.command(verb, words), place)
                if verb != "sweep run" and total(expected[1]) <= PAGE // 2:
                    bench.check(f"{verb} {words}: fits", run.status == expected[3], run.error)
                else:
                    bench.fails(f"{verb} {words}, disk full", run, "out")
                    text = run.error.decode(errors="replace")
                    bench.check(f"{verb} {words}: says why", "No space left" in text or "is full" in text, text)
                    bench.check(f"{verb} {words}: no temporary file", not bench.left(place), bench.left(place))
                    if verb != "sweep run":
                        bench.check(f"{verb} {words}: nothing half-written", not bench.files(place), bench.files(place).keys())
            finally:
                subprocess.run(["umount", place + "/out"], check=True)
        run = bench.run(bench.command(verb, words), place, preexec_fn=limit(resource.RLIMIT_FSIZE, 100))
        if total(expected[1]) > 100:
            bench.check(f"{verb} {words}, 100 bytes a file: status 2", run.status == 2, (run.status, run.error))
            bench.check(f"{verb} {words}, 100 bytes a file: one line", run.error.count(b"\n") == 1, run.error)
            bench.check(f"{verb} {words}, 100 bytes a file: nothing half-written",
                        not bench.left(place) and all(expected[1].get(name) == content
                                                      for name, content in bench.files(place).items()),
                        os.listdir(place + "/out"))
        shutil.rmtree(place)
    bench.note(f"{len(bench.writers())} verbs with a limit of 100 bytes a file, {tried} on a disk of one page")


def read_only(bench):
    """A folder that may not be written: a read-only mount as root, no permission otherwise."""
    for verb, words, target in bench.writers():
        place = bench.place()
        out = place + "/out"
        is_mounted = mounted(out, "ro")
        if not is_mounted:
            os.chmod(out, 0o555)
            if os.geteuid() == 0:
                # Root may write there all the same: a folder in which nobody can make files.
                os.rmdir(out)
                os.symlink("/sys/kernel", out)
        try:
            run = bench.run(bench.command(verb, words), place)
            bench.fails(f"{verb} {words}, read-only", run, target.rstrip("/").split(".")[0])
            bench.check(f"{verb} {words}, read-only: says why", b"Read-only" in run.error or b"ermi" in run.error
                        or b"read-only" in run.error or b"unable to open" in run.error, run.error)
        finally:
            if is_mounted:
                subprocess.run(["umount", out], check=True)
            elif os.path.islink(out):
                os.remove(out)
            else:
                os.chmod(out, 0o755)
        shutil.rmtree(place)


def printing(bench):
    """One run of each verb that writes to standard output, and what it writes."""
    found = []
    for verb, runs in RUNS.items():
        if verb in ("sweep resume", "sweep status", "sweep export", "sweep fit"):
            continue
        for words in runs:
            if bench.reference(verb, words)[0]:
                found.append((verb, words))
                break
    return found


def streams(bench):
    """Standard output that is full, closed by its reader, or not there at all."""
    store = bench.place()
    bench.run([bench.toklab, "sweep", "run", "in/plan.toml", "--store", "out/s.sqlite", "-q"], store)
    commands = [(f"{verb} {words}", bench.command(verb, words), None) for verb, words in printing(bench)]
    commands += [(" ".join(words), [bench.toklab, *words], store) for words in (
        ["sweep", "status", "--store", "out/s.sqlite"], ["sweep", "export", "--csv", "--store", "out/s.sqlite"],
        ["sweep", "fit", "--json", "--store", "out/s.sqlite", "--bootstrap", "10"], ["--help"], ["train", "--help"],
        ["sweep", "--help"], ["serve", "--help"], ["--version"], ["sweep", "plan", "--help"])]
    for what, command, kept in commands:
        place = kept or bench.place()

        def fresh():
            if not kept:
                shutil.rmtree(place + "/out")
                os.mkdir(place + "/out")

        with open("/dev/full", "w") as full:
            run = bench.run(command, place, stdout=full)
        bench.fails(f"{what} >/dev/full", run, "standard output: cannot ", "No space left on device")
        fresh()
        reading, writing = os.pipe()
        os.close(reading)
        run = bench.run(command, place, stdout=writing)
        os.close(writing)
        # A check that found a difference may say so all the same.
        bench.check(f"{what}, nobody reads: status", run.status in (0, 1 if "--against" in what else 0), run.status)
        lines = [line for line in run.error.decode().split("\n") if line and "no predictors" not in line and " sizes" not in line]
        bench.check(f"{what}, nobody reads: quiet", "error" not in run.error.decode() and not (lines and "-q" in command), run.error)
        fresh()
        run = bench.run(command, place, preexec_fn=lambda: os.close(1), stdout=None)
        bench.fails(f"{what} >&-", run, "standard output: cannot ", "Bad file descriptor")
        if not kept:
            shutil.rmtree(place)
    shutil.rmtree(store)
    # A reader that takes a line and goes while there is more to come.
    place = bench.place()
    for words in ("encode -t in/bpe.json in/text --per-line", "inspect in/bpe.json --dump-vocab", "view in/bpe.json in/small.txt"):
        command = [bench.toklab, *words.split()]
        process = bench.start(command, place)
        process.stdout.read(1)
        process.stdout.close()
        process.stdout = None
        run = bench.finish(process)
        bench.check(f"{words} | head -1", run.status == 0 and not run.error, (run.status, run.error))
    shutil.rmtree(place)
    bench.note(f"{len(commands)} commands with full, unread and missing standard output")


def no_streams(bench):
    """Without the standard streams a result must not land in a file by accident."""
    for verb, words, target in bench.writers():
        output, files, _, status = bench.reference(verb, words)
        place = bench.place()
        run = bench.run(bench.command(verb, words), place, stdin=None, stdout=None, stderr=None,
                        preexec_fn=lambda: os.closerange(0, 3))
        bench.check(f"{verb} {words} <&- >&- 2>&-: status", run.status == (2 if output else status), run.status)
        if run.status == status:
            bench.check(f"{verb} {words} <&- >&- 2>&-: files", bench.files(place) == files)
        bench.check(f"{verb} {words} <&- >&- 2>&-: whole or not there",
                    all(files.get(name) == content for name, content in bench.files(place).items()))
        shutil.rmtree(place)


# Clocks that are set while the program runs: real time is another at every look, by up to a year.
CLOCKS = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long jump(void) { static long n; return (n += 7919 * 4001) % 31536000 - 15768000; }
int clock_gettime(clockid_t id, struct timespec *t) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(id, t);
  if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) t->tv_sec += jump();
  return result;
}
time_t time(time_t *t) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (t) *t = now.tv_sec;
  return now.tv_sec;
}
int gettimeofday(struct timeval *t, void *zone) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  t->tv_sec = now.tv_sec;
  t->tv_usec = now.tv_nsec / 1000;
  return 0;
}
'''


def clock(bench):
    """Results, progress and measured seconds do not come from the clock that can be set."""
    import json
    import time
    place = bench.place()
    with open(place + "/clocks.c", "w") as file:
        file.write(CLOCKS)
    compiler = shutil.which("cc") or shutil.which("clang") or "gcc"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", place + "/clocks.so", place + "/clocks.c", "-ldl"], check=True)
    environment = dict(ENVIRONMENT, LD_PRELOAD=place + "/clocks.so")
    shown = subprocess.run([sys.executable, "-c", "import time; print(time.time())"], env=environment, capture_output=True, check=True)
    bench.check("the clock jumps", abs(float(shown.stdout) - time.time()) > 3600, shown.stdout)
    for verb, words in (("train bpe", RUNS["train bpe"][-1]), ("count", RUNS["count"][0]),
                        ("score premium", RUNS["score premium"][0]), ("sweep run", RUNS["sweep run"][0])):
        output, files, _, _ = bench.reference(verb, words)
        shutil.rmtree(place + "/out")
        os.mkdir(place + "/out")
        run = bench.run(bench.command(verb, words), place, env=environment)
        bench.check(f"{verb}: works", run.status == 0, run.error)
        from bench import without_times
        bench.check(f"{verb}: the same output", without_times(run.output) == without_times(output))
        bench.check(f"{verb}: the same files", bench.files(place) == files)
        if run.output.startswith(b"{"):
            for name, seconds in json.loads(run.output).get("timing", {}).items():
                bench.check(f"{verb}: {name}", not name.endswith("_seconds") or 0 <= seconds < 60, seconds)
    status = bench.run([bench.toklab, "sweep", "status", "--store", "out/s.sqlite"], place, env=environment)
    import re
    measured = [float(text.replace(",", "")) for text in re.findall(r"  ([0-9.,]+) s  ", status.output.decode())]
    bench.check("seconds of a sweep", len(measured) == 3 and all(0 <= x < 60 for x in measured), status.output)
    shutil.rmtree(place)


CASES = {"full-disk": full_disk, "read-only": read_only, "streams": streams, "no-streams": no_streams, "clock": clock}
