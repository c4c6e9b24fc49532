#!/usr/bin/env python3
"""Validates the JSON that every verb really writes against docs/schemas.

The schemas let a reader of results meet new keys; here every object is closed, so that a key which no schema names fails.

    Tests/Documentation/schema_test.py .build/release/toklab
"""

import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

from checks import ROOT, check, finish  # first: it says where the next ones are
import inputs
from verbs import AFTER, RUNS

SCHEMAS = ROOT / "docs/schemas"

# Beside the runs of the determinism matrix: other models, failing gates, cells without a value.
EXTRA = {
    "train superword": ["in/text/a --vocab-size 1500 --boundless -o out/t.json"],
    "inspect": ["in/unigram.json", "in/wordpiece.json", "in/other.json", "in/bytes.tiktoken --pattern gpt2"],
    "encode": ["-t in/bpe.json in/small.txt --per-line", "-t in/unigram.json in/hard.txt --malformed rest",
               "-t in/wordpiece.json in/small.txt --per-line --padding longest --add-special-tokens"],
    "view": ["in/bpe.json in/short.txt --explain", "in/wordpiece.json in/short.txt --explain"],
    "verify": ["in/unigram.json in/small.txt"],
    "diff": ["in/bpe.json in/bpe.json in/small.txt", "in/unigram.json in/wordpiece.json"],
    "count": ["-t in/bpe.json in/lines.jsonl --json-field text"],
    "score premium": ["--parallel in/five -t in/bpe.json --bootstrap 0 --gate 'premium@deu < 0.1'",
                      "--parallel in/five -t in/wordpiece.json --bootstrap 50"],
    "score intrinsic": ["--corpus in/small.txt -t in/wordpiece.json --bootstrap 0"],
    "score vocabulary": ["-t in/bpe.json --embeddings in/model/model.safetensors"],
    "bytes next": ["--model ngram:in/bpe.ngram --prompt '' --quantity valid"],
    "bytes score": ["--model ngram:in/bpe.ngram --quantity all in/short.txt"],
    "bytes words": ["--model ngram:in/bpe.ngram --characters in/short.txt"],
    "models info": ["in/model.gguf", "ngram:in/other.ngram"],
    "transplant run": ["in/model --to in/unigram.json --report"],
    "dynamic encode": ["-t in/bpe.json in/short.txt --reduction 0.2"],
}
# They have no --json, or write nothing but their files.
WITHOUT = {"models helper", "decode", "count-words", "merge-counts", "report", "sweep plan", "sweep run", "sweep resume",
           "sweep status", "corpus sample"}


def without_json(words):
    """A line of the matrix that has no JSON to give: another output was asked for."""
    told = ("--csv", "--markdown", "--html", "--dump-vocab", "--to vocab-tsv", "--format", "--nbest", "--sample", "--dropout",
            "--lengths", "in/large.txt", "--method random --seed", "in/model.gguf --to", "--reference auto")
    return any(word in words for word in told)


def as_documents(text):
    """One document, or the records of JSON Lines."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.split("\n") if line]


def documents(toklab, folder):
    """Yields (what was run, verb, document) for everything that the runs print or write."""
    inputs.build(str(toklab), str(folder / "in"))
    runs = [(verb, words) for table in (RUNS, EXTRA) for verb, lines in table.items() for words in lines]
    for number, (verb, words) in enumerate(runs):
        words = words.removeprefix("1: ")
        place = folder / str(number)
        (place / "out").mkdir(parents=True)
        (place / "in").symlink_to(folder / "in")
        steps = [(AFTER[verb], RUNS[AFTER[verb]][0])] if verb in AFTER else []
        asks = verb not in WITHOUT and "--json" not in words and not without_json(words)
        steps.append((verb, words + " --json" if asks else words))
        for name, line in steps:
            command = [str(toklab), *name.split()]
            for word in shlex.split(line):
                command += {"JOBS": ["--jobs", "2"], "PYTHON": ["--python", sys.executable]}.get(word, [word])
            done = subprocess.run(command, cwd=place, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
        label = f"{verb} {steps[-1][1]}"
        check(done.returncode in (0, 1), f"{label}: {done.stderr.strip()}")
        if "--json" in steps[-1][1] and done.stdout.startswith("{"):
            for document in as_documents(done.stdout):
                yield label, verb, document
        for path in sorted((place / "out").rglob("*")):
            head = path.read_bytes()[:200] if path.is_file() else b""
            if b'"schema": "toklab.' in head:
                yield f"{label}: {path.name}", verb, json.loads(path.read_text())


def name_of(verb, document):
    if "schema" in document:
        return re.sub(r"^toklab\.|/\d+$", "", document["schema"])
    return f"{verb}-record"


def closed(schema):
    """The schema with every object that names its keys closed to others."""
    if isinstance(schema, dict):
        schema = {key: closed(value) for key, value in schema.items()}
        named = isinstance(schema.get("properties"), dict) and "required" in schema
        if named and "additionalProperties" not in schema:
            schema["additionalProperties"] = False
    elif isinstance(schema, list):
        schema = [closed(value) for value in schema]
    return schema


def undescribed(schema, path="$"):
    """Properties without a description."""
    if isinstance(schema, dict):
        for key, value in schema.get("properties", {}).items() if "required" in schema else ():
            if "description" not in value and "$ref" not in value:
                yield f"{path}.{key}"
        for key, value in schema.items():
            yield from undescribed(value, f"{path}.{key}")
    elif isinstance(schema, list):
        for place, value in enumerate(schema):
            yield from undescribed(value, f"{path}[{place}]")


def main():
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    schemas = {path.name.removesuffix(".schema.json"): json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    registry = Registry()
    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        check(schema["$id"] == f"{name}.schema.json", f"{name}: its $id is {schema['$id']}")
        for path in undescribed(schema):
            check(False, f"{name}: {path} has no description")
        registry = registry.with_resource(schema["$id"], Resource.from_contents(closed(schema)))
    validators = {name: Draft202012Validator(closed(schema), registry=registry) for name, schema in schemas.items()}

    # What validates must also be able to fail.
    for name, validator in validators.items():
        check(name == "common" or not validator.is_valid({"schema": "toklab.other/1"}), f"{name} takes anything")

    seen = {"common"}
    with tempfile.TemporaryDirectory(prefix="toklab-schemas-") as folder:
        for label, verb, document in documents(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(folder)):
            name = name_of(verb, document)
            seen.add(name)
            check(name in validators, f"{label}: there is no schema {name}")
            if name in validators:
                error = next(validators[name].iter_errors(document), None)
                check(error is None, error and f"{label}: {error.json_path}: {error.message[:200]}")
    check(seen == set(schemas), f"no run has a document for {sorted(set(schemas) - seen)}")
    finish(60)


if __name__ == "__main__":
    main()
