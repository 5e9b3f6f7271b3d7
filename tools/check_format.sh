#!/usr/bin/env bash
# Refuses C++ that clang-format 19 would lay out otherwise. `--fix` lays it out.
# Further arguments: files or folders to look at instead of src, bench and tests.
set -euo pipefail
cd "$(dirname "$0")/.."

fix=no
if [ "${1:-}" = --fix ]; then
  fix=yes
  shift
fi
[ $# -gt 0 ] || set -- src bench tests
mapfile -d '' files < <(find "$@" -name node_modules -prune -o \( -name '*.h' -o -name '*.cc' \) -print0)
[ "${#files[@]}" -gt 0 ] || exit 0
style=--style=file:.clang-format
if [ "$fix" = yes ]; then
  clang-format-19 "$style" -i "${files[@]}"
  exit 0
fi
# One line for each file: where it first differs.
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c '
  clang-format-19 "$0" --dry-run -Werror "$1" 2>&1 | grep -m 1 -oE "^[^ ]+: error: .*" || true' \
  "$style" | sort >build/format.txt
[ -s build/format.txt ] || exit 0
cat build/format.txt
echo "laid out otherwise than .clang-format says: run tools/check_format.sh --fix"
exit 1
