#!/usr/bin/env bash
# From nothing to a result: two tokenizers trained on the built-in sample, their premiums per language side
# by side, the vocabulary in other formats, and the probabilities of the next bytes under a model trained on the
# spot. Uses larger text for training where `make corpora` has prepared it.
# TOKLAB names another binary, QUICKSTART another folder for the results, QUICKSTART_TEXT another folder of text.
set -euo pipefail
cd "$(dirname "$0")/.."

toklab=${TOKLAB:-.build/release/toklab}
out=${QUICKSTART:-quickstart}
text=${QUICKSTART_TEXT:-.cache/corpora/multilingual}
step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || step() { printf '\n%s\n' "$*"; }
# Prints a command and runs it; file name patterns are shown as they were written.
show() { echo "\$ ${1/$toklab/toklab}" && eval "$1"; }

rm -rf "$out"
mkdir -p "$out/export"

step "1. A parallel sample: the same 64 lines in 28 languages"
show "$toklab corpus sample -o $out/sample"

if [ -d $text ]; then
  step "2. Train: 32,000 entries on $text, languages balanced; and on English alone"
  show "$toklab train bpe $text --balance 0.3 --vocab-size 32000 -o $out/multilingual/"
  show "$toklab train bpe ${text/multilingual/english} --vocab-size 32000 -o $out/english/"
else
  step "2. Train: 4,000 entries on all languages; and on English alone"
  show "$toklab train bpe $out/sample/???.txt --vocab-size 4000 -o $out/multilingual/"
  show "$toklab train bpe $out/sample/eng.txt --vocab-size 1000 -o $out/english/"
fi

step "3. What a language costs: tokens for the same lines, English = 1"
real=.cache/vocabularies/cl100k_base.tiktoken
[ -e $real ] && real="-t $real" || real=
show "$toklab score premium --parallel $out/sample -t $out/multilingual -t $out/english $real"
[ -d $text ] || echo "(Trained on these very lines: see README for what that means. 'make corpora' gets more text.)"

step "4. Export: the same vocabulary for tiktoken, for llama.cpp, and as a table"
show "$toklab export -t $out/multilingual --to tiktoken -o $out/export/multilingual.tiktoken"
show "$toklab export -t $out/multilingual --to gguf -o $out/export/multilingual.gguf"
show "$toklab export -t $out/multilingual --to vocab-tsv -o $out/export/multilingual.tsv"

step "5. Byte probabilities: what follows 'the li', whatever the tokens are"
show "$toklab models ngram $out/sample/eng.txt -t $out/english --order 4 -o $out/english.ngram"
show "$toklab bytes next --model ngram:$out/english.ngram --prompt 'the li' --top 5"
echo "(An n-gram model of 64 lines. A real one, SmolLM2-135M, comes with 'make models' (130 MB). Then:"
echo " $toklab bytes next --python .venv-models/bin/python \\"
echo "   --model gguf:.cache/models/SmolLM2-135M-Instruct.Q4_1.gguf --prompt 'The quick brown fox jumps over the laz')"

step "6. The files"
ls -1 -p $out $out/export | sed 's/^/  /'
echo "  $out/multilingual/tokenizer.json loads in tokenizers, transformers and toklab"
