# SPDX-License-Identifier: Apache-2.0
"""The pair of daemons under test, started by deploy/vsw, and vswctl to command it."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ.get("VSW_BIN_DIR", ROOT / "build" / "release" / "bin"))


class Switch:
    """One vswitchd and one vswmgrd with a run directory of their own, in a namespace."""

    def __init__(self, run_dir, space, arguments=()):
        self.run_dir = pathlib.Path(run_dir)
        self.space = space
        self.arguments = [str(argument) for argument in arguments]

    def _vsw(self, verb, *rest, timeout=90):
        words = self.space.within(ROOT / "deploy" / "vsw", verb, "--run-dir", self.run_dir, *rest)
        return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False,
                              env={**os.environ, "VSW_BIN_DIR": str(BIN)})

    def start(self):
        """Starts the pair and returns when it serves."""
        rest = ["--", *self.arguments] if self.arguments else []
        done = self._vsw("start", *rest)
        assert done.returncode == 0, f"the switch did not start: {done.stdout}"
        return self

    def stop(self):
        """Stops the pair; does nothing when it does not run."""
        if self.run_dir.exists():
            self._vsw("stop")

    def status(self):
        """Returns (exit status, text) of `deploy/vsw status`."""
        done = self._vsw("status")
        return done.returncode, done.stdout

    def try_ctl(self, *words, timeout=40):
        """Runs vswctl; returns (exit status, output, errors)."""
        done = subprocess.run(
            self.space.within(BIN / "vswctl", "--target", self.run_dir / "mgmt.sock", *words),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=timeout, check=False)
        return done.returncode, done.stdout, done.stderr

    def ctl(self, *words, timeout=40):
        """Runs vswctl, which has to succeed; returns its output."""
        status, output, errors = self.try_ctl(*words, timeout=timeout)
        said = " ".join(str(word) for word in words)
        assert status == 0, f"vswctl {said[:300]}: exit status {status}: {errors.strip()}"
        return output

    def refused(self, expected_status, pattern, *words):
        """Runs vswctl, which has to fail with this status and an error that matches `pattern`."""
        status, _, errors = self.try_ctl(*words)
        said = " ".join(str(word) for word in words)
        assert status == expected_status, \
            f"vswctl {said}: exit status {status}, not {expected_status}: {errors.strip()}"
        assert re.search(pattern, errors, re.IGNORECASE), \
            f"vswctl {said}: the error does not match /{pattern}/: {errors.strip()}"
        print(f"  refused as it should be: {errors.strip()}")

    def read(self, *words):
        """Runs a reading command; returns its JSON with snake_case keys."""
        return _snake(json.loads(self.ctl("--format", "json", *words)))

    def ports(self):
        """Returns the ports by name, with their status."""
        return {port["name"]: port for port in self.read("list-ports").get("ports", [])}

    def counters(self):
        """Returns the counters by port name, as numbers."""
        entries = self.read("stats").get("ports", [])
        return {entry["port"]: {key: int(value) for key, value in
                                entry.get("counters", {}).items()} for entry in entries}

    def fdb(self, bridge):
        """Returns the bridge's {(vlan, mac): entry}."""
        return {(entry.get("vlan", 0), entry["mac"]): entry
                for entry in self.read("fdb", "show", bridge).get("entries", [])}

    def drops(self):
        """Returns {(port, reason): packets}."""
        return {(entry["port"], entry["reason"]): int(entry["packets"])
                for entry in self.read("drops").get("drops", [])}

    def failed_ports(self):
        """Returns {name: reason} of the ports that are not active."""
        return {name: port.get("status", {}).get("reason", "no status")
                for name, port in self.ports().items()
                if not str(port.get("status", {}).get("state", "")).endswith("ACTIVE")}

    def pid(self, daemon):
        """Returns the process id of a daemon, or 0 in between two of its lives."""
        try:
            return int((self.run_dir / "supervisor" / f"{daemon}.pid").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def kill(self, daemon):
        """Kills a daemon the hard way and waits until another process has taken its place."""
        old = self.pid(daemon)
        assert old, f"{daemon} does not run"
        os.kill(old, signal.SIGKILL)
        deadline = time.monotonic() + 20
        while self.pid(daemon) in (0, old):
            assert time.monotonic() < deadline, f"{daemon} was not started again"
            time.sleep(0.01)
        return self.pid(daemon)

    def show_evidence(self):
        """Prints the ends of the logs, and what was lost."""
        print(f"--- drops of {self.run_dir.name}\n{self.try_ctl('drops')[1]}")
        for path in sorted(self.run_dir.glob("*.log")):
            lines = path.read_text(errors="replace").splitlines()[-40:]
            print(f"--- {path.name} of {self.run_dir.name}", *lines, sep="\n")


def _snake(value):
    if isinstance(value, list):
        return [_snake(item) for item in value]
    if isinstance(value, dict):
        return {re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", key).lower(): _snake(item)
                for key, item in value.items()}
    return value
