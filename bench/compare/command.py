# SPDX-License-Identifier: Apache-2.0
"""Programs that the measurements start, each in the network namespace of its switch."""

import itertools
import os
import pathlib
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "release" / "bin"


class CommandFailed(Exception):
    """A program ended badly; the text says which and what it printed."""


class Space:
    """A network namespace of its own, so that device names of a switch meet no others."""

    _numbers = itertools.count()

    def __init__(self):
        self.name = f"vsw-bench-{os.getpid()}-{next(self._numbers)}"
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.run("ip", "link", "set", "lo", "up")
        # Devices that send by themselves would not be idle.
        self.run("sysctl", "-q", "net.ipv6.conf.default.disable_ipv6=1")

    def remove(self):
        """Removes it, and so every device in it."""
        subprocess.run(["ip", "netns", "del", self.name], check=False)

    def within(self, *words):
        """The command line that runs `words` in it."""
        return ["ip", "netns", "exec", self.name, *map(str, words)]

    def run(self, *words, stdin="", timeout=120, environment=None):
        """Runs a program to its end and returns what it printed."""
        done = subprocess.run(self.within(*words), input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False,
                              env={**os.environ, **(environment or {})})
        if done.returncode != 0:
            said = " ".join(map(str, words))
            raise CommandFailed(
                f"{said[:300]}: exit status {done.returncode}: {done.stdout[-2000:]}")
        return done.stdout


class Background:
    """A program that runs until stop(); what it prints goes to a file."""

    def __init__(self, space, log, *words, environment=None, stdin=subprocess.DEVNULL):
        self.log = pathlib.Path(log)
        self._file = open(self.log, "w", encoding="utf-8")
        self.process = subprocess.Popen(space.within(*words), stdin=stdin, stdout=self._file,
                                        stderr=subprocess.STDOUT, text=True,
                                        env={**os.environ, **(environment or {})})

    def text(self):
        """What it printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def expect_alive(self):
        """Raises with its last words if it has ended."""
        if self.process.poll() is not None:
            raise CommandFailed(f"{self.log.name}: ended with {self.process.returncode}: "
                                f"{self.text()[-2000:]}")

    def stop(self, how=signal.SIGTERM):
        """Ends it and waits for that."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(20)
        self._file.close()
