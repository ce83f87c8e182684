# SPDX-License-Identifier: Apache-2.0
"""The source tree as the rule checks see it, and how they report."""
import argparse
import pathlib
import re
import sys

ROOMS = ("base", "datapath", "vhost", "ofproto", "db", "control", "cli", "bench", "tests")
GENERATED = re.compile(r"\.(pb|grpc\.pb)\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.MULTILINE)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path)
    return parser.parse_args()


def files(source, *suffixes):
    """Files of every room with one of the suffixes, as paths relative to `source`."""
    found = []
    for room in ROOMS:
        for path in sorted((source / room).rglob("*")):
            if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts:
                found.append(path.relative_to(source))
    return found


def includes(text):
    return INCLUDE.findall(text)


def finish(what, checked, problems):
    """Ends the check: nothing to check is a failure too, or the check could never fail."""
    for problem in problems:
        print(problem)
    print(f"{what}: {checked} files checked, {len(problems)} problems")
    sys.exit(1 if problems or checked == 0 else 0)
