# SPDX-License-Identifier: Apache-2.0
"""The same rules and the same packets through vsw and Debian's Open vSwitch: what leaves each port
has to be equal, byte by byte. All hand-picked cases and VLAN modes, and random rule sets by a fresh
seed, which is printed.
"""

import pathlib
import subprocess
import sys

RUN = pathlib.Path(__file__).resolve().parents[1] / "differential/run.py"
SETS = "60"

if __name__ == "__main__":
    sys.exit(subprocess.run([sys.executable, "-B", RUN, "--sets", SETS], check=False).returncode)
