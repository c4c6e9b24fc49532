#!/usr/bin/env python3
"""Computes the formulas of docs/methods.md by hand on small inputs and compares them with what the program prints.

    Tests/Documentation/methods_test.py .build/release/toklab
"""

import collections
import json
import math
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

from checks import ROOT, check, finish  # first: it says where the next ones are
import inputs


def near(found, wanted, what, tolerance=1e-9):
    close = found is not None and math.isclose(found, wanted, rel_tol=tolerance, abs_tol=1e-12)
    check(close, f"{what}: {found}, by hand {wanted}")


class World:
    def __init__(self, toklab, folder):
        self.toklab, self.folder = toklab, pathlib.Path(folder)

    def raw(self, *words, stdin=""):
        done = subprocess.run([self.toklab, *map(str, words)], cwd=self.folder, input=stdin.encode(), capture_output=True)
        check(done.returncode == 0, f"toklab {' '.join(map(str, words))}: {done.stderr.decode()}")
        return done.stdout.decode()

    def json(self, *words, stdin=""):
        return json.loads(self.raw(*words, "--json", "-q", stdin=stdin))

    def rows(self, *words):
        """{(metric, language, tokenizer): value} of a score."""
        document = self.json(*words)
        return {(row["metric"], row["language"], row["tokenizer"]): row["value"] for row in document["rows"]}

    def encoded(self, tokenizer, text):
        """Ids of each line."""
        return [list(map(int, line.split())) for line in self.raw(
            "encode", "-t", tokenizer, "--per-line", "-q", stdin=text).split("\n")[:-1]]

    def text(self, name):
        return (self.folder / name).read_text()


def premiums(world):
    rows = world.rows("score", "premium", "--parallel", "five", "-t", "bpe.json", "--bootstrap", "0", "--price", "2.5",
                      "--window", "4096")
    labels = ["deu", "eng", "fra", "rus", "spa"]
    texts = {label: world.text(f"five/{label}.txt") for label in labels}
    tokens = {label: sum(map(len, world.encoded("bpe.json", text))) for label, text in texts.items()}
    lines = texts["eng"].count("\n")
    for label, text in texts.items():
        body = text.replace("\n", "")
        premium = tokens[label] / tokens["eng"]
        wanted = {
            "corpus_token_count": tokens[label], "premium": premium, "tokens_per_line": tokens[label] / lines,
            "bytes_per_token": len(body.encode()) / tokens[label], "characters_per_token": len(body) / tokens[label],
            "unknown_rate": 0, "cost_equivalent": premium * 2.5, "context_equivalent": 4096 / premium,
            "characters_in_window": 4096 * len(body) / tokens[label],
        }
        for metric, value in wanted.items():
            near(rows[metric, label, "bpe"], value, f"{metric} of {label}")
    for name, costs in (("gini", [tokens[label] / lines for label in labels]),
                        ("gini_per_byte", [tokens[label] / len(texts[label].replace("\n", "").encode()) for label in labels])):
        n, mean = len(costs), sum(costs) / len(costs)
        gini = sum(abs(a - b) for a in costs for b in costs) / (2 * n * n * mean)
        near(rows[name, None, "bpe"], gini, name)
    ordered = sorted(tokens.values())
    near(rows["max_min_ratio", None, "bpe"], ordered[-1] / ordered[0], "max_min_ratio")
    for label in labels:
        share = sum(count for count in ordered if count <= tokens[label]) / sum(ordered)
        near(rows["lorenz_share", label, "bpe"], share, f"lorenz_share of {label}")

    compared = world.rows("score", "compare", "--parallel", "five", "-t", "bpe.json", "-t", "other.json", "--bootstrap", "0")
    other = sum(map(len, world.encoded("other.json", texts["rus"])))
    near(compared["token_difference", "rus", "other"], other / tokens["rus"] - 1, "token_difference")
    near(compared["normalized_sequence_length", "rus", "other"], other / tokens["rus"], "normalized_sequence_length")


def byte_premiums(world):
    table = list((ROOT / "Corpora").rglob("byte-premiums.tsv"))[0].read_text().split("\n")
    names = table[0].split("\t")
    published = {cells[0]: dict(zip(names, cells)) for cells in (line.split("\t") for line in table[1:] if line)}
    column = next(name for name in names if "byte" in name and "coef" in name)
    rows = world.rows("score", "byte-premium", "--languages", "mya_mymr", "--reference", "deu_latn")
    wanted = float(published["mya_mymr"][column]) / float(published["deu_latn"][column])
    near(rows["byte_premium", "mya_mymr", "baseline:bytes"], wanted, "byte_premium")


def optimal_sizes(world):
    words = ["--parallel", "five", "--languages", "eng,deu", "-t", "bpe.json", "--smallest", "300", "--baseline", "500"]
    rows = world.rows("score", "optimal-vocab", *words, "--bootstrap", "0")
    target = rows["optimal_target", None, "bpe"]
    special = sum(token["special"] for token in world.json("inspect", "bpe.json")["added_tokens"])
    for label in ("eng", "deu"):
        size = int(rows["optimal_vocabulary_size", label, "bpe"])
        counts = []
        # Sizes of this verb are without special tokens, those of edit with them.
        for number in (size - 1 + special, size + special):
            world.raw("edit", "bpe.json", "--truncate", number, "-o", "cut.json", "-q")
            counts.append(sum(map(len, world.encoded("cut.json", world.text(f"five/{label}.txt")))))
        near(rows["optimal_token_count", label, "bpe"], counts[1], f"optimal_token_count of {label}")
        # Where the target is out of reach the largest size is taken.
        largest = size + special == len(json.loads(world.text("bpe.json"))["model"]["vocab"])
        check(counts[1] <= target < counts[0] or (largest and counts[1] > target), f"{label}: {counts} around {target}")


def entropies(world):
    text = world.text("five/eng.txt")
    rows = world.rows("score", "intrinsic", "--corpus", "five/eng.txt", "-t", "bpe.json", "--bootstrap", "0")
    rows = {metric: value for (metric, _, _), value in rows.items()}
    lines = world.encoded("bpe.json", text)
    counts = collections.Counter(token for line in lines for token in line)
    total, types = sum(counts.values()), len(counts)
    shares = [count / total for count in counts.values()]
    shannon = -sum(p * math.log2(p) for p in shares)
    renyi = math.log2(sum(p ** 2.5 for p in shares)) / (1 - 2.5)
    inspected = world.json("inspect", "bpe.json")
    ordinary = inspected["vocabulary_size"] - sum(token["special"] for token in inspected["added_tokens"])
    wanted = {
        "shannon_entropy": shannon, "renyi_entropy": renyi, "shannon_efficiency": shannon / math.log2(types),
        "renyi_efficiency": renyi / math.log2(types), "renyi_efficiency_vocabulary": renyi / math.log2(ordinary),
        "shannon_efficiency_vocabulary": shannon / math.log2(ordinary), "observed_types": types,
        "vocabulary_utilisation": types / ordinary, "type_token_ratio": types / total, "sequence_bits": total * math.log2(types),
        "tokens_per_byte": total / len(text.replace("\n", "").encode()), "round_trip_rate": 1, "character_error_rate": 0,
    }
    ranks = sorted(counts.values(), reverse=True)
    wanted["average_rank"] = sum((place + 1) * count for place, count in enumerate(ranks)) / total
    following = collections.defaultdict(collections.Counter)
    for line in lines:
        for left, right in zip(line, line[1:]):
            following[left][right] += 1
    weighted = weight = 0
    for after in following.values():
        seen = sum(after.values())
        if seen >= 3:
            entropy = -sum(count / seen * math.log2(count / seen) for count in after.values())
            weighted += seen * (entropy / math.log2(len(after)) if len(after) > 1 else 0)
            weight += seen
    wanted["successor_entropy"] = weighted / weight
    for metric, value in wanted.items():
        near(rows[metric], value, metric)


def integrity(world):
    world.folder.joinpath("turkish.txt").write_text("evler evde\n")
    world.folder.joinpath("lexicon.txt").write_text("ev\n")
    world.folder.joinpath("suffixes.tsv").write_text("ler\tsuffix\nde\tsuffix\nlerde\tsuffix\n")
    # Single bytes and ev: the tokens of the text are ev, l, e, r, ev (after a space), d, e.
    world.folder.joinpath("plain.txt").write_text("ev ev ev\n")
    world.raw("train", "bpe", "plain.txt", "--vocab-size", "258", "-o", "letters.json", "-q")
    tokens = [token.strip() for token in world.json("encode", "-t", "letters.json", "turkish.txt")["tokens"]]
    tokens = [token for token in tokens if token]
    valid = {"ev", "ler", "de", "lerde"}
    rows = world.rows("score", "integrity", "--text", "turkish.txt", "--lexicon", "lexicon.txt", "--morphemes", "suffixes.tsv",
                      "--language", "tr", "-t", "letters.json", "--bootstrap", "0")
    near(rows["lexical_pct", "tr", "letters"], 100 * len(valid & set(tokens)) / len(set(tokens)), f"lexical_pct of {tokens}")
    near(rows["lexical_pct_occurrences", "tr", "letters"], 100 * sum(token in valid for token in tokens) / len(tokens),
         "lexical_pct_occurrences")
    # One letter a token: e v l e r e v d e are five types, none of which is a form.
    near(rows["lexical_pct", "tr", "baseline:characters"], 0, "lexical_pct of characters")


def morphology(world):
    rows = world.rows("score", "morphology", "--gold", "gold.tsv", "-t", "bpe.json", "--bootstrap", "0")
    hits = predicted = wanted = 0
    for line in world.text("gold.tsv").split("\n")[:-1]:
        word, segments, _ = line.split("\t")
        gold, place = set(), 0
        for segment in segments.replace("@@", "").split()[:-1]:
            place += len(segment)
            gold.add(place)
        record = world.json("encode", "-t", "bpe.json", stdin=word)
        cuts = {end for _, end in record["offsets"][:-1]}
        hits, predicted, wanted = hits + len(cuts & gold), predicted + len(cuts), wanted + len(gold)
    near(rows["boundary_precision", None, "bpe"], hits / predicted, "boundary_precision")
    near(rows["boundary_recall", None, "bpe"], hits / wanted, "boundary_recall")
    if hits:
        near(rows["boundary_f1", None, "bpe"], 2 * hits / (predicted + wanted), "boundary_f1")


def capacity(world):
    d, layers, heads, width, vocabulary, tokens = 64, 2, 4, 256, 1200, 1024
    world.folder.joinpath("shape.json").write_text(json.dumps({
        "hidden_size": d, "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": 2,
        "intermediate_size": width, "vocab_size": vocabulary, "model_type": "llama"}))
    samples = [(4, [-0.5, -1.5]), (9, [-2.0, -0.25, -1.0])]
    world.folder.joinpath("log.jsonl").write_text("".join(json.dumps({
        "bytes_scored": size, "token_ids": [1] * (len(logs) + 1), "logprob": [None, *logs]}) + "\n" for size, logs in samples))
    gain = sum(8 * size / len(logs) for size, logs in samples) / 2
    bits = [-log / math.log(2) for _, logs in samples for log in logs]
    head = d // heads
    operations = {
        "paper": layers * (tokens * (4 * d * d + 4 * d * 2 * head + 6 * d * width)
                           + 4 * heads * head * tokens * (tokens - 1) // 2) + 2 * tokens * d * vocabulary,
        "exact": layers * (tokens * (4 * d * d + 4 * d * 2 * head + 6 * d * width)
                           + 4 * heads * head * tokens * (tokens + 1) // 2) + 2 * tokens * d * vocabulary,
    }
    for mode, flops in operations.items():
        rows = {metric: value for (metric, _, _), value in world.rows(
            "score", "capacity", "--log-probs", "log.jsonl", "--config", "shape.json", "--mode", mode, "--bias", "-24",
            "--bootstrap", "0").items()}
        rounded = round(gain, 2) if mode == "paper" else gain
        near(rows["inference_flops"], flops, f"inference_flops, {mode}")
        near(rows["bits_per_token"], rounded, f"bits_per_token, {mode}")
        near(rows["cross_entropy_bits"], sum(bits) / len(bits), "cross_entropy_bits")
        near(rows["bits_per_byte"], sum(bits) / sum(size for size, _ in samples), "bits_per_byte")
        near(rows["information_capacity"], (rounded - sum(bits) / len(bits) - 24) / math.log2(flops / 1024),
             f"information_capacity, {mode}")

    parity = world.rows("score", "parity", "--log-probs", "logs", "--bootstrap", "0")
    nll = {label: -sum(sum(log for log in json.loads(line)["logprob"] if log is not None)
                       for line in world.text(f"logs/{label}.jsonl").split("\n")[:-1]) for label in ("eng", "deu")}
    found = [value for (metric, label, _), value in parity.items() if metric == "information_parity" and label == "deu"]
    near(found[0], nll["eng"] / nll["deu"], "information_parity")


def unigram_model(world, tokenizer):
    """The probabilities of an n-gram model of order 1 by the formula, and the bytes of the tokens."""
    world.raw("models", "ngram", "five/eng.txt", "-t", tokenizer, "--order", "1", "--per-line", "-o", "one.ngram", "-q")
    info = world.json("models", "info", "ngram:one.ngram")
    size, (end,) = info["vocabulary_size"], info["end_tokens"]
    counts = collections.Counter(token for line in world.encoded(tokenizer, world.text("five/eng.txt")) for token in line)
    counts[end] = world.text("five/eng.txt").count("\n")
    ones, twos = (sum(count == n for count in counts.values()) for n in (1, 2))
    discount = ones / (ones + 2 * twos) if ones and twos else 0.5
    total = sum(counts.values())
    rest = discount * len(counts) / total / size
    chance = [max(counts[token] - discount, 0) / total + rest for token in range(size)]
    return chance, end


def byte_probabilities(world):
    chance, end = unigram_model(world, "other.json")
    # Bytes from the ids themselves: decoding is exact.
    spelled = {}
    for number in range(len(chance)):
        if number == end:
            continue
        done = subprocess.run([world.toklab, "decode", "-t", "other.json", "-q"], cwd=world.folder, input=f"{number}\n".encode(),
                              capture_output=True)
        if done.returncode == 0:
            spelled[number] = done.stdout
    near(sum(chance), 1, "the probabilities of the n-gram model")

    def begins(text):
        """P(a text begins with these bytes) over all token sequences: by the place where a token ends."""
        ways = [0.0] * (len(text) + 1)
        ways[0], total = 1.0, 0.0
        for place in range(len(text)):
            for number, token in spelled.items():
                if text.startswith(token, place) and place + len(token) < len(text):
                    ways[place + len(token)] += ways[place] * chance[number]
                elif token[:len(text) - place] == text[place:]:
                    total += ways[place] * chance[number]
        return total if text else 1.0

    prompt = b"the w"
    answer = world.json("bytes", "next", "--model", "ngram:one.ngram", "--prompt", prompt.decode(), "--quantity", "all")
    check(answer["exactness"]["kind"] == "exact", "quantity all is not exact here")
    for byte in b"aeiost":
        wanted = begins(prompt + bytes([byte])) / begins(prompt)
        near(answer["bytes"][byte]["probability"], wanted, f"P({chr(byte)} | the w), all", 1e-6)
        near(answer["bytes"][byte]["log_probability"], math.log(wanted), f"log P({chr(byte)} | the w), all", 1e-6)

    # At the beginning canonical asks which tokens some encoding begins with: those that their own text becomes.
    reached = set()
    for number, token in spelled.items():
        try:
            text = token.decode()
        except UnicodeDecodeError:
            reached.add(number)
            continue
        if "\n" in text or world.encoded("other.json", text + "\n") == [[number]]:
            reached.add(number)
    kept = sum(chance[number] for number in reached) + chance[end]
    canonical = world.json("bytes", "next", "--model", "ngram:one.ngram", "--prompt", "", "--quantity", "canonical")
    for byte in b" aTt":
        wanted = sum(chance[number] for number in reached if spelled[number][:1] == bytes([byte])) / kept
        near(canonical["bytes"][byte]["probability"], wanted, f"P({chr(byte)}), canonical", 1e-6)


def tensor(path, name):
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    entry = json.loads(content[8:8 + length])[name]
    start, stop = entry["data_offsets"]
    numbers = struct.unpack(f"<{(stop - start) // 4}f", content[8 + length + start:8 + length + stop])
    columns = entry["shape"][1]
    return [numbers[at:at + columns] for at in range(0, len(numbers), columns)]


def transplantation(world):
    old = tensor(world.folder / "model/model.safetensors", "model.embed_tokens.weight")
    special = {token["id"] for token in world.json("inspect", "bpe.json")["added_tokens"] if token["special"]}
    words = {}
    for method in ("mean", "byte-length", "first-piece", "last-piece", "row-mean"):
        report = world.json("transplant", "model", "--to", "other.json", "--method", method, "--report", "-o", f"moved-{method}")
        new = tensor(world.folder / f"moved-{method}/model.safetensors", "model.embed_tokens.weight")
        made = [row for row in report["rows"] if row["tier"] == "strategy"]
        for row in random.Random(3).sample(made, 12):
            if row["id"] not in words:
                text = subprocess.run([world.toklab, "decode", "-t", "other.json", "-q"], cwd=world.folder,
                                      input=f"{row['id']}\n".encode(), capture_output=True).stdout
                done = subprocess.run([world.toklab, "encode", "-t", "bpe.json", "-q"], cwd=world.folder, input=text,
                                      capture_output=True)
                words[row["id"]] = (text, list(map(int, done.stdout.split())))
            pieces = words[row["id"]][1]
            lengths = [len(subprocess.run([world.toklab, "decode", "-t", "bpe.json", "-q"], cwd=world.folder,
                                          input=f"{piece}\n".encode(), capture_output=True).stdout) for piece in pieces]
            weights = {
                "mean": [1 / len(pieces)] * len(pieces), "byte-length": [length / sum(lengths) for length in lengths],
                "first-piece": [1] + [0] * (len(pieces) - 1), "last-piece": [0] * (len(pieces) - 1) + [1],
                "row-mean": None,
            }[method]
            if weights is None:
                text_rows = [row for number, row in enumerate(old) if number not in special]
                wanted = [sum(column) / len(text_rows) for column in zip(*text_rows)]
            else:
                wanted = [sum(weight * old[piece][column] for weight, piece in zip(weights, pieces))
                          for column in range(len(old[0]))]
            off = max(abs(a - b) for a, b in zip(new[row["id"]], wanted))
            check(off < 1e-5, f"{method}: row {row['id']} is off by {off}")
        copied = [row for row in report["rows"] if row["tier"] == "bytes"]
        check(copied and all(new[row["id"]] == old[row["sources"][0]] for row in copied), f"{method}: copied rows differ")


def every_name(toklab):
    """Each metric and each method has its place on the page."""
    page = (ROOT / "docs/methods.md").read_text()
    listed = json.loads(subprocess.run([toklab, "score", "list", "--json"], capture_output=True, check=True).stdout)
    for metric in listed["metrics"]:
        name = metric["metric"]
        if name.startswith("digit_split_entropy_"):
            continue
        check(f"`{name}`" in page, f"docs/methods.md does not have {name}")
    methods = json.loads(subprocess.run([toklab, "transplant", "list", "--json"], capture_output=True, check=True).stdout)
    for method in methods["rows"]:
        check(f"`{method['name']}`" in page, f"docs/methods.md does not have the method {method['name']}")


def main():
    toklab = str(pathlib.Path(sys.argv[1]).resolve())
    every_name(toklab)
    with tempfile.TemporaryDirectory(prefix="toklab-methods-") as folder:
        inputs.build(toklab, f"{folder}/world")
        world = World(toklab, f"{folder}/world")
        for part in (premiums, byte_premiums, optimal_sizes, entropies, integrity, morphology, capacity, byte_probabilities,
                     transplantation):
            part(world)
    finish()


if __name__ == "__main__":
    main()
