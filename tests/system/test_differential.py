# SPDX-License-Identifier: Apache-2.0
"""The same rules and the same packets through vsw and Debian's Open vSwitch: what leaves each port
has to be equal, byte by byte. All hand-picked cases, and a minute of random rule sets; the seed is
printed. tests/differential/run.py --help tells how to run more, or the same again.
"""

import pathlib
import subprocess
import sys

RUN = pathlib.Path(__file__).resolve().parents[1] / "differential/run.py"

if __name__ == "__main__":
    sys.exit(subprocess.run([sys.executable, "-B", RUN, "--seconds", "60"], check=False).returncode)
