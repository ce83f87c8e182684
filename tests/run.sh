#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds, and runs every test.
#
#   tests/run.sh                    unit tests, fuzzing, system tests
#   tests/run.sh --unit             unit tests only
#   tests/run.sh --fuzz [NAME...]   fuzzing only, about a minute for each target of tests/fuzz: all, or
#                                   those named (the default run leaves out config_fuzz)
#   tests/run.sh --system [NAME...] system tests only: all, or those of tests/system named
#
# Ends with the line "N passed, N failed, N skipped", which counts every case, and with exit status 0
# only when none failed. A skipped test says why. A system test is one case unless it tells of cases
# of its own ("CASES: ..."). Logs are in build/test-logs.
set -uo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
logs=$top/build/test-logs
build=build/release
system_seconds=240
unit_seconds=1200
fuzz_seconds=900
fuzz_default=(packet_fuzz openflow_fuzz flow_text_fuzz vhost_ring_fuzz vhost_message_fuzz)
passed=0
failed=0
skipped=0

report() { printf '%-8s %s (%s)\n' "$1" "$2" "$3"; }

# A step that has to succeed before tests make sense. Its output is shown when it fails.
prepare() {
  local name=$1 limit=$2 start=$SECONDS
  shift 2
  echo "== $name"
  if ! timeout -k 10 "$limit" "$@" >"$logs/$name.log" 2>&1 </dev/null; then
    tail -n 60 "$logs/$name.log"
    report FAILED "$name" "$((SECONDS - start)) s"
    failed=$((failed + 1))
    finish
  fi
  echo "   done in $((SECONDS - start)) s"
}

finish() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

unit_tests() {
  local counts
  echo "== unit tests"
  rm -rf "$logs/gtest" "$logs/unit.xml"
  mkdir -p "$logs/gtest"
  GTEST_OUTPUT="xml:$logs/gtest/" timeout -k 10 "$unit_seconds" ctest --test-dir "$build" -j2 \
    --output-on-failure --no-tests=error --output-junit "$logs/unit.xml" \
    >"$logs/unit.log" 2>&1 </dev/null
  if ! counts=$(python3 tests/unit_results.py "$logs/unit.xml" "$logs/gtest"); then
    tail -n 40 "$logs/unit.log"
    report FAILED "unit tests" "no result within $unit_seconds s"
    failed=$((failed + 1))
    return
  fi
  sed '$d' <<<"$counts"
  read -r p f s <<<"${counts##*$'\n'}"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  [ "$f" -eq 0 ] || grep -E 'Failure|FAILED|\*\*\*|error:' "$logs/unit.log" | head -n 60
}

# About a minute for each target, two at a time; a target is one test.
fuzz_tests() {
  local counts
  echo "== fuzzing"
  timeout -k 30 "$fuzz_seconds" python3 -B tests/fuzz/run.py --build build/fuzz "$@" \
    >"$logs/fuzz.log" 2>&1 </dev/null
  counts=$(tail -n 1 "$logs/fuzz.log")
  if ! [[ $counts =~ ^[0-9]+\ [0-9]+\ [0-9]+$ ]]; then
    tail -n 40 "$logs/fuzz.log"
    failed=$((failed + 1))
    report FAILED fuzzing "no result within $fuzz_seconds s"
    return
  fi
  sed '$d' "$logs/fuzz.log"
  read -r p f s <<<"$counts"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# Scripts of the tree have to be clean; this is one test.
script_check() {
  local start=$SECONDS
  if grep -rlE '^#!.*(bash|/bin/sh)' deploy tests .ci bench 2>/dev/null |
    xargs timeout 120 shellcheck >"$logs/shellcheck.log" 2>&1; then
    passed=$((passed + 1))
    report passed shellcheck "$((SECONDS - start)) s"
  else
    failed=$((failed + 1))
    cat "$logs/shellcheck.log"
    report FAILED shellcheck "$((SECONDS - start)) s"
  fi
}

# Adds the cases that a system test tells of; fails if it tells of none.
count_cases() {
  local log=$1 said
  said=$(grep -E '^CASES: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped' "$log") || return 1
  printf '         %s\n' "$said"
  while read -r _ p _ f _ s _; do
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  done <<<"$said"
}

system_test() {
  local path=$1 name start=$SECONDS status failed_before
  name=$(basename "$path" .py)
  timeout -k 30 "$system_seconds" python3 -B "$path" >"$logs/$name.log" 2>&1 </dev/null
  status=$?
  case "$status" in
    0)
      report passed "$name" "$((SECONDS - start)) s"
      count_cases "$logs/$name.log" || passed=$((passed + 1))
      # Gaps and rates are for people; nothing judges them.
      grep -E 'gap|Mbit/s' "$logs/$name.log" | sed 's/^ */         /'
      ;;
    77)
      skipped=$((skipped + 1))
      report SKIPPED "$name" "$((SECONDS - start)) s"
      grep '^SKIPPED:' "$logs/$name.log"
      ;;
    *)
      tail -n 120 "$logs/$name.log"
      failed_before=$failed
      count_cases "$logs/$name.log"
      [ "$failed" -gt "$failed_before" ] || failed=$((failed + 1))
      [ "$status" -lt 124 ] || echo "ended by force after $system_seconds s"
      report FAILED "$name" "$((SECONDS - start)) s, exit status $status"
      ;;
  esac
}

system_tests() {
  local name
  echo "== system tests"
  if [ $# -eq 0 ]; then
    script_check
    for name in tests/system/test_*.py; do system_test "$name"; done
    return
  fi
  for name in "$@"; do
    name=${name##*/}
    name=tests/system/test_${name#test_}
    name=${name%.py}.py
    if [ ! -e "$name" ]; then
      echo "run.sh: there is no $name" >&2
      exit 1
    fi
    system_test "$name"
  done
}

unit=1 fuzz=1 system=1
case "${1:-}" in
  "") ;;
  --unit) fuzz=0 system=0 && shift ;;
  --fuzz) unit=0 system=0 fuzz=1 && shift ;;
  --system) unit=0 fuzz=0 && shift ;;
  *)
    sed -n '3,13s/^# \{0,1\}//p' "$0"
    exit 1
    ;;
esac
mkdir -p "$logs"
prepare packages 1800 deploy/packages.sh install
if [ "$unit" -ne 0 ] || [ "$system" -ne 0 ]; then
  prepare configure 300 cmake --preset release
  prepare build 3000 cmake --build "$build"
fi
[ "$unit" -eq 0 ] || unit_tests
if [ "$fuzz" -ne 0 ]; then
  prepare fuzz-packages 1800 deploy/packages.sh install build fuzz
  prepare fuzz-configure 300 cmake --preset fuzz
  # One target brings all of gRPC along: it is built when asked for.
  [ $# -gt 0 ] || [ "$unit" -eq 0 ] || set -- "${fuzz_default[@]}"
  [ $# -gt 0 ] || set -- "${fuzz_default[@]}" config_fuzz
  prepare fuzz-build 1800 cmake --build build/fuzz --target "$@"
  fuzz_tests "$@"
  if [ "$unit" -ne 0 ]; then
    skipped=$((skipped + 1))
    report SKIPPED config_fuzz "its build brings all of gRPC; tests/run.sh --fuzz runs it"
  fi
  set --
fi
if [ "$system" -ne 0 ]; then
  prepare guest-image 1200 deploy/guest/image.sh
  system_tests "$@"
fi
finish
