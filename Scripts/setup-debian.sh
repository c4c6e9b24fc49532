#!/usr/bin/env bash
# Installs the Debian packages that building and testing need and that are missing; does nothing when all
# are there. Root (or passwordless sudo) is needed only to install.
set -euo pipefail

packages=(libicu-dev zlib1g-dev libzstd-dev libhunspell-dev libsqlite3-dev libopenblas0 pkg-config)
command -v git >/dev/null || packages+=(git)
# Debian splits the venv module off; a Python from elsewhere has it inside.
python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3-venv)

if ! command -v dpkg-query >/dev/null; then
  pkg-config --exists icu-i18n zlib libzstd hunspell sqlite3 2>/dev/null && exit 0
  echo "setup: not a Debian system: install the development files of ICU, zlib, zstd, hunspell and SQLite, OpenBLAS, and pkg-config" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  else
    echo "setup: missing Debian packages; please run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
fi

echo "setup: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
install() { "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null; }
# The package lists may be absent or old: fetch them once when the first attempt fails.
install 2>/dev/null || { "${as_root[@]}" apt-get update -qq </dev/null && install; }
