#!/usr/bin/env bash
# Writes the completions of bash, zsh and fish where these shells look for them below a share folder.
#
#   Scripts/completions.sh TOKLAB SHARE-FOLDER
set -euo pipefail
toklab=$1
share=$2
write() { # shell, path below the share folder
  mkdir -p "$(dirname "$share/$2")"
  "$toklab" --generate-completion-script "$1" > "$share/$2"
}
write bash bash-completion/completions/toklab
write zsh zsh/site-functions/_toklab
write fish fish/vendor_completions.d/toklab.fish
