"""Model files that change while they are mapped."""
import os
import random
import resource
import shutil
import signal
import struct
import time

import inputs as made
from bench import stopped

BODY = 400 << 20


def big_folder(bench, place):
    """The small model with a tensor of zeros that takes no room, in front of a small one."""
    shutil.copytree(bench.inputs.path("model"), place + "/model")
    path = place + "/model/model.safetensors"
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack_from("<Q", content)
    import json
    header = json.loads(content[8:8 + length])
    own = len(content) - 8 - length
    header["layers.0.weight"] = {"dtype": "F16", "shape": [BODY // 2], "data_offsets": [own, own + BODY]}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + content[8 + length:])
        file.truncate(8 + len(text) + own + BODY)
    return path


def big_gguf(bench, place):
    rows = made.capacity(bench.inputs.read("bpe.json"))
    path = place + "/big.gguf"
    content, zeros = made.gguf(bench.inputs.read("vocabulary.gguf"), rows, random.Random(5), feed_forward=1_000_000)
    with open(path, "wb") as file:
        file.write(content)
        file.truncate(len(content) + zeros)
    return path


def shorter(path):
    os.truncate(path, os.path.getsize(path) // 3)


def a_little_shorter(path):
    os.truncate(path, os.path.getsize(path) - 2)


def written(path):
    with open(path, "r+b") as file:
        file.seek(-4, 2)
        file.write(b"\1\2\3\4")


def replaced(path):
    os.rename(path, path + ".old")
    with open(path, "wb") as file:
        file.write(b"another file")


def changes(bench):
    """Copying (`transplant`) and reading numbers (`models convert`), with the file changed in the middle."""
    for what, make, words in (
            ("transplant", big_folder, ["transplant", "model", "--to", "in/other.json", "--method", "mean", "-o", "out/m"]),
            ("models convert", big_gguf, ["models", "convert", "big.gguf", "--type", "f16", "-o", "out/m"])):
        whole = None
        for change in (None, shorter, a_little_shorter, written, replaced):
            place = bench.place()
            path = make(bench, place)

            def half():
                for folder in os.listdir(place + "/out"):
                    if ".tmp-" in folder:
                        for name in os.listdir(f"{place}/out/{folder}"):
                            if "safetensors" in name and os.path.getsize(f"{place}/out/{folder}/{name}") > 8 << 20:
                                return True
                return False

            process = bench.start([bench.toklab, *words, "-q"], place)
            if change:
                name = f"{what}, {change.__name__.replace('_', ' ')}"
                bench.check(f"{name}: in the middle", stopped(process, half))
                change(path)
                process.send_signal(signal.SIGCONT)
            run = bench.finish(process)
            if change is None:
                bench.check(f"{what}: undisturbed", run.status == 0, run.error)
                whole = bench.files(place)
            elif change is replaced:
                bench.check(f"{name}: the result of the old file", run.status == 0 and bench.files(place) == whole, run.error)
            else:
                bench.fails(name, run, os.path.basename(path), "while it was read", "run again")
                bench.check(f"{name}: says how", (b"became shorter" if "shorter" in name else b"was written to") in run.error, run.error)
                bench.check(f"{name}: nothing is left", not os.listdir(place + "/out"), os.listdir(place + "/out"))
            shutil.rmtree(place)
    bench.note(f"a model body of {BODY >> 20} MiB; the process was stopped after 8 MiB of its output")


def texts(bench):
    """Text that becomes shorter or longer while it is read is read as it was found: no trap, no wrong status."""
    place = bench.place()
    with open(place + "/text", "w") as file:
        file.write("the water of the river\n" * 1_000_000)
    for change in (lambda path: os.truncate(path, 1000), lambda path: open(path, "a").write("more\n" * 1000)):
        for words in (["encode", "-t", "in/bpe.json", "text", "--per-line", "-o", "out/x"],
                      ["train", "bpe", "text", "--vocab-size", "300", "-o", "out/t.json"], ["count-words", "text", "-o", "out/w"]):
            process = bench.start([bench.toklab, *words, "-q"], place)
            time.sleep(0.02)
            process.send_signal(signal.SIGSTOP)
            change(place + "/text")
            process.send_signal(signal.SIGCONT)
            run = bench.finish(process)
            bench.check(f"{words[0]}: text that changes", run.status == 0 or run.status == 2 and run.error.count(b"\n") == 1,
                        (run.status, run.error))
            bench.check(f"{words[0]}: text that changes: no temporary file", not bench.left(place))
            with open(place + "/text", "w") as file:
                file.write("the water of the river\n" * 1_000_000)
    shutil.rmtree(place)


CASES = {"mapped": changes, "changing-text": texts}
