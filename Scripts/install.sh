#!/usr/bin/env bash
# Installs the release build: the programs and what they load of Swift in PREFIX/lib/toklab, a link in PREFIX/bin,
# man pages and completions. DESTDIR stands before every path, for packagers.
#
#   Scripts/install.sh BUILD-FOLDER PREFIX
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
prefix=${2%/}
root="${DESTDIR:-}$prefix"
programs=(toklab toklab-sweep toklab-serve)

for program in "${programs[@]}"; do
  [ -x "$build/$program" ] || { echo "install: $build/$program is missing; run: make build" >&2; exit 2; }
done

# toklab starts the other two from the folder in which it lies itself, links resolved.
install -d "$root/lib/toklab" "$root/bin" "$root/share/man/man1"
for program in "${programs[@]}"; do
  # A running program cannot be written over; a rename leaves it its own file.
  install -m 755 "$build/$program" "$root/lib/toklab/.$program.new"
  mv -f "$root/lib/toklab/.$program.new" "$root/lib/toklab/$program"
done
ln -sfn ../lib/toklab/toklab "$root/bin/toklab"

# Swift's own libraries, wherever the toolchain has them; the programs look beside themselves too. Debian's
# libraries (ICU, hunspell, zlib, zstd, SQLite) stay Debian's.
for program in "${programs[@]}"; do ldd "$build/$program"; done |
  awk '$3 ~ /\/swift\/linux\// { print $3 }' | sort -u |
  while read -r library; do install -m 644 "$library" "$root/lib/toklab/"; done

rm -f "$root"/share/man/man1/toklab.1 "$root"/share/man/man1/toklab-*.1
Scripts/man-pages.py "$build/toklab" "$root/share/man/man1"
Scripts/completions.sh "$build/toklab" "$root/share"
