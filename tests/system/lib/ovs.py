# SPDX-License-Identifier: Apache-2.0
"""Open vSwitch as another host's switch."""

from lib.underlay import address, outer


class OpenVswitch:
    """Open vSwitch with the userspace datapath in a namespace, its tunnels over an internal port."""

    def __init__(self, case, space):
        self.space = space
        self.folder = case.folder / f"ovs-{space.name}"
        self.folder.mkdir()
        self.settings = " ".join(f"OVS_{name}={self.folder}" for name in ("RUNDIR", "DBDIR", "LOGDIR"))
        database, socket = self.folder / "conf.db", self.folder / "db.sock"
        space.check(f"ovsdb-tool create {database} /usr/share/openvswitch/vswitch.ovsschema; "
                    f"{self.settings} ovsdb-server {database} --remote=punix:{socket} --detach --pidfile "
                    f"--log-file={self.folder}/ovsdb.log; "
                    f"{self.settings} ovs-vsctl --db=unix:{socket} -t 5 --no-wait init; "
                    f"{self.settings} ovs-vswitchd unix:{socket} --detach --pidfile "
                    f"--log-file={self.folder}/vswitchd.log")

    def vsctl(self, words):
        """Runs ovs-vsctl."""
        return self.space.check(f"{self.settings} ovs-vsctl -t 5 --db=unix:{self.folder}/db.sock "
                                f"{words}")

    def take_underlay(self, number):
        """Moves the addresses of host `number` from eth0 to br-phy; br0 is for tunnels and guests."""
        mac = self.space.mac("eth0")
        self.space.check("ip address flush dev eth0")
        self.vsctl("add-br br-phy -- set bridge br-phy datapath_type=netdev "
                   f"other_config:hwaddr={mac} -- add-port br-phy eth0")
        address(self.space, number, "br-phy")
        self.vsctl("add-br br0 -- set bridge br0 datapath_type=netdev")

    def add_tunnel(self, kind, to, family=4):
        """Adds t1 to br0, to host number `to`."""
        self.vsctl(f"add-port br0 t1 -- set interface t1 type={kind} "
                   f"options:remote_ip={outer(to, family)} options:key=100")

    def ofctl(self, words):
        """Runs ovs-ofctl on br0."""
        return self.space.check(f"{self.settings} timeout 5 ovs-ofctl {words}")

    def appctl(self, words):
        """Runs ovs-appctl of ovs-vswitchd."""
        return self.space.check(f"{self.settings} timeout 5 ovs-appctl -t ovs-vswitchd {words}")
