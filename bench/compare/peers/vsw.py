# SPDX-License-Identifier: Apache-2.0
"""vsw: both daemons, one worker pinned to the core for forwarding."""

import json
import subprocess
import time

from bench.compare import machine, tunnels
from bench.compare.command import BIN, ROOT
from bench.compare.peers.base import Peer, Sample, source_device, tx_packets, way_out


class Vsw(Peer):
    """The switch of this tree."""

    name = "vsw"

    @staticmethod
    def version():
        done = subprocess.run([BIN / "vswitchd", "--version"], stdout=subprocess.PIPE, text=True,
                              check=False)
        return f"vsw {done.stdout.split()[-1]}" if done.stdout else "vsw"

    def __init__(self, setup):
        super().__init__(setup)
        self.run_dir = setup.folder / "vsw"
        self.environment = {"VSW_BIN_DIR": str(BIN)}
        self.sink = f"unix:{self.run_dir}/br0.mgmt"  # where port 2 is

    def _ctl(self, *words):
        return self.run(BIN / "vswctl", "--timeout", "60", "--target", self.run_dir / "mgmt.sock",
                        *words)

    def _ports(self):
        if self.setup.vhost:
            return [("type=vhost-user", "mode=client", f"path={path}")
                    for path in self.setup.vhost[:2]]
        return [("type=dpdk", f"devargs={source_device(self.setup)}"),
                ("type=dpdk", "devargs=net_null1,no-rx=1")]

    def start(self):
        self.run(ROOT / "deploy" / "vsw", "start", "--run-dir", self.run_dir, "--", "--workers",
                 machine.FORWARDING_CORE, "--memory", machine.SWITCH_MIB)
        # The rules stand before the source, so that every peer meets its first packet ready.
        self._ctl("add-br", "br0", "--", "set", "bridge", "br0", "fail-mode=secure")
        if self.setup.tunnel:
            return self._start_tunnel(self.setup.tunnel)
        self._flows("br0", self.setup.rules)
        source, sink = self._ports()
        self._ctl("add-port", "br0", "p2", "ofport=2", *sink)
        if self.setup.station:
            self._ctl("set", "bridge", "br0", f"fdb-size={4 * max(self.setup.flows, 2048)}", "--",
                      "fdb", "add", "br0", self.setup.station, "p2")
        self._ctl("add-port", "br0", "p1", "ofport=1", *source)
        for number, path in enumerate(self.setup.vhost[2:], 3):
            self._ctl("add-port", "br0", f"p{number}", f"ofport={number}", "type=vhost-user",
                      "mode=client", f"path={path}")

    def _start_tunnel(self, tunnel):
        self._ctl("add-br", "phy", "--", "set", "bridge", "phy", "fail-mode=secure")
        for bridge, rules in (("br0", self.setup.rules), ("phy", ())):
            self._flows(bridge, rules)
        self.sink = f"unix:{self.run_dir}/{'br0' if tunnel.way == 'decap' else 'phy'}.mgmt"
        # Before the port that they leave by, which hears where the other host is when it is made.
        remotes = (tunnels.REMOTE, tunnels.REMOTE2) if tunnel.way == "relay" else (tunnels.REMOTE,)
        for number, remote in enumerate(remotes, 3):
            self._ctl("add-port", "br0", f"t{number}", f"ofport={number}", f"type={tunnel.kind}",
                      f"remote={remote}", f"key={tunnels.KEY}")
        first, second = f"address={tunnels.LOCAL}/24", f"address={tunnels.LOCAL2}/24"
        if tunnel.way == "decap":
            self._ctl("add-port", "br0", "p2", "ofport=2", "type=dpdk", "devargs=net_null1,no-rx=1")
        else:
            self._ctl("add-port", "phy", "p2", "ofport=2", "type=dpdk",
                      f"devargs={way_out(self.setup)}", first if tunnel.way == "encap" else second)
        source = ("type=dpdk", f"devargs={source_device(self.setup)}")
        if tunnel.way == "encap":
            self._ctl("add-port", "br0", "p1", "ofport=1", *source)
        else:
            self._ctl("add-port", "phy", "p1", "ofport=1", *source, first)

    def _flows(self, bridge, rules):
        target = f"unix:{self.run_dir}/{bridge}.mgmt"
        self.run("ovs-ofctl", "del-flows", target)
        self.run("ovs-ofctl", "-O", "OpenFlow14", "--bundle", "add-flows", target, "-",
                 stdin="\n".join(rules) + "\n")

    def stop(self):
        self.run(ROOT / "deploy" / "vsw", "stop", "--run-dir", self.run_dir)

    def measure(self, seconds):
        """As any, but guests may not give it enough to do: then its own count of busy cycles, for
        whole seconds."""
        if not self.setup.vhost:
            return super().measure(seconds)
        before, start = self.forwarded(), time.monotonic()
        said = self._ctl("--format", "json", "perf", max(1, round(seconds)))
        after, end = self.forwarded(), time.monotonic()
        (worker,) = json.loads(said)["workers"]
        packets = int(worker["packets"])
        return Sample((after - before) / (end - start),
                      int(worker["busy_cycles"]) / packets if packets else None)

    def cached_flows(self):
        said = json.loads(self._ctl("--format", "json", "cache-stats"))
        return sum(int(worker["megaflows"]) for worker in said["workers"])

    def pid(self):
        return int((self.run_dir / "vswitchd.pid").read_text("ascii"))

    def add_idle_ports(self, count):
        words = []
        for number in range(count):
            words += ["--", "add-port", "br0", f"idle{number}", "type=tap"]
        self._ctl(*words[1:])

    def openflow(self):
        return self.run_dir / "br0.mgmt"

    def forwarded(self):
        return tx_packets(self.run("ovs-ofctl", "dump-ports", self.sink, "2"))
