#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares vsw with Debian's Open vSwitch, packet by packet: hand-picked cases, then random ones.

    tests/differential/run.py [--seed N] [--sets N] [--packets N] [--only TEXT]

Exit status: 0 all agree, 1 some do not, 77 Open vSwitch is not there.
"""

import argparse
import random
import secrets
import sys
import time

import cases_basic
import cases_pipeline
import cases_vlan
from compare import run_case
from oracle import Oracle
from random_rules import Generator
from subject import Subject

PORTS = 4


def run_all(cases, oracle, subject):
    """Returns (agreeing, differing on purpose, failed names)."""
    agree, meant, failed = 0, 0, []
    for case in cases:
        difference = run_case(case, oracle, subject)
        if difference is None:
            agree += 1
        elif case.differs:
            meant += 1
            print(f"  differs on purpose: {case.name}: {case.differs}")
        else:
            failed.append(case.name)
            print(f"DIFFERENCE in {case.name}\n  rules: {case.groups + case.flows}\n  {difference}",
                  flush=True)
    return agree, meant, failed


def main():
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--sets", type=int, default=150)
    parser.add_argument("--packets", type=int, default=60)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    lacking = Oracle.missing()
    if lacking:
        print(f"SKIPPED: {lacking}")
        return 77

    start = time.monotonic()
    cases = [case for case in cases_basic.CASES + cases_pipeline.CASES
             if options.only in case.name]
    with Oracle(PORTS) as oracle, Subject(PORTS) as subject:
        agree, meant, failed = run_all(cases, oracle, subject)
        print(f"hand-picked: {agree} agree, {meant} differ on purpose, {len(failed)} differ "
              f"({sum(len(case.packets) for case in cases)} packets)")
        if not options.only or options.only.startswith("random"):
            print(f"random: seed {options.seed}, {options.sets} rule sets of {options.packets} packets")
            generator = Generator(random.Random(options.seed))
            sets = [generator.case(n, options.packets) for n in range(options.sets)]
            sets = [one for one in sets if options.only in one.name]
            agree, meant, more = run_all(sets, oracle, subject)
            print(f"random: {agree} agree, {len(more)} differ")
            failed += more
    for settings, cases in cases_vlan.BRIDGES:
        cases = [case for case in cases if options.only in case.name]
        if not cases:
            continue
        with Oracle(PORTS, settings) as oracle, Subject(PORTS, settings) as subject:
            agree, meant, more = run_all(cases, oracle, subject)
            print(f"VLAN modes: {agree} agree, {meant} differ on purpose, {len(more)} differ")
            failed += more
    print(f"{time.monotonic() - start:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
