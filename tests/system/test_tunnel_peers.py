# SPDX-License-Identifier: Apache-2.0
"""Tunnels to others: the kernel's VXLAN device and Open vSwitch's userspace tunnels."""

import shutil

from lib.case import main, wait_until
from lib.traffic import ping, transfer
from lib.underlay import Host, inner, outer, spaces, tunnel_drops


def kernel_vxlan(case, one, peer):
    """VXLAN to the kernel's own device, which leaves its inner segments uncut on this host."""
    for family in (4, 6):
        case.step(f"the kernel's VXLAN device over IPv{family}")
        # An outer checksum or none over IPv6: both are right (RFC 6935).
        check = "udp6zerocsumrx" if family == 6 else "noudpcsum"
        peer.check(f"ip link add vx type vxlan id 100 remote {outer(1, family)} "
                   f"local {outer(2, family)} dstport 4789 dev eth0 {check}; "
                   f"ip address add {inner(2)}/24 dev vx; ip link set vx up")
        one.tunnel("t1", "vxlan", 2, "key=100", family=family)
        assert ping(one.guest, inner(2)) == 3
        assert ping(peer, inner(1), options="-s 1400 -M do") == 3
        transfer(one.guest, peer, inner(2), mib=16)
        transfer(peer, one.guest, inner(1), mib=16)
        one.switch.ctl("del-port", "t1")
        peer.check("ip link del vx")


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
    mac = peer.check("cat /sys/class/net/eth0/address").strip()
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
    host1, peer = spaces(case)
    one = Host(case, 1, host1)
    kernel_vxlan(case, one, peer)
    assert not tunnel_drops(one), tunnel_drops(one)
    if shutil.which("ovs-vswitchd") is None:
        case.skip("ovs-vswitchd is not installed (deploy/packages.sh install test)")
    open_vswitch(case, one, peer)


main(body)
