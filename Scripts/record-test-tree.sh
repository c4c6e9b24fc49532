#!/usr/bin/env bash
# Makes Tests/AdaptTests/Recorded: a tokenizer and an n-gram model of the English sample, the model's scores for
# all contexts that the prompts need, and what the model itself says after them. After `make build`.
set -euo pipefail
cd "$(dirname "$0")/.."
toklab=${TOKLAB:-.build/release/toklab}
out=Tests/AdaptTests/Recorded
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$toklab" train bpe Corpora/sample/eng.txt --vocab-size 500 --special '<|endoftext|>' -q -o "$work/tokenizer.json"
"$toklab" models ngram Corpora/sample/eng.txt -t "$work/tokenizer.json" --per-line --order 3 -q -o "$work/model"
"$toklab" models record --model "ngram:$work/model" -t "$work/tokenizer.json" --prompts "$out/prompts.txt" -q \
  -o "$out/tree.safetensors"
cp "$work/tokenizer.json" "$out/tokenizer.json"
while IFS= read -r prompt; do
  "$toklab" bytes next --model "ngram:$work/model" --prompt "$prompt" --json |
    python3 -c '
import json, sys
bytes = sorted(json.load(sys.stdin)["bytes"], key=lambda b: -b["probability"])[:3]
print(sys.argv[1], *("%d:%.9f" % (b["byte"], b["probability"]) for b in bytes), sep="\t")' "$prompt"
done <"$out/prompts.txt" >"$out/expected.tsv"
