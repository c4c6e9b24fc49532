#!/usr/bin/env bash
# PySpark in its own environment (.cache/spark, 456 MB to download) and a Java runtime from Debian, for
# `make test-cluster` only. Does nothing when both are there.
set -euo pipefail
cd "$(dirname "$0")/.."
version=4.1.1

if ! command -v java >/dev/null; then
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
  package=$(apt-cache search --names-only '^(default|openjdk-(17|21))-jre-headless$' | head -1 | cut -d' ' -f1)
  echo "setup: installing ${package:=default-jre-headless}" >&2
  export DEBIAN_FRONTEND=noninteractive
  install() { "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$package" </dev/null >/dev/null; }
  install 2>/dev/null || { "${as_root[@]}" apt-get update -qq </dev/null && install; }
fi

environment=.cache/spark
if [ ! -e "$environment/.complete-$version" ]; then
  echo "setup: pyspark $version in $environment" >&2
  [ -x "$environment/bin/pip" ] || python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check --no-input "pyspark==$version"
  touch "$environment/.complete-$version"
fi
