#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures vsw, Open vSwitch with DPDK and dpdk-testpmd side by side: in turn, several rounds, on the
# same packets, and prints ratios. Needs root; installs what is missing and builds what it measures.
#
#   bench/run.sh [--quick [--all-modes]] [--rounds N] [--seconds S] [--out DIR] [SCENARIO ...]
#   bench/run.sh --list
#
# Without scenarios, all of them; --quick takes under ten minutes, with one mode of Open vSwitch for
# each, unless --all-modes asks for those that a whole run has. Writes DIR/results.json,
# DIR/results.txt and DIR/results.svg (default: build/bench). docs/performance.md says what the
# scenarios are and how to read the figures.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
case " $* " in
  *" --list "* | *" --help "* | *" -h "*) exec python3 -B -m bench.compare "$@" ;;
esac
deploy/packages.sh install build run bench
cmake --preset release >/dev/null
cmake --build build/release --target vswitchd vswmgrd vswctl traffic_generator
exec python3 -B -m bench.compare "$@"
