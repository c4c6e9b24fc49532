"""The inputs that the verbs of `verbs.py` need, made by toklab and a few lines here: texts, tokenizers, shards, models.

  build(toklab, folder)     fills a new folder; the same bytes every time
"""
import base64
import json
import os
import random
import struct
import subprocess

SPECIAL = ["<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"]
ENVIRONMENT = dict(os.environ, SWIFT_BACKTRACE="enable=no")


class Inputs:
    def __init__(self, toklab, folder):
        self.toklab = toklab
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run(self, *arguments):
        done = subprocess.run([self.toklab, *arguments, "-q"], cwd=self.folder, env=ENVIRONMENT, capture_output=True)
        if done.returncode:
            raise SystemExit(f"toklab {' '.join(arguments)}: {done.stderr.decode()}")
        return done.stdout


def shuffled(words, count, length, seed):
    """Lines of random words: text that no evaluation line is in."""
    chance = random.Random(seed)
    return "".join(" ".join(chance.choices(words, k=length)) + "\n" for _ in range(count))


def build(toklab, folder):
    os.makedirs(folder)
    inputs = Inputs(os.path.abspath(toklab), folder)
    inputs.run("corpus", "sample", "-o", "parallel")
    texts(inputs)
    tokenizers(inputs)
    tables(inputs)
    models(inputs)
    sweeps(inputs)
    return inputs


def texts(inputs):
    words = {}
    for language in ("eng", "deu", "rus", "jpn", "tur"):
        words[language] = inputs.read(f"parallel/{language}.txt").decode().split()
    # Several blocks of a megabyte, so that threads have something to share; folders in folders.
    for number, (name, language, lines) in enumerate((
            ("a/one", "eng", 9000), ("a/two", "deu", 6000), ("b/c/three", "rus", 3500), ("b/four", "jpn", 700),
            ("five", "tur", 6000))):
        inputs.write(f"text/{name}.txt", shuffled(words[language], lines, 14, number))
    inputs.write("small.txt", shuffled(words["eng"], 300, 12, 9))
    inputs.write("hard.txt", "".join(sorted(set(inputs.read("parallel/eng.txt").decode())))
                 + " <|endoftext|>\r\n\u0301a\u00a0 \U0001F468\u200D\U0001F469 1234567 " + "ab" * 300 + "\n")
    inputs.write("lines.jsonl", "".join(json.dumps({"text": line}) + "\n"
                                        for line in shuffled(words["eng"], 2000, 20, 11).split("\n")))
    inputs.write("weights.tsv", "in/text/a\t2\nin/text/b\t0.5\nin/text/five.txt\t1\n")
    inputs.write("code/a.py", "def area(w, h):\n    if w >= h:\n        return w ** 2 + 1_000\n" * 40)
    inputs.write("code/sub/b.c", "int main(void) { return a->b != 0; } /* end */\n" * 40)
    inputs.write("pairs.tsv", "the water\tis cold\na fox\tand a dog\n")


def tokenizers(inputs):
    run = inputs.run
    special = [word for token in SPECIAL for word in ("--special", token)]
    run("train", "bpe", "text/a", "--vocab-size", "1200", *special, "-o", "bpe.json")
    run("train", "bpe", "text/b", "--vocab-size", "700", "-o", "other.json")
    run("train", "unigram", "text/a", "--vocab-size", "500", "--mode", "sp-0.2.0", "-o", "unigram.json")
    run("train", "wordpiece", "text/a", "--vocab-size", "500", "-o", "wordpiece.json")
    run("train", "bpe", "parallel/eng.txt", "--vocab-sizes", "300,400,500", "-o", "sizes/eng/")
    run("train", "bpe", "parallel/deu.txt", "--vocab-sizes", "300,400,500", "-o", "sizes/deu/")
    run("dynamic", "vocabulary", "-t", "bpe.json", "text/a", "--vocab-size", "2000", "-o", "large.txt")
    for name in ("a", "b"):
        run("count-words", "text/" + name, "-o", name + ".shard")
    run("count-words", "text/five.txt", "-o", "five.shard")
    inputs.write("ids.txt", run("encode", "-t", "bpe.json", "small.txt", "--per-line"))
    inputs.write("added.txt", "<|one|>\n<|two|>\n")
    # Byte i is token i, as a tekken file has it.
    words = [bytes([byte]) for byte in range(256)] + [b"th", b"the", b" t", b"in", b"er"]
    inputs.write("bytes.tiktoken", b"".join(b"%s %d\n" % (base64.b64encode(word), rank) for rank, word in enumerate(words)))


def tables(inputs):
    inputs.write("words.txt", "water\nthe\nriver\npeople\nhouse\n")
    inputs.write("morphemes.tsv", "s\tsuffix\nun\tprefix\n")
    inputs.write("gold.tsv", "houses\thouse @@s\t001\nrivers\triver @@s\t001\nwater\twater\t000\n")
    inputs.write("config.json", json.dumps({"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
                                            "vocab_size": 1200}))
    inputs.write("capacity.tsv", "series\tmodel\tinference_flops\tbits_per_token\tcross_entropy_bits\n"
                 "h\tsmall\t1000647688192\t34.95\t3.988531\nh\tlarge\t3805148086272\t34.95\t3.584585\n")
    for number, language in enumerate(("eng", "deu", "rus", "fra", "spa")):
        lines = inputs.read(f"parallel/{language}.txt")
        inputs.write(f"five/{language}.txt", lines)
        inputs.write(f"logs/{language}.jsonl", "".join(
            json.dumps({"bytes_scored": 4 + line % 3, "token_ids": [66, 67, 68],
                        "logprob": [None, -0.5 - number / 7, -1.5 - line / 11]}) + "\n" for line in range(40)))
    inputs.write("result.json", inputs.run("score", "premium", "--parallel", "five", "-t", "bpe.json", "--json",
                                           "--bootstrap", "200"))


def safetensors(tensors):
    header, data = {}, b""
    for name, shape, numbers in tensors:
        packed = struct.pack(f"<{len(numbers)}f", *numbers)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def capacity(tokenizer):
    """The number of ids of a tokenizer.json."""
    document = json.loads(tokenizer)
    ids = list(document["model"]["vocab"].values()) + [token["id"] for token in document["added_tokens"]]
    return max(ids) + 1


def models(inputs):
    """Small models: n-grams, a recorded tree, a folder and a GGUF file of random numbers, a model in Python."""
    for name in ("bpe", "other"):
        inputs.run("models", "ngram", "text/a", "-t", name + ".json", "--per-line", "-o", name + ".ngram")
    inputs.write("prompts.txt", "The wat\nA ho\n")
    inputs.write("before.txt", "The wat")
    inputs.write("after.txt", " is cold.")
    inputs.write("short.txt", "the water of the river")
    tokenizer = inputs.read("bpe.json")
    rows, width = capacity(tokenizer), 32
    inputs.run("models", "record", "--model", "ngram:bpe.ngram", "--prompts", "prompts.txt", "-o", "tree.safetensors")
    chance = random.Random(5)
    numbers = [chance.uniform(-1, 1) for _ in range(rows * width)]
    inputs.write("model/model.safetensors", safetensors([
        ("model.embed_tokens.weight", [rows, width], numbers), ("model.norm.weight", [width], [1.0] * width)]))
    inputs.write("model/config.json", json.dumps({"vocab_size": rows, "hidden_size": width,
                                                  "tie_word_embeddings": True}))
    inputs.write("model/tokenizer.json", tokenizer)
    inputs.run("export", "bpe.json", "--to", "gguf", "-o", "vocabulary.gguf")
    inputs.write("model.gguf", gguf(inputs.read("vocabulary.gguf"), rows, chance))
    ids = inputs.run("encode", "-t", "bpe.json", "short.txt").split()
    inputs.write("short.ids", b" ".join(ids))
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(ids)}, {rows}), }}"
    header = header.ljust((10 + len(header) + 64) // 64 * 64 - 11) + "\n"
    scores = [chance.uniform(-4, 4) for _ in range(len(ids) * rows)]
    inputs.write("scores.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
                 + struct.pack(f"<{len(scores)}f", *scores))
    inputs.write("rule.py", RULE)
    inputs.write("helper.py", HELPER)


# A model whose scores follow from the last id: for `--model python:rule.py`, and behind the frames of helper.py.
RULE = '''
class Rule:
    def __init__(self, size):
        self.facts = {"vocabulary_size": size, "answers_empty_context": True, "batch_invariant": True,
                      "end_tokens": [0], "begin_token": 0}

    def rows(self, contexts):
        for context in contexts:
            last = context[-1] if context else 7
            yield [((last + 3) * (id + 5) % 101) / 25 for id in range(self.facts["vocabulary_size"])]


def open_model(arguments):
    return Rule(arguments.vocabulary)
'''
HELPER = RULE + '''

def main():
    import json, struct, sys
    rule = Rule(int(sys.argv[sys.argv.index("--vocabulary") + 1]))
    rule.facts["protocol"] = 1
    def send(kind, body):
        sys.stdout.buffer.write(struct.pack("<I", len(body) + 1) + kind + body)
        sys.stdout.buffer.flush()
    while True:
        head = sys.stdin.buffer.read(4)
        if len(head) < 4:
            return
        frame = sys.stdin.buffer.read(struct.unpack("<I", head)[0])
        if frame[:1] == b"H":
            send(b"h", json.dumps(rule.facts).encode())
        elif frame[:1] == b"Q":
            (count,), place = struct.unpack_from("<I", frame, 1), 5
            for _ in range(count):
                (length,) = struct.unpack_from("<I", frame, place)
                ids = struct.unpack_from(f"<{length}I", frame, place + 4)
                place += 4 + 4 * length
                for row in rule.rows([ids]):
                    send(b"r", struct.pack(f"<{len(row)}f", *row))
            send(b"d", struct.pack("<Qd", count, 0.0))
        else:
            send(b"e", b'{"kind": "unsupported", "message": "not here"}')

main()
'''


def gguf(vocabulary, rows, chance, feed_forward=None):
    """A llama model of random numbers: the metadata of an exported vocabulary, with what a model needs more.

    With `feed_forward` its last three tensors have that width and are zeros, which are not made: (bytes, number of zeros).
    """
    version, _, entries = struct.unpack_from("<IQQ", vocabulary, 4)
    place = 24
    sizes = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

    def string(at):
        return at + 8 + struct.unpack_from("<Q", vocabulary, at)[0]

    kept, count = b"", 0
    for _ in range(entries):
        start = place
        key = vocabulary[place + 8:string(place)]
        place = string(place)
        (kind,) = struct.unpack_from("<I", vocabulary, place)
        place += 4
        if kind == 8:
            place = string(place)
        elif kind == 9:
            item, length = struct.unpack_from("<IQ", vocabulary, place)
            place += 12
            for _ in range(length if item == 8 else 0):
                place = string(place)
            place += 0 if item == 8 else length * sizes[item]
        else:
            place += sizes[kind]
        if key.startswith(b"tokenizer."):
            kept += vocabulary[start:place]
            count += 1

    def text(value):
        return struct.pack("<Q", len(value)) + value.encode()

    kept += text("general.architecture") + struct.pack("<I", 8) + text("llama")
    for key, value in (("embedding_length", 32), ("feed_forward_length", feed_forward or 64), ("block_count", 1),
                       ("attention.head_count", 4), ("attention.head_count_kv", 2), ("context_length", 128)):
        kept += text("llama." + key) + struct.pack("<II", 4, value)
    kept += text("llama.attention.layer_norm_rms_epsilon") + struct.pack("<If", 6, 1e-5)
    infos, data = b"", b""
    tensors = [("token_embd", [rows, 32]), ("output_norm", [32]), ("blk.0.attn_norm", [32]), ("blk.0.ffn_norm", [32]),
               ("blk.0.attn_q", [32, 32]), ("blk.0.attn_k", [16, 32]), ("blk.0.attn_v", [16, 32]),
               ("blk.0.attn_output", [32, 32]), ("blk.0.ffn_gate", [feed_forward or 64, 32]),
               ("blk.0.ffn_up", [feed_forward or 64, 32]), ("blk.0.ffn_down", [32, feed_forward or 64])]
    zeros = 0
    for name, shape in tensors:
        numbers = 1
        for size in shape:
            numbers *= size
        infos += text(name + ".weight") + struct.pack("<I", len(shape))
        infos += b"".join(struct.pack("<Q", size) for size in reversed(shape)) + struct.pack("<IQ", 0, len(data) + zeros)
        if feed_forward and "ffn_" in name and name != "blk.0.ffn_norm":
            zeros += 4 * numbers
            continue
        data += struct.pack(f"<{numbers}f", *(chance.uniform(-1, 1) for _ in range(numbers)))
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), count + 8) + kept + infos
    content = head + b"\0" * (-len(head) % 32) + data
    return (content, zeros) if feed_forward else content


def sweeps(inputs):
    for number, language in enumerate(("eng", "deu", "rus")):
        words = inputs.read(f"parallel/{language}.txt").decode().split()
        inputs.write(f"training/{language}.txt", shuffled(words, 300, 12, 20 + number))
    inputs.write("plan.toml", '''[sweep]
languages = ["eng", "deu", "rus"]
algorithms = ["bpe", "unigram", "superword"]
vocabulary_sizes = [340, 420]
training_bytes = [9000]
reference = "eng"

[corpora]
training = "training"
evaluation = "parallel"
''')
