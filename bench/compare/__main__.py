# SPDX-License-Identifier: Apache-2.0
"""The command line of bench/run.sh."""

import argparse
import os
import pathlib
import signal
import sys
import time

from bench.compare import command, machine, measure, report, scenarios
from bench.compare.peers import ALL as PEERS


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench/run.sh", description=__doc__)
    parser.add_argument("scenario", nargs="*",
                        help="names of scenarios, or of groups: what stands before a dash")
    parser.add_argument("--list", action="store_true", help="print the scenarios and end")
    parser.add_argument("--quick", action="store_true", help="all of it in under ten minutes")
    parser.add_argument("--all-modes", action="store_true",
                        help="with --quick: all that Open vSwitch is worth trying in, not one")
    parser.add_argument("--rounds", type=int, help="how often each peer is measured")
    parser.add_argument("--seconds", type=float, help="how long each measurement counts")
    parser.add_argument("--out", type=pathlib.Path, default=command.ROOT / "build" / "bench",
                        help="folder for the results")
    return parser, parser.parse_args()


def chosen(parser, names):
    """The scenarios of these names, in the order of the list."""
    picked = []
    for name in names:
        if not scenarios.named(name):
            parser.error(f"there is no scenario '{name}'; --list names them")
        picked += scenarios.named(name)
    return [scenario for scenario in scenarios.ALL.values() if not names or scenario in picked]


def _stop(*_):
    raise KeyboardInterrupt


def main():
    """Measures, tells as it goes, writes the results."""
    parser, args = parse()
    picked = chosen(parser, args.scenario)
    if args.list:
        for scenario in picked:
            print(f"{scenario.name:24} {scenario.title}; to reach: "
                  f"{scenario.goal.text(scenario.unit)}")
        return 0
    if os.geteuid() != 0:
        parser.error("needs root: the switches take memory and cores")
    rounds = args.rounds or (1 if args.quick else 5)
    seconds = args.seconds or (0.5 if args.quick else 3.0)
    done, failed, start = [], False, time.monotonic()
    signal.signal(signal.SIGTERM, _stop)  # what was started ends with it, too
    try:
        pairs_of = {scenario: measure.modes_of(scenario, not args.quick or args.all_modes)
                    for scenario in picked}
        at_once = max(len(pairs) if scenario.in_slices else scenario.switches
                      for scenario, pairs in pairs_of.items())
        with machine.reserved_hugepages(at_once):
            facts = machine.describe() | {"versions": [peer.version() for peer in PEERS.values()],
                                          "rounds": rounds, "seconds": seconds}
            print("\n".join(f"{key}: {value}" for key, value in facts.items()), flush=True)
            for scenario in picked:
                print(f"== {scenario.name}: {scenario.title}", flush=True)
                if not scenario.available():
                    print("  SKIPPED: its data is not beside this checkout", flush=True)
                    continue
                results = measure.run(scenario, pairs_of[scenario], rounds, seconds, args.quick,
                                      lambda text: print(text, flush=True))
                failed |= any(result.failures for result in results)
                done.append((scenario, results))
    except KeyboardInterrupt:
        failed = True  # what was measured by then is written
    text = report.table(done) + "\n" + report.notes(done)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "results.txt").write_text(text, "utf-8")
    (args.out / "results.json").write_text(report.as_json(facts, done), "utf-8")
    (args.out / "results.svg").write_text(report.picture(done), "utf-8")
    print(f"\n{text}\nwritten to {args.out}; took {time.monotonic() - start:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
