# SPDX-License-Identifier: Apache-2.0
"""deploy/vsw: starting twice, foreign run directories, failing daemons, restarts and stopping."""

import os
import signal
import subprocess

from lib.case import main, wait_until
from lib.switch import BIN, ROOT


def vsw(space, *words):
    """Runs deploy/vsw; returns (exit status, output)."""
    done = subprocess.run(space.within(ROOT / "deploy" / "vsw", *words), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                          check=False, env={**os.environ, "VSW_BIN_DIR": str(BIN)})
    return done.returncode, done.stdout


def body(case):
    """See the module's text."""
    switch = case.switch()
    run_dir = switch.run_dir

    case.step("starting is idempotent, but not with other settings")
    pids = [switch.pid(name) for name in ("vswitchd", "vswmgrd")]
    status, said = vsw(switch.space, "start", "--run-dir", run_dir)
    assert status == 0 and "already" in said, said
    assert pids == [switch.pid(name) for name in ("vswitchd", "vswmgrd")]
    status, said = vsw(switch.space, "start", "--run-dir", run_dir, "--db", case.folder / "x.db")
    assert status == 1 and "used by another pair" in said, said

    case.step("both daemons are killed at once, repeatedly")
    switch.ctl("add-br", "br0")
    for _ in range(3):
        os.kill(switch.pid("vswmgrd"), signal.SIGKILL)
        switch.kill("vswitchd")
        wait_until(lambda: switch.pid("vswmgrd") and switch.status()[0] == 0, "both run")
    wait_until(lambda: switch.try_ctl("br-exists", "br0")[0] == 0, "the bridge is known")

    case.step("the supervisor is killed: the daemons go on, and starting takes over")
    os.kill(int((run_dir / "supervisor" / "pid").read_text()), signal.SIGKILL)
    wait_until(lambda: switch.status()[0] == 3, "status tells of it")
    switch.ctl("list-br")
    switch.start()
    assert switch.status()[0] == 0
    assert switch.ctl("list-br").split() == ["br0"]

    case.step("stopping ends everything, and may be done twice")
    switch.stop()
    assert switch.status()[0] == 3
    status, said = vsw(switch.space, "stop", "--run-dir", run_dir)
    assert status == 0 and "not running" in said, said

    case.step("a daemon that ends at once is shown with its last words")
    status, said = vsw(switch.space, "start", "--run-dir", run_dir, "--", "--no-such-flag")
    assert status == 1 and "no-such-flag" in said, said
    assert switch.status()[0] == 3
    status, said = vsw(switch.space, "start", "--run-dir", "/proc/nowhere")
    assert status == 1 and "cannot make /proc/nowhere" in said, said


main(body)
