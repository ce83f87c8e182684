#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Layout and lint of the C++ sources.
#
#   tests/lint.sh format [FILE...]   say what clang-format would change
#   tests/lint.sh fix    [FILE...]   let it change that
#   tests/lint.sh tidy   [FILE...]   run clang-tidy; needs a configured build/release
#
# Without files, all that are tracked (for tidy: the .cc files, which takes a while).
# The include rules, header guards and licences are unit tests: ctest -R rules.
set -euo pipefail

cd "$(dirname "$0")/.."
verb=${1:-}
shift || true

sources() {
  if [ $# -gt 0 ]; then printf '%s\n' "$@"; else git ls-files '*.cc' '*.h'; fi
}

need() {
  command -v "$1" >/dev/null || deploy/packages.sh install lint
}

case "$verb" in
  format)
    need clang-format
    sources "$@" | xargs -r clang-format --dry-run --Werror
    ;;
  fix)
    need clang-format
    sources "$@" | xargs -r clang-format -i
    ;;
  tidy)
    need clang-tidy
    sources "$@" | grep '\.cc$' | xargs -r -P "$(nproc)" -n 4 clang-tidy --quiet -p build/release
    ;;
  *)
    sed -n '3,10s/^# \{0,1\}//p' "$0" >&2
    exit 1
    ;;
esac
