#!/usr/bin/env bash
# Refuses C++ that clang-format 19 would lay out otherwise. `--fix` lays it out.
# Further arguments: files or folders to look at instead of src, bench and tests.
set -euo pipefail
cd "$(dirname "$0")/.."

arguments=(--dry-run -Werror)
if [ "${1:-}" = --fix ]; then
  arguments=(-i)
  shift
fi
[ $# -gt 0 ] || set -- src bench tests
mapfile -d '' files < <(find "$@" -name node_modules -prune -o \( -name '*.h' -o -name '*.cc' \) -print0)
[ "${#files[@]}" -gt 0 ] || exit 0
status=0
output=$(printf '%s\0' "${files[@]}" |
  xargs -0 -n 20 -P "$(nproc)" clang-format-19 --style=file:.clang-format "${arguments[@]}" 2>&1) ||
  status=$?
[ "$status" != 0 ] || exit 0
grep -oE '^[^ :]+:[0-9]+:[0-9]+: error: .*' <<<"$output" | sort -t: -u -k1,1 || echo "$output"
echo "laid out otherwise than .clang-format says (first line of each file): run tools/check_format.sh --fix"
exit 1
