#!/usr/bin/env bash
# clang-tidy 19 over the sources that changed since a commit (default: the last one, and what is not
# committed), or over the files named: tools/tidy.sh --since HEAD~5 | tools/tidy.sh src/base/*.cc
set -euo pipefail
cd "$(dirname "$0")/.."

since=HEAD~1
if [ "${1:-}" = --since ]; then
  since=$2
  shift 2
fi
tools/install_packages.sh develop
build=build/dev
[ -e "$build/compile_commands.json" ] || cmake --preset dev --log-level=WARNING
files=("$@")
if [ "${#files[@]}" = 0 ]; then
  mapfile -t files < <({ git diff --name-only --diff-filter=d "$since" -- '*.cc'
    git ls-files --others --exclude-standard -- '*.cc'; } | sort -u)
fi
[ "${#files[@]}" -gt 0 ] || { echo "nothing changed since $since"; exit 0; }
# The compile commands are g++'s; what only it knows is not worth a word.
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" \
  clang-tidy-19 --quiet -p "$build" --extra-arg=-Wno-unknown-warning-option 2> >(grep -v 'warnings generated' >&2)
