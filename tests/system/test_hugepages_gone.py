# SPDX-License-Identifier: Apache-2.0
"""Hugepages that were free when vswitchd looked, and are not when it takes them: it does without."""

import os
import pathlib
import re
import subprocess
import threading
import time

from lib.case import main, wait_until
from lib.switch import BIN

FREE = pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")


def tell(fifo, answers):
    """Gives each one who opens the file the next answer; the last one from then on."""
    def feed():
        while True:
            with open(fifo, "w", encoding="ascii") as out:
                out.write(f"{answers[0]}\n")
            if len(answers) > 1:
                answers.pop(0)
            time.sleep(0.1)  # the reader has closed the file by then

    threading.Thread(target=feed, daemon=True).start()


def starts(case, name, answers):
    """Starts vswitchd on a machine that answers so; it has to be ready, in ordinary memory."""
    fifo, run_dir, log = (case.folder / f"{name}{end}" for end in (".free", "", ".log"))
    os.mkfifo(fifo)
    tell(fifo, answers)
    command = f"mount --bind {fifo} {FREE} && exec {BIN}/vswitchd --run-dir {run_dir} --memory 64"
    with open(log, "w", encoding="utf-8") as out:
        daemon = subprocess.Popen(["unshare", "--mount", "sh", "-c", command],
                                  stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        wait_until(lambda: "is ready" in log.read_text() or daemon.poll() is not None,
                   "vswitchd is ready", 60)
        said = log.read_text()
        assert daemon.poll() is None, said
        assert "going on without hugepages" in said, said
        assert "ordinary memory, 64 MiB: hugepages were free" in said, said
        assert (run_dir / "vswitchd.pid").read_text().strip() == str(daemon.pid)
        with open(f"/proc/{daemon.pid}/smaps_rollup", encoding="ascii") as memory:
            assert re.search(r"Private_Hugetlb: +0 kB", memory.read()), "it holds hugepages"
        cores = pathlib.Path(f"/proc/{daemon.pid}/status").read_text(encoding="ascii")
        mine = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
        allowed = [line for line in mine.splitlines() if line.startswith("Cpus_allowed_list")]
        assert allowed[0] in cores, "it is bound to fewer cores than before"
    finally:
        daemon.terminate()
        assert daemon.wait(30) == 0, log.read_text()


def body(case):
    """See the module's text."""
    if not FREE.exists():
        case.skip("the kernel has no hugepages of 2 MiB")
    if int(FREE.read_text(encoding="ascii")) >= 32:
        case.skip("enough hugepages are free for the daemon to have them in truth")
    case.step("none is left")
    starts(case, "none", [1000, 0])
    case.step("fewer are left than the daemon is told")
    starts(case, "fewer", [1000])


main(body)
