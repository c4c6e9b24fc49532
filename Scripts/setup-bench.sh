#!/usr/bin/env bash
# Makes the Python environment of `make bench`, .venv-bench, with the fastest libraries there are.
# A stamp named after the requirements' checksum makes repeated runs instant.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=Benchmarks/requirements.txt
stamp=.venv-bench/.stamp-$(sha256sum "$requirements" | cut -c1-16)
[ -e "$stamp" ] && exit
echo "bench: Python environment .venv-bench" >&2
[ -x .venv-bench/bin/pip ] || { rm -rf .venv-bench && python3 -m venv .venv-bench; }
.venv-bench/bin/pip install --quiet --disable-pip-version-check --no-input --no-deps --requirement "$requirements"
rm -f .venv-bench/.stamp-*
touch "$stamp"
