# SPDX-License-Identifier: Apache-2.0
"""Open vSwitch's OpenFlow client and os-ken's controllers, as peers of the switch under test."""

import os
import pathlib
import re
import shutil
import subprocess

VERSIONS = ("OpenFlow10", "OpenFlow13", "OpenFlow14", "OpenFlow15")
# What the project's tests borrow and do not keep.
SHARED_DATA = pathlib.Path(os.environ.get("VSW_TEST_DATA",
                                          pathlib.Path(__file__).resolve().parents[4] / "shared/data"))


class Ofctl:
    """ovs-ofctl with one bridge of a switch."""

    def __init__(self, case, switch, bridge, version="OpenFlow13", target=None):
        if shutil.which("ovs-ofctl") is None:
            case.skip("ovs-ofctl is not installed")
        self.version = version
        self.target = target or f"unix:{switch.run_dir}/{bridge}.mgmt"
        self._space = switch.space

    def run(self, command, *words, stdin=None, options=(), timeout=40):
        """Runs a command; returns (exit status, output with errors)."""
        done = subprocess.run(
            self._space.within("ovs-ofctl", "-O", self.version, *options, command, self.target,
                               *words),
            input=stdin if stdin is not None else "", stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False)
        return done.returncode, done.stdout

    def __call__(self, command, *words, **more):
        """Runs a command that has to succeed; returns its output."""
        status, output = self.run(command, *words, **more)
        assert status == 0, f"ovs-ofctl {command} {' '.join(words)} ({self.version}): {output}"
        return output

    def refused(self, pattern, command, *words, **more):
        """Runs a command that has to fail with an error that matches `pattern`."""
        status, output = self.run(command, *words, **more)
        assert re.search(pattern, output), f"ovs-ofctl {command} {' '.join(words)} " \
            f"({self.version}): not refused with /{pattern}/ (status {status}): {output}"

    def flows(self, *selector):
        """Returns the rules without statistics, sorted."""
        lines = self("dump-flows", *selector, options=("--no-stats",)).splitlines()
        return sorted(line.strip() for line in lines if "actions=" in line)

    def counters(self, selector):
        """Returns (packets, bytes, rules) of the rules that the selector names."""
        text = self("dump-aggregate", selector)
        found = re.search(r"packet_count=(\d+) byte_count=(\d+) flow_count=(\d+)", text)
        assert found, text
        return tuple(int(number) for number in found.groups())


class Background:
    """A program that runs beside the test, with what it says; ends with the case.

    Open vSwitch's programs keep their sockets in the case's folder.
    """

    def __init__(self, case, space, name, *words, environment=None):
        self.path = case.folder / f"{name}.log"
        self._log = open(self.path, "w", encoding="utf-8")
        self.process = subprocess.Popen(space.within(*words), stdin=subprocess.DEVNULL,
                                        stdout=self._log, stderr=subprocess.STDOUT,
                                        env={**os.environ, "OVS_RUNDIR": str(case.folder),
                                             **(environment or {})})
        case.defer(self.stop)

    def stop(self):
        """Ends the program."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self._log.close()

    def text(self):
        """What it said so far."""
        return self.path.read_text(encoding="utf-8", errors="replace")
