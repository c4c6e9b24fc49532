"""Inputs of unusual size and shape, and `--memory`."""
import os
import random
import shutil
import subprocess
import threading
import time

from bench import RUNS, known_verbs, without_times

MB = 1_000_000


def feed(process, block, total):
    """Writes `total` bytes of repeated `block` to a process from a thread of its own; it may close the pipe."""
    def write():
        left = total
        try:
            while left > 0:
                part = block[:left]
                process.stdin.write(part)
                left -= len(part)
            process.stdin.close()
        except (BrokenPipeError, ValueError):
            pass

    thread = threading.Thread(target=write)
    thread.start()
    return thread


def fed(bench, command, place, block, total, output=None):
    """A run with made-up standard input; standard output to a file."""
    with open(output or os.devnull, "wb") as file:
        began = time.monotonic()
        process, memory = bench.measured(command, place, stdin=subprocess.PIPE, stdout=file)
        thread = feed(process, block, total)
        run = bench.finish(process, began)
        thread.join()
        with os.fdopen(memory) as told:
            run.memory = int(told.read()) * 1024
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass
    return run


def words(bench, count):
    """Text of different words without a line end, some megabytes."""
    chance = random.Random(8)
    known = bench.inputs.read("parallel/eng.txt").decode().split()
    known += ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 12))) for _ in range(20_000)]
    return (" ".join(chance.choices(known, k=count)) + " ").encode()


# Memory per byte of a line: encoding holds text and ids, which are put together; counting and training hold the text.
LINE = {"encode": (["encode", "-t", "in/bpe.json", "--format", "u32"], 8), "count": (["count", "-t", "in/bpe.json", "--json"], 3),
        "train bpe": (["train", "bpe", "--vocab-size", "1000", "-o", "out/t.json"], 3),
        "count-words": (["count-words", "-o", "out/shard"], 3)}


def one_line(bench):
    """One line of 1 GB from standard input (20 MB in the short form): bounded time and memory."""
    total = 1000 * MB if bench.whole else 20 * MB
    block = words(bench, 1_000_000)
    place = bench.place()
    for verb, (command, factor) in LINE.items():
        run = fed(bench, [bench.toklab, *command, "-q"], place, block, total, place + "/output")
        bench.check(f"{verb}: works", run.status == 0, run.error)
        bench.check(f"{verb}: memory", run.memory < 150 * MB + factor * total, run.memory)
        bench.check(f"{verb}: time", run.seconds < 10 + total / (2 * MB), run.seconds)
        bench.note(f"{verb} of a line of {total // MB} MB: {run.seconds:.1f} s, {run.memory / MB:.0f} MB")
        if verb == "encode":
            back = bench.run([bench.toklab, "decode", "-t", "in/bpe.json", "--format", "u32", "output", "-o", "out/back"], place)
            bench.check("decodes", back.status == 0, back.error)
            with open(place + "/out/back", "rb") as file:
                place_in = 0
                while part := file.read(len(block)):
                    bench.check("the same bytes", part == block[:total - place_in][:len(part)])
                    place_in += len(part)
            bench.check("all bytes", place_in == total, place_in)
        if verb == "count":
            with open(place + "/output", "rb") as file:
                text = file.read()
            bench.check("counts its bytes", b'"documents": 1, ' in text and b'"bytes": %d,' % total in text, text[:300])
    shutil.rmtree(place)


def tiny(bench):
    """10 million documents of a few bytes (200,000 in the short form)."""
    documents = 10_000_000 if bench.whole else 200_000
    lines = [b"a\n", b"\n", b"the\n", b"b c\n", b"42\n", "é\n".encode(), b"x y\n", b"water\n"]
    chance = random.Random(4)
    block = b"".join(chance.choices(lines, k=100_000))
    total = len(block) * (documents // 100_000)
    place = bench.place()
    for what, command in (("encode", ["encode", "-t", "in/bpe.json", "--per-line"]),
                          ("count", ["count", "-t", "in/bpe.json", "--per-line", "--json"]),
                          ("train bpe", ["train", "bpe", "--vocab-size", "257", "-o", "out/t.json"]),
                          ("models ngram", ["models", "ngram", "-t", "in/bpe.json", "--per-line", "--order", "2", "-o", "out/m"])):
        run = fed(bench, [bench.toklab, *command, "-q"], place, block, total, place + "/output")
        bench.check(f"{what}: works", run.status == 0, run.error)
        # Nothing but a window of the documents is held.
        limit = 300 * MB if what != "models ngram" else 300 * MB + 40 * total
        bench.check(f"{what}: memory", run.memory < limit, run.memory)
        bench.check(f"{what}: time", run.seconds < 10 + documents / 100_000, run.seconds)
        bench.note(f"{what} of {documents:,} documents: {run.seconds:.1f} s, {run.memory / MB:.0f} MB")
        with open(place + "/output", "rb") as file:
            text = file.read()
        if what == "encode":
            bench.check("a line a document", text.count(b"\n") == documents, text.count(b"\n"))
            size = text.count(b"\n") // (documents // 100_000)
            bench.check("every block alike", text == text[:len(text) * size // text.count(b"\n")] * (documents // 100_000))
        if what == "count":
            bench.check("counts them", b'"documents": %d,' % documents in text, text[:300])
    # As strings of JSON Lines.
    block = b"".join(b'{"id": 1, "text": "a b"}\n' for _ in range(10_000))
    run = fed(bench, [bench.toklab, "count", "-t", "in/bpe.json", "--json-field", "text", "--json", "-q"], place, block,
              len(block) * (documents // 10_000), place + "/output")
    with open(place + "/output", "rb") as file:
        bench.check("JSON Lines", run.status == 0 and b'"documents": %d,' % documents in file.read(), run.error)
    shutil.rmtree(place)


def specials(bench):
    """1,000 special tokens, some the beginnings of others, and a text of each 1,000 times."""
    tokens = [f"<|s{number}|>" for number in range(500)] + [f"<|s{number}" for number in range(250)]
    tokens += ["<" * length for length in range(1, 126)] + ["|" + ">" * length for length in range(1, 126)]
    place = bench.place()
    command = [bench.toklab, "train", "bpe", "in/small.txt", "--vocab-size", "1400", "-o", "out/t.json", "-q"]
    for token in tokens:
        command += ["--special", token]
    run = bench.run(command, place)
    bench.check("1,000 special tokens", run.status == 0 and len(set(tokens)) == 1000, run.error)
    repeat = 1000 if bench.whole else 100
    # The longest token at each place wins, from the left: a word between two keeps them apart.
    with open(place + "/apart", "w") as file:
        file.writelines((token + "a") * repeat + "\n" for token in tokens)
    with open(place + "/together", "w") as file:
        file.writelines(token * repeat + "\n" for token in tokens)
    import json
    with open(place + "/out/t.json") as file:
        ids = {token["content"]: token["id"] for token in json.load(file)["added_tokens"]}
    run = bench.run([bench.toklab, "encode", "-t", "out/t.json", "apart", "--per-line", "--allow-special", "all", "-q"], place)
    bench.check("recognised: works", run.status == 0, run.error)
    bench.check("recognised: time", run.seconds < 20, run.seconds)
    plain = bench.run([bench.toklab, "encode", "-t", "out/t.json", "-q"], place, stdin=subprocess.DEVNULL)
    bench.check("nothing", plain.status == 0, plain.error)
    lines = run.output.decode().split("\n")
    a = subprocess.run([bench.toklab, "encode", "-t", "out/t.json"], cwd=place, input=b"a", capture_output=True).stdout.decode().strip()
    wrong = [token for token, line in zip(tokens, lines) if line != " ".join([str(ids[token]), a] * repeat)]
    bench.check("each is itself, every time", not wrong, wrong[:5])
    bench.note(f"1,000 special tokens × {repeat}: {run.seconds:.2f} s")
    for name in ("apart", "together"):
        for allowed in ("all", "none"):
            run = bench.run([bench.toklab, "encode", "-t", "out/t.json", name, "--allow-special", allowed, "-q", "-o", "out/ids"], place)
            back = bench.run([bench.toklab, "decode", "-t", "out/t.json", "out/ids", "-o", "out/back", "-q"], place)
            with open(f"{place}/{name}", "rb") as first, open(place + "/out/back", "rb") as second:
                bench.check(f"{name}, {allowed}: back again", run.status == back.status == 0 and first.read() == second.read(), run.error)
            bench.check(f"{name}, {allowed}: time", run.seconds < 20, run.seconds)
            counted = bench.run([bench.toklab, "count", "-t", "out/t.json", name, "--allow-special", allowed, "-q"], place)
            bench.check(f"{name}, {allowed}: counted", counted.status == 0, counted.error)
    shutil.rmtree(place)


def memory(bench):
    """Every verb that accepts `--memory` holds it or ends with an error, and with enough of it gives the same result."""
    verbs = [verb for verb in known_verbs(bench.toklab)
             if b"--memory" in subprocess.run([bench.toklab, *verb.split(), "--help"], capture_output=True).stdout]
    bench.check("verbs with --memory", len(verbs) > 50, len(verbs))
    for verb in verbs:
        if verb in ("corpus prepare", "sweep resume"):
            continue
        words = RUNS[verb][0]
        _, files, _, status = bench.reference(verb, words)
        place = bench.place()
        run = bench.run(bench.command(verb, words) + ["--memory", "1M"], place)
        bench.fails(f"{verb} --memory 1M", run, "--memory 1000k", "expected a larger --memory")
        # A sweep has its store then, and can be resumed.
        bench.check(f"{verb} --memory 1M: nothing written", verb == "sweep run" or not bench.files(place) and not bench.left(place), os.listdir(place + "/out"))
        run = bench.run(bench.command(verb, words) + ["--memory", "4G"], place)
        bench.check(f"{verb} --memory 4G: as without", run.status == status, run.error)
        same = without_times(run.output) == without_times(bench.reference(verb, words)[0])
        bench.check(f"{verb} --memory 4G: the same", same and bench.files(place) == files)
        for bad in ("64k", "lots", "-1"):
            run = bench.run(bench.command(verb, words) + [f"--memory={bad}"], place)
            bench.check(f"{verb} --memory {bad}: usage", run.status == 64 and b"--memory" in run.error, (run.status, run.error))
        shutil.rmtree(place)
    bench.note(f"{len(verbs)} verbs accept --memory")
    # Held while the work grows.
    limit, total = (500 * MB, 2000 * MB) if bench.whole else (60 * MB, 200 * MB)
    block = globals()["words"](bench, 300_000)
    place = bench.place()
    for verb, (command, _) in LINE.items():
        with open(place + "/out/t.json", "w") as file:
            file.write("old")
        run = fed(bench, [bench.toklab, *command, "--memory", str(limit), "-q"], place, block, total)
        bench.fails(f"{verb} --memory {limit // MB}M", run, f"--memory {limit // MB}M")
        bench.check(f"{verb}: held", run.memory < limit + 100 * MB, run.memory)
        with open(place + "/out/t.json") as file:
            bench.check(f"{verb}: the old file stays", file.read() == "old")
        bench.check(f"{verb}: nothing is left", os.listdir(place + "/out") == ["t.json"], os.listdir(place + "/out"))
        bench.note(f"{verb} --memory {limit // MB}M: ended at {run.memory / MB:.0f} MB after {run.seconds:.1f} s")
    shutil.rmtree(place)


CASES = {"one-line": one_line, "tiny-documents": tiny, "special-tokens": specials, "memory": memory}
