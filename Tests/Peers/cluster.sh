#!/usr/bin/env bash
# Counts three parts of a text side by side, trains from the shards, and compares with training from the text.
#
#   cluster.sh FOLDER BYTES     TOKLAB: the program; PACKAGES: a folder of Python packages, whose sources are the text
#
# Each part holds BYTES of whole lines: the built-in sample's languages first, then sources.
set -euo pipefail
cd "$1"
bytes=$2
sample=$(dirname "$0")/../../Corpora/sample

{ cat "$sample"/*.txt; find "$PACKAGES" -name '*.py' | LC_ALL=C sort | xargs cat; } 2>/dev/null |
  LC_ALL=C awk -v bytes="$bytes" '
    { size += length($0) + 1; if (part < 3) print > ("part-" part + 0); if (size >= bytes) { part++; size = 0 } }
    part >= 3 { exit }' || [ -s part-2 ]
wc -c part-0 part-1 part-2

count() { printf '%s\n' part-0 part-1 part-2 | xargs -P 3 -I{} "$TOKLAB" count-words {} --quiet --threads 1 --pre-tokenizer "$1" -o "{}.$1"; }
same() {
  for file in "$1" "${1%.json}.toklab.json"; do cmp "text-$file" "counts-$file"; done
  echo "same: $1 $(sha256sum < "counts-$1" | cut -c1-16)"
}
train() { "$TOKLAB" train "$@" --quiet --vocab-size 8000; }

for pattern in o200k o200k-plain superbpe sentencepiece; do count "$pattern"; done

train bpe part-0 part-1 part-2 -o text-bpe.json
train bpe --counts part-?.o200k -o counts-bpe.json
same bpe.json
"$TOKLAB" merge-counts --quiet part-2.o200k part-0.o200k -o two
train bpe --counts two part-1.o200k -o counts-bpe.json
same bpe.json

train superword part-0 part-1 part-2 -o text-superword.json
train superword --counts part-?.superbpe part-?.o200k-plain -o counts-superword.json
same superword.json

train unigram part-0 part-1 part-2 -o text-unigram.json
train unigram --counts part-?.sentencepiece -o counts-unigram.json
same unigram.json
