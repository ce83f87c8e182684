# SPDX-License-Identifier: Apache-2.0
"""One system test: its folder, what it has started, and its end.

A test is a script that calls main(body). `body(case)` returns when all is well, raises AssertionError
or any other exception when it is not, and calls case.skip(reason) when it cannot run here. The exit
status is 0, 1 or 77. Whatever the case started is undone in reverse order, also after SIGTERM.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from lib.endpoint import Machine, Namespace
from lib.switch import Switch

SKIPPED = 77


class Skip(Exception):
    """The test cannot run on this host; the text says why."""


class Case:
    """What one test uses; see the module's text."""

    def __init__(self, stack):
        # Short, since paths of unix sockets end at 107 characters.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vswt.", dir="/tmp"))
        self._stack = stack
        self._switches = []
        self._machines = []
        self._failed = True
        stack.callback(self._remove_folder)

    def _remove_folder(self):
        if self._failed and os.environ.get("VSW_KEEP_FAILED"):
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def passed(self):
        """The body has returned: nothing of the folder is worth keeping."""
        self._failed = False

    def step(self, text):
        """Says what the test does next."""
        print(f"- {text}", flush=True)

    def skip(self, reason):
        """Ends the test as one that cannot run here."""
        raise Skip(reason)

    def count(self, passed, failed, skipped=0, reason=""):
        """Says how many cases of its own the test has had; tests/run.sh counts these."""
        print(f"CASES: {passed} passed, {failed} failed, {skipped} skipped"
              + (f" ({reason})" if skipped else ""))

    def defer(self, function, *arguments):
        """Calls the function when the case ends."""
        self._stack.callback(function, *arguments)

    def namespace(self, name):
        """Makes a network namespace of this case's own."""
        space = Namespace(f"vswt{os.getpid()}-{name}", self.folder / f"ns-{name}")
        self._stack.callback(space.remove)
        return space.make()

    def switch(self, name="sw", space=None, arguments=(), start=True):
        """Starts a pair of daemons with a run directory, a database and a namespace of its own."""
        space = space or self.namespace(name)
        switch = Switch(self.folder / name, space, arguments)
        self._switches.append(switch)
        self._stack.callback(switch.stop)
        if start:
            switch.start()
        return switch

    def machine(self, name, nics, memory_mib=192, cpus=1):
        """Starts a guest and does not wait for it; see Machine.wait_ready."""
        machine = Machine(self.folder, name)
        self._machines.append(machine)
        self._stack.callback(machine.stop)
        machine.start(nics, memory_mib=memory_mib, cpus=cpus, die_with_parent=True)
        return machine

    def tap_host(self, switch, bridge, name, address, *settings):
        """Adds a TAP port and gives its device to a new namespace, as a host with the address."""
        switch.ctl("add-port", bridge, name, "type=tap", *settings)
        host = self.namespace(name)
        host.take_device(switch.space, name, address)
        return host

    def veth_host(self, switch, bridge, name, address, *settings, device=""):
        """Adds a system port on one end of a veth pair; the other end, eth0, is a host's."""
        host = self.namespace(name)
        host.link_with(switch.space, device or name, address)
        if device:
            settings += (f"device={device}",)
        switch.ctl("add-port", bridge, name, "type=system", *settings)
        return host

    def show_evidence(self):
        """Prints what the daemons and the guests said last."""
        for switch in self._switches:
            switch.show_evidence()
        for machine in self._machines:
            print(f"--- console of guest {machine.name}\n{machine.console()[-1500:]}")


def _terminated(number, _frame):
    raise KeyboardInterrupt(f"signal {number}")


def wait_until(condition, what, timeout=20.0):
    """Returns the first true value of condition(); fails, naming `what`, when there is none."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"after {timeout:.0f} s still not: {what}"
        time.sleep(0.05)


def main(body):
    """Runs the test; ends the process with its result."""
    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGHUP, _terminated)
    sys.stdout.reconfigure(line_buffering=True)
    status = 1
    with contextlib.ExitStack() as stack:
        if os.geteuid() != 0:
            print("SKIPPED: needs root, for network namespaces")
            sys.exit(SKIPPED)
        case = Case(stack)
        try:
            body(case)
            case.passed()
            status = 0
        except Skip as reason:
            print(f"SKIPPED: {reason}")
            status = SKIPPED
        except (Exception, KeyboardInterrupt) as error:  # pylint: disable=broad-except
            traceback.print_exc(file=sys.stdout)
            if isinstance(error, subprocess.TimeoutExpired):
                print(f"output until then: {error.output}")
            case.show_evidence()
    print({0: "PASSED", SKIPPED: "SKIPPED"}.get(status, "FAILED"))
    sys.exit(status)
