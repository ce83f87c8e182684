# SPDX-License-Identifier: Apache-2.0
"""vsw: both daemons, one worker pinned to the core for forwarding."""

import subprocess

from bench.compare import machine
from bench.compare.command import BIN, ROOT, CommandFailed, run
from bench.compare.peers.base import Peer, tx_packets


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
        self.bridge = f"unix:{self.run_dir}/br0.mgmt"

    def _ctl(self, *words):
        return run(BIN / "vswctl", "--timeout", "60", "--target", self.run_dir / "mgmt.sock", *words)

    def _ports(self):
        if self.setup.vhost:
            return [("type=vhost-user", "mode=client", f"path={path}") for path in self.setup.vhost]
        source = f"devargs=net_pcap0,rx_pcap={self.setup.source},infinite_rx=1"
        return [("type=dpdk", source), ("type=dpdk", "devargs=net_null1,no-rx=1")]

    def start(self):
        run(ROOT / "deploy" / "vsw", "start", "--run-dir", self.run_dir, "--", "--workers",
            machine.FORWARDING_CORE, "--memory", machine.SWITCH_MIB,
            environment={"VSW_BIN_DIR": str(BIN)})
        # The rules stand before the source, so that every peer meets its first packet ready.
        self._ctl("add-br", "br0", "--", "set", "bridge", "br0", "fail-mode=secure")
        run("ovs-ofctl", "del-flows", self.bridge)
        run("ovs-ofctl", "add-flows", self.bridge, "-", stdin="\n".join(self.setup.rules) + "\n")
        source, sink = self._ports()
        self._ctl("add-port", "br0", "p2", "ofport=2", *sink)
        if self.setup.station:
            self._ctl("set", "bridge", "br0", f"fdb-size={4 * max(self.setup.flows, 2048)}", "--",
                      "fdb", "add", "br0", self.setup.station, "p2")
        self._ctl("add-port", "br0", "p1", "ofport=1", *source)

    def stop(self):
        # The bridge's device stays when the daemons end; the next round brings one of that name.
        try:
            self._ctl("--if-exists", "del-br", "br0")
        except CommandFailed:
            pass
        run(ROOT / "deploy" / "vsw", "stop", "--run-dir", self.run_dir)

    def forwarded(self):
        return tx_packets(run("ovs-ofctl", "dump-ports", self.bridge, "2"))
