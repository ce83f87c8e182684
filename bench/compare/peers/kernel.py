# SPDX-License-Identifier: Apache-2.0
"""The kernel's VXLAN device in a kernel bridge.

It cannot read a capture: testpmd on the same core feeds it by a veth pair, and another pair drops what
it sends. What the feeding alone takes, up to where the kernel drops a frame for another host, is
measured first and taken off.
"""

import json
import platform
import subprocess
import time

from bench.compare import machine, tunnels
from bench.compare.command import CommandFailed
from bench.compare.peers.base import Peer

_FEEDER_MIB = 256
_FEEDING_SECONDS = 1.0


class Kernel(Peer):
    """Two veth pairs, in and out; between them the bridge and the tunnel."""

    name = "kernel"

    @staticmethod
    def version():
        return f"kernel {platform.release()}"

    def __init__(self, setup):
        super().__init__(setup)
        self.feeder = None
        self.seconds_to_feed = 0.0  # a packet

    def _ip(self, text):
        self.run("ip", *text.split())

    def start(self):
        tunnel = self.setup.tunnel
        # Where netfilter for bridges is built in, it is on; a bridge does without.
        for table in ("iptables", "ip6tables", "arptables"):
            self.run("sysctl", "-q", "-e", f"net.bridge.bridge-nf-call-{table}=0")
        for near, far in (("in", "in-peer"), ("out", "out-peer")):
            self._ip(f"link add {near} type veth peer name {far}")
            self._ip(f"link set {near} up")
            self._ip(f"link set {far} up")
        self._feed()
        before = self._received()
        time.sleep(_FEEDING_SECONDS)
        self.seconds_to_feed = _FEEDING_SECONDS / (self._received() - before)
        outside, inside = ("out", "in") if tunnel.way == "encap" else ("in", "out")
        self._ip(f"link set {outside} address {tunnel.local_mac}")
        self._ip(f"address add {tunnels.LOCAL}/24 dev {outside}")
        self._ip(f"neigh replace {tunnels.REMOTE} lladdr {tunnels.REMOTE_MAC} dev {outside}")
        self._ip(f"link add tunnel type {tunnel.kind} id {tunnels.KEY} remote {tunnels.REMOTE} "
                 f"local {tunnels.LOCAL} dstport {tunnels.PORTS[tunnel.kind]} dev {outside}")
        self._ip("link add name bridge type bridge")
        for device in ("tunnel", inside):
            self._ip(f"link set {device} master bridge up")
        self._ip("link set bridge up")
        self._await(self.forwarded)

    def _feed(self):
        cores = f"0@{machine.CONTROL_CORE},1@{machine.FORWARDING_CORE}"
        self.feeder = self.background(
            "feeder", "dpdk-testpmd", "--lcores", cores,
            "--no-pci", "--no-telemetry", *machine.memory_words(_FEEDER_MIB),
            "--vdev", f"net_pcap0,rx_pcap={self.setup.source},infinite_rx=1",
            "--vdev", "net_af_packet0,iface=in-peer", "--", "-i", "--auto-start", "--nb-cores=1",
            "--forward-mode=io", stdin=subprocess.PIPE)
        self._await(self._received)

    def _await(self, count):
        deadline = time.monotonic() + 60
        while count() < 10_000:
            self.feeder.expect_alive()
            if time.monotonic() > deadline:
                raise CommandFailed(f"nothing flows: {self.feeder.text()[-1000:]}")
            time.sleep(0.1)

    def stop(self):
        if self.feeder is not None:
            self.feeder.stop()

    def pid(self):
        return self.feeder.process.pid

    def _count(self, device, way):
        (shown,) = json.loads(self.run("ip", "-s", "-j", "link", "show", "dev", device))
        return shown["stats64"][way]["packets"]

    def _received(self):
        return self._count("in", "rx")

    def forwarded(self):
        return self._count("tunnel" if self.setup.tunnel.way == "encap" else "out", "tx")

    def count(self, seconds):
        """Packets in the time that they took beyond being fed."""
        packets, passed = super().count(seconds)
        feeding = packets * self.seconds_to_feed
        if feeding > 0.8 * passed:
            raise CommandFailed(f"feeding took {100 * feeding / passed:.0f}% of the time")
        return packets, passed - feeding
