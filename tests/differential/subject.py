# SPDX-License-Identifier: Apache-2.0
"""vsw as the other side: one process that runs the real switch and worker on ports in memory."""

import pathlib
import subprocess

RUNNER = pathlib.Path(__file__).resolve().parents[2] / "build/release/bin/switch_runner"


class Subject:
    """A bridge of ports 1..n; `with Subject(n) as subject`."""

    def __init__(self, ports, port_settings=None):
        self.ports = ports
        self._settings = port_settings or {}
        self._process = None

    def __enter__(self):
        self._process = subprocess.Popen([RUNNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True, bufsize=1 << 16)
        for port in range(1, self.ports + 1):
            words = " ".join(self._settings.get(port, {}).get("vsw", []))
            self._say(f"port {port} {words}".strip())
        self._say("start")
        self._answer()
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _say(self, line):
        self._process.stdin.write(line + "\n")

    def _answer(self):
        """The lines up to "."."""
        self._process.stdin.flush()
        lines = []
        for line in self._process.stdout:
            if line == ".\n":
                return lines
            lines.append(line.rstrip("\n"))
        raise RuntimeError(f"the switch ended with status {self._process.wait()}")

    def load(self, flows, groups=()):
        """Replaces all rules. Returns None, or what was refused."""
        self._say("clear")
        for group in groups:
            self._say(f"group {group}")
        for flow in flows:
            self._say(f"flow {flow}")
        self._say("commit")
        return "\n".join(self._answer()) or None

    def send(self, packets):
        """Sends [(port, octets)] one after the other; returns for each {port: [octets that left]}."""
        for port, octets in packets:
            self._say(f"packet {port} {octets.hex()}")
        self._say("done")
        results = []
        for line in self._answer():
            if line == "packet":
                results.append({})
            elif line.startswith("out "):
                _, port, octets = line.split()
                results[-1].setdefault(int(port), []).append(bytes.fromhex(octets))
        return results

    def ask(self, line):
        """Any command of the runner; returns the lines of its answer."""
        self._say(line)
        return self._answer()
