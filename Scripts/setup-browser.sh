#!/usr/bin/env bash
# Installs the browser of the page tests: Debian's headless Chromium (100 MB to download, 306 MB installed). Does nothing
# when a Chromium is there or TOKLAB_BROWSER names one.
set -euo pipefail

for name in ${TOKLAB_BROWSER:+"$TOKLAB_BROWSER"} chromium-headless-shell chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then exit 0; fi
done

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  else
    echo "setup: no Chromium for the page tests; please run: apt-get install chromium-headless-shell" >&2
    exit 1
  fi
fi

export DEBIAN_FRONTEND=noninteractive
install() { "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$1" </dev/null >/dev/null; }
echo "setup: installing Debian's headless Chromium (100 MB)" >&2
install chromium-headless-shell 2>/dev/null && exit 0
"${as_root[@]}" apt-get update -qq </dev/null
# The small package is not in every release.
install chromium-headless-shell 2>/dev/null || install chromium
