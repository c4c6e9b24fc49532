#!/usr/bin/env bash
# Makes the Python environment with the reference libraries that the tests and benchmarks compare with.
# A stamp named after the requirements' checksum makes repeated runs instant.
# TOKLAB_VENV names another environment, which is then used as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -n "${TOKLAB_VENV:-}" ] && exit 0
requirements=Tests/Peers/requirements.txt
stamp=.venv/.stamp-$(sha256sum "$requirements" | cut -c1-16)
[ -e "$stamp" ] && exit 0

echo "setup: Python environment .venv" >&2
[ -x .venv/bin/pip ] || { rm -rf .venv && python3 -m venv .venv; }
.venv/bin/pip install --quiet --disable-pip-version-check --no-input --requirement "$requirements"
rm -f .venv/.stamp-*
touch "$stamp"
