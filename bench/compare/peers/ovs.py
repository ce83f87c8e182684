# SPDX-License-Identifier: Apache-2.0
"""Open vSwitch with DPDK, as Debian packages it, with a database and sockets of its own."""

import re
import subprocess
import time

from bench.compare import machine, tunnels
from bench.compare.command import CommandFailed
from bench.compare.peers.base import Peer, source_device, tx_packets, way_out

DAEMON = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
# What `mode` sets in other_config beyond the defaults.
MODES = {
    "defaults": (),
    "smc": ("smc-enable=true",),
    "emc-always": ("emc-insert-inv-prob=1",),
    "flow-limit": ("flow-limit=2000000", "max-idle=600000", "emc-insert-inv-prob=1"),
}


class OpenVSwitch(Peer):
    """The rival."""

    name = "ovs"
    modes = tuple(MODES)

    @staticmethod
    def version():
        done = subprocess.run([DAEMON, "--version"], stdout=subprocess.PIPE, text=True, check=False)
        words = done.stdout.splitlines()
        dpdk = [line for line in words if line.startswith("DPDK")]
        return f"Open vSwitch {words[0].split()[-1]}, {dpdk[0] if dpdk else 'DPDK'}"

    def __init__(self, setup):
        super().__init__(setup)
        self.at = setup.folder / "ovs"
        self.bridge = f"unix:{self.at}/br0.mgmt"
        self.sink = self.bridge  # where port 2 is
        self.environment = {"OVS_RUNDIR": str(self.at), "OVS_DBDIR": str(self.at),
                            "OVS_LOGDIR": str(self.at)}
        self.programs = []

    def _vsctl(self, *words):
        return self.run("ovs-vsctl", "-t", "60", f"--db=unix:{self.at}/db.sock", *words)

    def _spawn(self, name, *words):
        self.programs.append(self.background(name, *words))

    def _ports(self):
        if self.setup.vhost:
            return [("type=dpdkvhostuserclient", f"options:vhost-server-path={path}")
                    for path in self.setup.vhost[:2]]
        return [("type=dpdk", f"options:dpdk-devargs={source_device(self.setup)}"),
                ("type=dpdk", "options:dpdk-devargs=net_null1,no-rx=1")]

    def start(self):
        try:
            self._start()
        except CommandFailed as failure:
            said = (self.setup.folder / "ovs-vswitchd.out")
            tail = said.read_text("utf-8", errors="replace")[-500:] if said.exists() else ""
            raise CommandFailed(f"{failure}: {tail}") from failure

    def _start(self):
        self.at.mkdir()
        self.run("ovsdb-tool", "create", self.at / "conf.db", SCHEMA)
        self._spawn("ovsdb-server", "ovsdb-server", self.at / "conf.db",
                    f"--remote=punix:{self.at}/db.sock", f"--pidfile={self.at}/ovsdb-server.pid",
                    f"--unixctl={self.at}/ovsdb-server.ctl")
        self._wait(lambda: (self.at / "db.sock").exists(), "the database serves")
        if not machine.hugepages():
            raise CommandFailed("Open vSwitch asks for hugepages, and there are none")
        # Files of its own, so that several can run.
        memory = (f"dpdk-socket-mem={machine.SWITCH_MIB}",
                  f"dpdk-extra=--no-pci --file-prefix={self.setup.space.name}")
        self._vsctl("--no-wait", "init")
        # Values with spaces need the quotes of the database's own syntax.
        settings = [setting.replace("=", '="', 1) + '"' for setting in (
            "dpdk-init=true", f"pmd-cpu-mask={1 << machine.FORWARDING_CORE:x}",
            f"dpdk-lcore-mask={1 << machine.CONTROL_CORE:x}", *memory,
            *MODES[self.setup.mode or "defaults"])]
        self._vsctl("--no-wait", "set", "Open_vSwitch", ".",
                    *(f"other_config:{setting}" for setting in settings))
        self._spawn("ovs-vswitchd", DAEMON, f"unix:{self.at}/db.sock", "--no-chdir",
                    f"--pidfile={self.at}/ovs-vswitchd.pid",
                    f"--unixctl={self.at}/ovs-vswitchd.ctl")
        self._vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev",
                    "fail-mode=secure")
        self.run("ovs-ofctl", "del-flows", self.bridge)
        self.run("ovs-ofctl", "-O", "OpenFlow14", "--bundle", "add-flows", self.bridge, "-",
            stdin="\n".join(self.setup.rules) + "\n")
        if self.setup.tunnel:
            return self._start_tunnel(self.setup.tunnel)
        source, sink = self._ports()
        self._add_port(2, sink)
        if self.setup.station:
            self._vsctl("set", "bridge", "br0",
                        f"other_config:mac-table-size={4 * max(self.setup.flows, 2048)}")
            self._appctl("fdb/add", "br0", "p2", "0", self.setup.station)
        self._add_port(1, source)
        for number, path in enumerate(self.setup.vhost[2:], 3):
            self._add_port(number, ("type=dpdkvhostuserclient",
                                    f"options:vhost-server-path={path}"))

    def _start_tunnel(self, tunnel):
        self._vsctl("add-br", "phy", "--", "set", "bridge", "phy", "datapath_type=netdev",
                    "fail-mode=secure", f'other_config:hwaddr="{tunnel.local_mac}"')
        phy = f"unix:{self.at}/phy.mgmt"
        self.run("ovs-ofctl", "del-flows", phy)
        for rule in ("in_port=LOCAL,actions=output:2", "in_port=1,actions=output:LOCAL"):
            self.run("ovs-ofctl", "add-flow", phy, rule)
        for address in (tunnels.LOCAL, tunnels.LOCAL2):
            self.run("ip", "address", "add", f"{address}/24", "dev", "phy")
        self.run("ip", "link", "set", "phy", "up")
        remotes = (tunnels.REMOTE, tunnels.REMOTE2) if tunnel.way == "relay" else (tunnels.REMOTE,)
        for number, remote in enumerate(remotes, 3):
            self._add_port(number, (f"type={tunnel.kind}", f"options:remote_ip={remote}",
                                    f"options:key={tunnels.KEY}"))
            self._appctl("tnl/neigh/set", "phy", remote, tunnels.REMOTE_MAC)
        source = ("type=dpdk", f"options:dpdk-devargs={source_device(self.setup)}")
        if tunnel.way == "decap":
            self._add_port(2, ("type=dpdk", "options:dpdk-devargs=net_null1,no-rx=1"))
        else:
            self.sink = phy
            self._add_port(2, ("type=dpdk", f"options:dpdk-devargs={way_out(self.setup)}"), "phy")
        self._add_port(1, source, "br0" if tunnel.way == "encap" else "phy")

    def _add_port(self, number, port, bridge="br0"):
        self._vsctl("add-port", bridge, f"p{number}", "--", "set", "interface", f"p{number}",
                    f"ofport_request={number}", *port)
        error = self._vsctl("get", "interface", f"p{number}", "error").strip()
        if error != "[]":
            raise CommandFailed(f"Open vSwitch: port {number}: {error}")

    def _wait(self, ready, what):
        deadline = time.monotonic() + 30
        while not ready():
            for program in self.programs:
                program.expect_alive()
            if time.monotonic() > deadline:
                raise CommandFailed(f"Open vSwitch: not within 30 s: {what}")
            time.sleep(0.05)

    def stop(self):
        for program in reversed(self.programs):
            program.stop()

    def forwarded(self):
        return tx_packets(self.run("ovs-ofctl", "dump-ports", self.sink, "2"))

    def cached_flows(self):
        found = re.search(r"flows\s*: \(current (\d+)\)", self._appctl("upcall/show"))
        return int(found.group(1)) if found else 0

    def pid(self):
        return int((self.at / "ovs-vswitchd.pid").read_text("ascii"))

    def add_idle_ports(self, count):
        words = []
        for name in (f"idle{number}" for number in range(count)):
            words += ["--", "add-port", "br0", name, "--", "set", "interface", name, "type=tap"]
        self._vsctl(*words[1:])

    def openflow(self):
        return self.at / "br0.mgmt"

    def _appctl(self, *words):
        return self.run("ovs-appctl", "-T", "60", "-t", self.at / "ovs-vswitchd.ctl", *words)

    def reset_own_cycles(self):
        self._appctl("dpif-netdev/pmd-stats-clear")

    def own_cycles(self):
        found = re.search(r"avg processing cycles per packet: ([\d.]+)",
                          self._appctl("dpif-netdev/pmd-stats-show"))
        return float(found.group(1)) if found else None
