# SPDX-License-Identifier: Apache-2.0
"""The same rules and the same packets through vsw and Debian's Open vSwitch: what leaves each port
has to be equal, byte by byte. All hand-picked cases and VLAN modes. Random rule sets are for a
person to look at (tests/differential/run.py): Open vSwitch 3.1 ends now and then on some of them.
"""

import pathlib
import subprocess
import sys

RUN = pathlib.Path(__file__).resolve().parents[1] / "differential/run.py"

if __name__ == "__main__":
    sys.exit(subprocess.run([sys.executable, "-B", RUN, "--sets", "0"], check=False).returncode)
