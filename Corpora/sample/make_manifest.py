#!/usr/bin/env python3
"""Writes manifest.json for the sample in this folder. Standard library only."""
import hashlib
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))


def entry(file, **more):
    with open(os.path.join(HERE, file), "rb") as f:
        raw = f.read()
    return {"file": file, **more, "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}


with open(os.path.join(HERE, "languages.tsv"), encoding="utf-8") as f:
    rows = [line.rstrip("\n").split("\t") for line in f][1:]
with open(os.path.join(HERE, "eng.txt"), encoding="utf-8") as f:
    lines = sum(1 for _ in f)

manifest = {
    "schema": "toklab.corpus-manifest/1",
    "name": "sample",
    "title": f"toklab parallel sample ({len(rows)} languages, {lines} lines)",
    "licence": "CC0-1.0",
    "lines": lines,
    "files": [entry(c + ".txt", code=c, name=n, script=s) for c, n, s, _ in rows],
    "extra": [entry("document_ids.txt"), entry("languages.tsv")],
}
with open(os.path.join(HERE, "manifest.json"), "w", encoding="utf-8", newline="\n") as f:
    json.dump(manifest, f, ensure_ascii=False, indent=2)
    f.write("\n")
