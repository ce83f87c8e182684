# SPDX-License-Identifier: Apache-2.0
"""A pinned worker has its core for itself: no other thread of vswitchd may run there."""

import os
import pathlib
import subprocess

from lib.case import main, wait_until
from lib.switch import BIN


def cores_of_threads(process):
    """Thread id -> (name, cores that it may run on)."""
    threads = {}
    for task in pathlib.Path(f"/proc/{process}/task").iterdir():
        name = (task / "comm").read_text(encoding="ascii").strip()
        threads[task.name] = (name, os.sched_getaffinity(int(task.name)))
    return threads


def body(case):
    """See the module's text."""
    allowed = os.sched_getaffinity(0)
    core = max(allowed)
    log = case.folder / "vswitchd.log"
    with open(log, "w", encoding="utf-8") as out:
        daemon = subprocess.Popen([BIN / "vswitchd", "--run-dir", case.folder / "run", "--memory",
                                   "64", "--workers", str(core)],
                                  stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        wait_until(lambda: "is ready" in log.read_text() or daemon.poll() is not None,
                   "vswitchd is ready", 60)
        assert daemon.poll() is None, log.read_text()
        threads = cores_of_threads(daemon.pid)
        workers = [cores for name, cores in threads.values() if name.startswith("vsw-worker")]
        assert workers == [{core}], threads
        others = [cores for name, cores in threads.values() if not name.startswith("vsw-worker")]
        assert len(others) > 3, threads  # DPDK's and gRPC's are among them
        beside = allowed - {core} or allowed
        assert all(cores <= beside for cores in others), threads
    finally:
        daemon.terminate()
        assert daemon.wait(30) == 0, log.read_text()


main(body)
