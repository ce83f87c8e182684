# SPDX-License-Identifier: Apache-2.0
"""DPDK's own testpmd: the floor, what reading and writing packets costs by itself."""

import re
import subprocess
import time

from bench.compare import machine
from bench.compare.command import CommandFailed
from bench.compare.peers.base import Peer


class Testpmd(Peer):
    """Two ports joined by a forwarding engine: macswap (touches each header) or io (does not)."""

    name = "testpmd"
    modes = ("macswap",)

    @staticmethod
    def version():
        done = subprocess.run(["dpkg-query", "-W", "-f=${Version}", "dpdk-dev"],
                              stdout=subprocess.PIPE, text=True, check=False)
        return f"dpdk-testpmd {done.stdout}"

    def __init__(self, setup):
        super().__init__(setup)
        self.program = None

    def _devices(self):
        if self.setup.vhost:
            return [f"net_vhost{n},iface={path},client=1,queues=1"
                    for n, path in enumerate(self.setup.vhost)]
        return [f"net_pcap0,rx_pcap={self.setup.source},infinite_rx=1", "net_null1,no-rx=1"]

    def start(self):
        devices = [word for device in self._devices() for word in ("--vdev", device)]
        # A capture's frames stay in buffers of their own.
        buffers = 32768 if self.setup.vhost else max(32768, 2 * self.setup.flows)
        self.program = self.background(
            "testpmd", "stdbuf", "-oL", "dpdk-testpmd", "-l",
            f"{machine.CONTROL_CORE},{machine.FORWARDING_CORE}", "--no-pci", "--no-telemetry",
            *machine.memory_words(), *devices, "--", "-i", "--nb-cores=1", "--record-core-cycles",
            f"--total-num-mbufs={buffers}", f"--forward-mode={self.setup.mode or 'macswap'}",
            stdin=subprocess.PIPE)
        self._wait("testpmd>")
        self._say("start")

    def _say(self, command):
        self.program.process.stdin.write(command + "\n")
        self.program.process.stdin.flush()

    def _wait(self, text, after=0, seconds=60):
        deadline = time.monotonic() + seconds
        while text not in self.program.text()[after:]:
            self.program.expect_alive()
            if time.monotonic() > deadline:
                raise CommandFailed(f"testpmd: no '{text}': {self.program.text()[-1000:]}")
            time.sleep(0.01)
        return self.program.text()[after:]

    def stop(self):
        if self.program is not None:
            if self.program.process.poll() is None:
                self._say("quit")
                time.sleep(0.5)
            self.program.stop()

    def pid(self):
        return self.program.process.pid

    def forwarded(self):
        so_far = len(self.program.text())
        self._say("show port stats 1")
        text = self._wait("TX-bytes", so_far)
        return int(re.search(r"TX-packets: (\d+)", text).group(1))

    def reset_own_cycles(self):
        self._say("clear fwd stats all")

    def own_cycles(self):
        so_far = len(self.program.text())
        self._say("show fwd stats all")
        text = self._wait("CPU cycles/packet", so_far)
        found = re.search(r"CPU cycles/packet=([\d.]+)", text)
        return float(found.group(1)) if found else None
