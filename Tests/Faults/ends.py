"""Early ends: kill -9, signals, a helper that dies, leftovers of the dead."""
import os
import random
import shutil
import signal
import sys
import time

from bench import ENVIRONMENT


def disturbed(bench, verb, words, target, number, chance):
    """A run that gets a signal when its temporary file appears, or at some moment; what it left."""
    place = bench.place()
    path = os.path.join(place, target)
    is_file = os.path.basename(target) in bench.reference(verb, words)[1] and "/" not in target.removeprefix("out/")
    if is_file:
        with open(path, "w") as file:
            file.write("old\n")
    process = bench.start(bench.command(verb, words), place)
    moment = chance.uniform(0, bench.reference(verb, words)[2])
    end = time.monotonic() + (moment if chance.random() < 0.5 else 30)
    while process.poll() is None and time.monotonic() < end:
        if end - time.monotonic() > moment and any(".tmp-" in name for name in os.listdir(place + "/out")):
            break
    if process.poll() is None:
        process.send_signal(number)
    process.stdout.read(), process.stderr.read()
    status = process.wait()
    _, whole, _, _ = bench.reference(verb, words)
    for name, content in bench.files(place).items():
        good = content == whole.get(name) or is_file and content == b"old\n" and name == os.path.basename(target)
        # A sweep keeps each tokenizer when it is finished.
        bench.check(f"{verb} {words}: {name} is whole or as before", good, len(content))
    return place, status


def killed(bench):
    chance = random.Random(3)
    ends = 0
    for verb, words, target in bench.writers():
        for _ in range(8 if bench.whole else 1):
            place, status = disturbed(bench, verb, words, target, signal.SIGKILL, chance)
            ends += status == -signal.SIGKILL
            again = bench.run(bench.command(verb, words), place)
            expected = bench.reference(verb, words)
            # Finished, and killed before it could say so: a folder of results is not written over.
            full = b"something in it" in again.error or b"something is there already" in again.error
            bench.check(f"{verb} {words}: runs again", again.status == expected[3] or full, again.error)
            files = bench.files(place)
            bench.check(f"{verb} {words}: same files then", files == expected[1], sorted(set(files) ^ set(expected[1])))
            shutil.rmtree(place)
    bench.check("some were killed", ends >= len(bench.writers()) // 5, ends)
    bench.note(f"{ends} of {len(bench.writers()) * (8 if bench.whole else 1)} runs of {len(bench.writers())} verbs were killed before their end")


def signals(bench):
    chance = random.Random(5)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        ends = 0
        chosen = bench.writers() if bench.whole else bench.writers()[number % 3::3]
        # On a busy machine the moments may be badly chosen: then the same again.
        for verb, words, target in chosen * 4:
            if ends >= 2 and (verb, words, target) == chosen[0]:
                break
            place, status = disturbed(bench, verb, words, target, number, chance)
            ends += status == 128 + number
            bench.check(f"{verb} {words}: status after signal {number}",
                        # -number: before the program had begun.
                        status in (128 + number, -number, bench.reference(verb, words)[3]), status)
            bench.check(f"{verb} {words}: no temporary file after signal {number}", not bench.left(place), bench.left(place))
            shutil.rmtree(place)
        bench.check(f"some ended by signal {number}", ends >= 2, ends)
        bench.note(f"signal {number}: {ends} runs ended by it, status {128 + number}")


def companions(bench):
    """`toklab sweep` and `toklab serve` are programs that toklab becomes: they must not inherit its blocked signals."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        place = bench.place()
        process = bench.start([bench.toklab, "sweep", "run", "in/plan.toml", "--store", "out/s.sqlite", "--jobs", "1"], place)
        process.stderr.readline()
        process.send_signal(number)
        began = time.monotonic()
        process.stdout.read(), process.stderr.read()
        bench.check(f"sweep run: signal {number}", process.wait() == 128 + number, process.returncode)
        bench.check(f"sweep run: ends at once", time.monotonic() - began < 1)
        again = bench.run([bench.toklab, "sweep", "resume", "--store", "out/s.sqlite"], place)
        bench.check("sweep resume goes on", again.status == 0 and b"18 in" in again.error, again.error)
        process = bench.start([bench.toklab, "serve", "--port", "0", "-t", "in/bpe.json"], place)
        process.stderr.readline()
        process.send_signal(number)
        bench.check(f"serve: signal {number}", process.wait(10) in (128 + number, -number), process.returncode)
        process.stdout.close(), process.stderr.close()
        shutil.rmtree(place)


def leftovers(bench):
    """The temporary names of a process of the same number that was killed: in containers numbers come again."""
    for verb, words, target in bench.writers():
        place = bench.place()
        target = os.path.join(place, target.rstrip("/"))

        def occupy():
            name = f"{target}.tmp-{os.getpid()}"
            for path in (name, name + "-0"):
                os.makedirs(path)

        run = bench.run(bench.command(verb, words), place, preexec_fn=occupy)
        expected = bench.reference(verb, words)
        bench.check(f"{verb} {words}: beside leftovers of its number", run.status == expected[3], run.error)
        bench.check(f"{verb} {words}: same files", bench.files(place) == expected[1])
        shutil.rmtree(place)


SLOW = '''
import os, time
open("helper.pid", "w").write(str(os.getpid()))
class Slow:
    def __init__(self, size):
        self.facts = {"vocabulary_size": size, "answers_empty_context": True, "batch_invariant": True, "end_tokens": [0]}
        self.asked = 0
    def rows(self, contexts):
        for context in contexts:
            self.asked += 1
            if self.asked > 3:
                open("helper.busy", "w").close()
                time.sleep(60)
            yield [0.0] * self.facts["vocabulary_size"]
def open_model(arguments):
    return Slow(arguments.vocabulary)
'''


def alive(number):
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def helper(bench):
    """The model's helper is killed, and toklab is, while the other is at work."""
    command = [bench.toklab, "score", "capacity", "--model", "python:slow.py", "-t", "in/bpe.json", "--samples", "in/short.txt",
               "--save-log", "out/log", "--python", sys.executable, "-q"]
    record = [bench.toklab, "models", "record", "--model", "python:slow.py", "-t", "in/bpe.json", "--prompts", "in/prompts.txt",
              "-o", "out/tree", "--python", sys.executable, "-q"]
    for words in (command, record):
        for who, number in (("helper", signal.SIGKILL), ("toklab", signal.SIGKILL), ("toklab", signal.SIGINT),
                            ("toklab", signal.SIGTERM)):
            place = bench.place()
            with open(place + "/slow.py", "w") as file:
                file.write(SLOW)
            process = bench.start(words, place, env=ENVIRONMENT)
            end = time.monotonic() + 20
            while not os.path.exists(place + "/helper.busy") and process.poll() is None and time.monotonic() < end:
                time.sleep(0.01)
            with open(place + "/helper.pid") as file:
                child = int(file.read())
            what = f"{' '.join(words[1:3])}, {who} gets signal {number}"
            bench.check(f"{what}: at work", process.poll() is None and alive(child))
            if who == "helper":
                os.kill(child, number)
                run = bench.finish(process)
                bench.fails(what, run, "slow.py: the model helper was ended by signal 9")
            else:
                process.send_signal(number)
                run = bench.finish(process)
                wanted = -number if number == signal.SIGKILL else 128 + number
                bench.check(f"{what}: status", run.status == wanted, run.status)
            end = time.monotonic() + 3
            while alive(child) and time.monotonic() < end:
                time.sleep(0.02)
            bench.check(f"{what}: no helper is left", not alive(child))
            bench.check(f"{what}: nothing is written", not bench.files(place), bench.files(place).keys())
            if number != signal.SIGKILL or who == "helper":
                bench.check(f"{what}: no temporary file", not bench.left(place), bench.left(place))
            shutil.rmtree(place)


CASES = {"killed": killed, "signals": signals, "companions": companions, "leftovers": leftovers, "helper": helper}
