# SPDX-License-Identifier: Apache-2.0
"""The OpenFlow 1.3 conformance cases of os-ken's switch tester, without any settling delay.

Cases that vsw cannot pass are counted as skipped, with the reason. The others are run on several
pairs of switches side by side, since the tester mostly waits.
"""

import shutil

from lib.case import main
from lib.openflow import SHARED_DATA
from lib.osken import Bench, read_files, share_out

LANES = 4


def body(case):
    """See the module's text."""
    folder = SHARED_DATA / "os-ken-of13"
    if not folder.is_dir():
        case.skip("the conformance cases (os-ken-of13) are not beside this checkout")
    if shutil.which("osken-manager") is None:
        case.skip("python3-os-ken is not installed")
    files, left_out = read_files(folder)
    case.step(f"{sum(len(file.cases) for file in files)} cases on {LANES} pairs of switches")
    benches = [Bench(case, f"lane{n}", share) for n, share in enumerate(share_out(files, LANES))]
    passed, failed = 0, []
    for bench in benches:
        more_passed, more_failed = bench.result()
        passed += more_passed
        failed += more_failed
    why = "; ".join(f"{count} {reason}" for reason, count in left_out.items())
    case.count(passed, len(failed), left_out.total(), why)
    assert not failed, "\n".join(["conformance cases that fail:", *sorted(failed)])


main(body)
