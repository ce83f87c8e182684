# SPDX-License-Identifier: Apache-2.0
"""The same rules and packets through vsw and Debian's Open vSwitch: see tests/differential."""

import pathlib
import subprocess
import sys

from lib.case import SKIPPED, main

RUN = pathlib.Path(__file__).resolve().parents[1] / "differential" / "run.py"


def body(case):
    """See the module's text."""
    done = subprocess.run([sys.executable, RUN, "--sets", "40", "--packets", "40"], check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    print(done.stdout[-6000:])
    if done.returncode == SKIPPED:
        case.skip(done.stdout.strip())
    assert done.returncode == 0, "the two switches differ"


main(body)
