#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what a ctest run did, test case by test case.

  unit_results.py JUNIT_FILE GTEST_FOLDER

JUNIT_FILE is ctest's report; GTEST_FOLDER has one gtest report per binary, named after it. Prints one
line per ctest entry and one per skipped or failed case; the last line is "PASSED FAILED SKIPPED". An
entry without a gtest report counts as one case; so does a binary that failed although its cases did
not, or that ended before it could report.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def gtest_cases(path):
    """Yields (name, "passed" | "failed" | "skipped", message) of a gtest report."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None:
            yield name, "failed", (case.find("failure").get("message") or "").strip()
        elif case.get("status") == "notrun" or case.get("result") in ("skipped", "suppressed"):
            skipped = case.find("skipped")
            message = skipped.get("message") if skipped is not None else "disabled"
            yield name, "skipped", (message or "").strip()
        else:
            yield name, "passed", ""


def count_entry(entry, folder):
    """Prints the entry; returns its {"passed": n, "failed": n, "skipped": n}."""
    name, seconds = entry.get("name"), float(entry.get("time") or 0)
    status = {"run": "passed", "fail": "failed"}.get(entry.get("status"), "skipped")
    if entry.find("skipped") is not None and status == "failed":
        status = "skipped"
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    report = folder / f"{name}.xml"
    details = []
    if report.exists():
        for case, result, message in gtest_cases(report):
            counts[result] += 1
            if result != "passed":
                details.append(f"     {result.upper()} {case}: {message}")
        if status == "failed" and not counts["failed"]:
            counts["failed"] = 1
        if not sum(counts.values()):
            # A binary with no case checks nothing, however well it ends.
            counts["failed"] = 1
            details.append("     FAILED: the binary has no test case")
    else:
        counts[status] = 1
    said = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
    print(f"{status:8} {name} ({seconds:.1f} s): {said}")
    print(*details, sep="\n", end="\n" if details else "")
    return counts


def main():
    """Counts all entries."""
    junit, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    for entry in ElementTree.parse(junit).getroot().iter("testcase"):
        for what, number in count_entry(entry, folder).items():
            totals[what] += number
    print(totals["passed"], totals["failed"], totals["skipped"])


if __name__ == "__main__":
    main()
