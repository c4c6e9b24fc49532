"""What the cases of `faults_test.py` share: a folder of small inputs, runs in it, and named checks."""
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../Determinism"))
import inputs  # noqa: E402
from matrix_test import known_verbs, tree, without_times  # noqa: E402, F401
from verbs import RUNS  # noqa: E402

FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
ENVIRONMENT = dict(os.environ, SWIFT_BACKTRACE="enable=no")


class Run:
    """A finished process: status (minus the signal that ended it), output, error, most memory in bytes, seconds."""

    def __init__(self, status, output, error, memory, seconds):
        self.status, self.output, self.error, self.memory, self.seconds = status, output, error, memory, seconds


class Bench:
    def __init__(self, toklab, folder, whole):
        self.toklab = os.path.abspath(toklab)
        self.folder, self.whole = folder, whole
        self.done, self.failed, self.notes = 0, [], []
        self.case = ""
        self.inputs = inputs.build(self.toklab, os.path.join(folder, "inputs"))
        self.references = {}

    # Checks

    def check(self, what, condition, seen=""):
        self.done += 1
        if not condition:
            self.failed.append(f"{self.case}: {what}: {str(seen)[:600]}")
            print("failed:", self.failed[-1], flush=True)
        return condition

    def note(self, text):
        """A figure for the report."""
        self.notes.append((self.case, text))

    def fails(self, what, run, *words, status=2):
        """One error line that holds the words, and no name of a temporary file."""
        text = run.error.decode(errors="replace")
        self.check(f"{what}: status {status}", run.status == status, (run.status, text))
        self.check(f"{what}: one error line", text.count("\n") == 1 and text.startswith("toklab: error: "), text)
        for word in words:
            self.check(f"{what}: says {word!r}", word in text, text)
        self.check(f"{what}: no temporary name", ".tmp-" not in text, text)

    # Places and commands

    def place(self):
        """A new folder with `in` and an empty `out`."""
        place = tempfile.mkdtemp(dir=self.folder)
        os.symlink(self.inputs.folder, place + "/in")
        os.mkdir(place + "/out")
        return place

    def command(self, verb, words):
        command = [self.toklab, *verb.split()]
        for word in shlex.split(words.removeprefix("1: ")):
            command += {"JOBS": ["--jobs", "2"], "PYTHON": ["--python", sys.executable]}.get(word, [word])
        quiet = not verb.startswith("sweep ") and verb != "models helper" or verb in ("sweep run", "sweep resume")
        return command + (["-q"] if quiet else [])

    def writers(self):
        """One run of each verb that writes files: (verb, words, target)."""
        found = []
        for verb, runs in RUNS.items():
            for words in runs:
                split = shlex.split(words)
                flag = "-o" if "-o" in split else "--store" if verb == "sweep run" else "--save-log" if "--save-log" in split else None
                if flag:
                    found.append((verb, words, split[split.index(flag) + 1]))
                    break
        return found

    def start(self, command, place, **more):
        more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": ENVIRONMENT, **more}
        return subprocess.Popen(command, cwd=place, **more)

    def finish(self, process, began=None, timeout=900):
        """Waits for a process whose output is small or goes elsewhere; with the most memory it had."""
        began = began or time.monotonic()
        output = process.stdout.read() if process.stdout else b""
        error = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()
        return Run(process.returncode, output, error, usage.ru_maxrss * 1024, time.monotonic() - began)

    def run(self, command, place, **more):
        return self.finish(self.start(command, place, **more))

    def measured(self, command, place, **more):
        """A run whose most memory is its own: that of a child of a large process begins with the parent's."""
        reading, writing = os.pipe()
        script = ("import os, sys; child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ); _, status, usage = "
                  "os.wait4(child, 0); os.write(int(sys.argv[1]), str(usage.ru_maxrss).encode()); "
                  "code = os.waitstatus_to_exitcode(status); sys.exit(code if code >= 0 else 128 - code)")
        process = self.start([sys.executable, "-S", "-c", script, str(writing), *command], place, pass_fds=[writing], **more)
        os.close(writing)
        return process, reading

    def reference(self, verb, words):
        """Output and files of an undisturbed run."""
        if (verb, words) not in self.references:
            place = self.place()
            began = time.monotonic()
            done = self.run(self.command(verb, words), place)
            self.check(f"{verb} {words}: undisturbed", done.status in (0, 1), done.error)
            self.references[verb, words] = (done.output, self.files(place), time.monotonic() - began, done.status)
            shutil.rmtree(place)
        return self.references[verb, words]

    @staticmethod
    def files(place):
        """Finished files in `out` whose bytes are determined: no stores, no provenance."""
        return {name: without_times(content) for name, content in tree(place + "/out").items()
                if ".tmp-" not in name and ".sqlite" not in name and name != "PROVENANCE"}

    @staticmethod
    def left(place):
        return [name for name in tree(place + "/out") if ".tmp-" in name]


def limit(which, value):
    return lambda: resource.setrlimit(which, (value, value))


def stopped(process, ready, seconds=30):
    """Stops a process once `ready()`; whether that came before its end."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if ready():
            process.send_signal(signal.SIGSTOP)
            return True
    return False
