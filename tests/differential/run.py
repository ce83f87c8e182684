#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares vsw with Debian's Open vSwitch, packet by packet: hand-picked cases, then random ones.

    tests/differential/run.py                              all hand-picked cases, 150 random rule sets
    tests/differential/run.py --seconds 3600               random rule sets for an hour
    tests/differential/run.py --seed N --only "random 17"  one of those again

What differs on purpose is listed in docs/differences.md. Exit status: 0 all agree, 1 some do not,
77 Open vSwitch is not there.
"""

import argparse
import random
import secrets
import sys
import time

import cases_basic
import cases_pipeline
import cases_vlan
from compare import run_case, why_meant
from oracle import Oracle, OracleGone
from random_rules import Generator
from subject import Subject

PORTS = 4
MAX_LEFT_OUT = 3  # packets of one rule set


def run_all(cases, oracle, subject):
    """Returns (agreeing, differing on purpose, failed names)."""
    agree, meant, failed = 0, 0, []
    for case in cases:
        difference = run_case(case, oracle, subject)
        if difference is None:
            agree += 1
        elif why_meant(case):
            meant += 1
            print(f"  differs on purpose: {case.name}: {why_meant(case)}")
        else:
            failed.append(case.name)
            print(f"DIFFERENCE in {case.name}\n  rules: {case.groups + case.flows}\n  {difference}",
                  flush=True)
    return agree, meant, failed


def hand_picked(options):
    """Returns the names of the cases that failed."""
    cases = [case for case in cases_basic.CASES + cases_pipeline.CASES
             if options.only in case.name]
    if not cases:
        return []
    with Oracle(PORTS) as oracle, Subject(PORTS) as subject:
        agree, meant, failed = run_all(cases, oracle, subject)
    print(f"hand-picked: {agree} agree, {meant} differ on purpose, {len(failed)} differ "
          f"({sum(len(case.packets) for case in cases)} packets)", flush=True)
    return failed


def vlan_modes(options):
    """The same for bridges whose ports have VLAN modes."""
    failed = []
    for settings, cases in cases_vlan.BRIDGES:
        cases = [case for case in cases if options.only in case.name]
        if not cases:
            continue
        with Oracle(PORTS, settings) as oracle, Subject(PORTS, settings) as subject:
            agree, meant, more = run_all(cases, oracle, subject)
        print(f"VLAN modes: {agree} agree, {meant} differ on purpose, {len(more)} differ", flush=True)
        failed += more
    return failed


def run_surviving(case, oracle, subject):
    """A random case without the packets that end Open vSwitch. Returns what run_all() does; None if
    it ends on more than it can spare."""
    for _ in range(MAX_LEFT_OUT + 1):
        try:
            return run_all([case], oracle, subject)
        except OracleGone as gone:
            oracle.restart()
            if gone.packet is None:
                break
            port, octets = case.packets.pop(gone.packet)
            print(f"OPEN VSWITCH ENDED in {case.name}, which goes on without this packet at port {port}: "
                  f"{octets.hex()}\n  {gone}", flush=True)
    print(f"NOT COMPARED: {case.name}: Open vSwitch ends again and again", flush=True)
    return None


def random_sets(options):
    """The same for random ones: so many, or for so long."""
    if options.only and not options.only.startswith("random"):
        return []
    print(f"random: --seed {options.seed}, rule sets of {options.packets} packets", flush=True)
    generator = Generator(random.Random(options.seed))
    start, agree, failed, number, lost = time.monotonic(), 0, [], 0, 0
    with Oracle(PORTS) as oracle, Subject(PORTS) as subject:
        while (number < options.sets if not options.seconds
               else time.monotonic() < start + options.seconds):
            case = generator.case(number, options.packets)
            number += 1
            # One of them alone is the very one that was named.
            if options.only in ("", "random", case.name):
                result = run_surviving(case, oracle, subject)
                lost += result is None
                agree += result[0] if result else 0
                failed += result[2] if result else []
    print(f"random: {agree} agree, {len(failed)} differ, {lost} not compared")
    if lost * 4 > number:
        failed.append("random: too few could be compared")
    return failed


def main():
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--sets", type=int, default=150, help="random rule sets")
    parser.add_argument("--seconds", type=int, default=0, help="random rule sets for so long instead")
    parser.add_argument("--packets", type=int, default=60, help="packets of each rule set")
    parser.add_argument("--only", default="", help="only cases with this in their name")
    options = parser.parse_args()
    lacking = Oracle.missing()
    if lacking:
        print(f"SKIPPED: {lacking}")
        return 77
    start = time.monotonic()
    failed = hand_picked(options) + vlan_modes(options) + random_sets(options)
    print(f"{time.monotonic() - start:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
