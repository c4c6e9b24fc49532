#!/usr/bin/env bash
# Makes the Python environment with the reference libraries that the tests and benchmarks compare with.
# A stamp named after the requirements' checksum makes repeated runs instant.
# TOKLAB_VENV names another environment, which is then used as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

# A second release of SentencePiece, whose rules differ, beside the one of the environment.
newer() {
  local folder=.cache/sentencepiece-0.2.3
  [ -e "$folder/.complete" ] && return
  echo "setup: $folder" >&2
  rm -rf "$folder"
  "$1" install --quiet --disable-pip-version-check --no-input --no-deps --target "$folder" sentencepiece==0.2.3
  touch "$folder/.complete"
}

if [ -n "${TOKLAB_VENV:-}" ]; then
  newer "$TOKLAB_VENV/bin/pip"
  exit
fi
requirements=Tests/Peers/requirements.txt
stamp=.venv/.stamp-$(sha256sum "$requirements" | cut -c1-16)
if [ -e "$stamp" ]; then
  newer .venv/bin/pip
  exit
fi

echo "setup: Python environment .venv" >&2
[ -x .venv/bin/pip ] || { rm -rf .venv && python3 -m venv .venv; }
.venv/bin/pip install --quiet --disable-pip-version-check --no-input --requirement "$requirements"
rm -f .venv/.stamp-*
touch "$stamp"
newer .venv/bin/pip
