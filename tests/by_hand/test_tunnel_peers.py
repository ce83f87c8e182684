# SPDX-License-Identifier: Apache-2.0
"""Tunnels to Open vSwitch's userspace tunnels."""

import shutil

from lib.case import main, wait_until
from lib.traffic import ping, transfer
from lib.underlay import Host, inner, outer, spaces


class OpenVswitch:
    """Open vSwitch with the userspace datapath in a namespace, its tunnels over an internal port."""

    def __init__(self, case, space):
        self.space = space
        self.folder = case.folder / "ovs"
        self.folder.mkdir()
        self.settings = " ".join(f"OVS_{name}={self.folder}" for name in ("RUNDIR", "DBDIR", "LOGDIR"))
        database, socket = self.folder / "conf.db", self.folder / "db.sock"
        space.check(f"ovsdb-tool create {database} /usr/share/openvswitch/vswitch.ovsschema; "
                    f"{self.settings} ovsdb-server {database} --remote=punix:{socket} --detach "
                    f"--pidfile={self.folder}/ovsdb.pid --log-file={self.folder}/ovsdb.log; "
                    f"{self.settings} ovs-vsctl --db=unix:{socket} -t 5 --no-wait init; "
                    f"{self.settings} ovs-vswitchd unix:{socket} --detach --enable-dummy=system "
                    f"--pidfile={self.folder}/vswitchd.pid --log-file={self.folder}/vswitchd.log")

    def vsctl(self, words):
        """Runs ovs-vsctl."""
        return self.space.check(f"{self.settings} ovs-vsctl -t 5 --db=unix:{self.folder}/db.sock "
                                f"{words}")

    def ofctl(self, words):
        """Runs ovs-ofctl on br0."""
        return self.space.check(f"{self.settings} timeout 5 ovs-ofctl {words}")

    def appctl(self, words):
        """Runs ovs-appctl of ovs-vswitchd."""
        return self.space.check(f"{self.settings} timeout 5 ovs-appctl -t ovs-vswitchd {words}")


def open_vswitch(case, one, peer):
    """Userspace tunnels of Open vSwitch: br-phy holds the underlay address, br0 the guest."""
    ovs = OpenVswitch(case, peer)
    peer.check("ip address flush dev eth0")
    mac = peer.mac("eth0")
    ovs.vsctl("add-br br-phy -- set bridge br-phy datapath_type=netdev "
              f"other_config:hwaddr={mac} -- add-port br-phy eth0")
    peer.check(f"ip address add {outer(2)}/24 dev br-phy; ip link set br-phy up")
    ovs.vsctl("add-br br0 -- set bridge br0 datapath_type=netdev")
    peer.check(f"ip address add {inner(2)}/24 dev br0; ip link set br0 up mtu 1400")
    # Open vSwitch learns neighbours from the packets that it sees, and loses those before.
    peer.run(f"ping -c 1 -w 2 {outer(1)}")
    for kind in ("vxlan", "geneve", "gre"):
        case.step(f"Open vSwitch, {kind}")
        ovs.vsctl(f"add-port br0 t1 -- set interface t1 type={kind} options:remote_ip={outer(1)} "
                  "options:key=100")
        one.tunnel("t1", kind, 2, "key=100")
        wait_until(lambda: ping(peer, inner(1), count=1, timeout=7) == 1, "Open vSwitch answers")
        assert ping(one.guest, inner(2)) == 3
        one.guest.check("ip link set vm1 mtu 1400")
        transfer(one.guest, peer, inner(2), mib=2)
        transfer(peer, one.guest, inner(1), mib=2)
        ovs.vsctl("del-port br0 t1")
        one.switch.ctl("del-port", "t1")


def body(case):
    """See the module's text."""
    if shutil.which("ovs-vswitchd") is None:
        case.skip("ovs-vswitchd is not installed (deploy/packages.sh install test)")
    host1, peer = spaces(case)
    open_vswitch(case, Host(case, 1, host1), peer)


main(body)
