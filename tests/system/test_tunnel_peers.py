# SPDX-License-Identifier: Apache-2.0
"""Tunnels to Open vSwitch's userspace tunnels: traffic, options of Geneve, BFD."""

import itertools
import shutil

from lib.case import main, wait_until
from lib.ovs import OpenVswitch
from lib.traffic import expect_ping, expect_silence, ping, transfer
from lib.underlay import KINDS, Host, inner, outer, spaces


def open_vswitch(case, peer):
    """Starts it: br-phy holds the underlay address, br0 the inner one."""
    ovs = OpenVswitch(case, peer)
    ovs.take_underlay(2)
    peer.check(f"ip address add {inner(2)}/24 dev br0; ip link set br0 up mtu 1400")
    # Open vSwitch learns neighbours from the packets that it sees, and loses those before.
    for family in (4, 6):
        expect_ping(peer, outer(1, family))
    return ovs


def every_kind(case, one, ovs):
    """Ping and TCP through each kind of tunnel."""
    peer = ovs.space
    one.guest.check("ip link set vm1 mtu 1400")
    for kind, family in itertools.product(KINDS, (4, 6)):
        case.step(f"{kind} over IPv{family}")
        ovs.add_tunnel(kind, 1, family)
        one.tunnel("t1", kind, 2, "key=100", family=family)
        wait_until(lambda: ping(peer, inner(1), count=1, timeout=7) == 1, "Open vSwitch answers")
        assert ping(one.guest, inner(2)) == 3
        transfer(one.guest, peer, inner(2), mib=2)
        transfer(peer, one.guest, inner(1), mib=2)
        ovs.vsctl("del-port br0 t1")
        one.switch.ctl("del-port", "t1")


def geneve_options(case, one, ovs):
    """Each end lets in what carries the other one's option, with the right value."""
    case.step("options of Geneve")
    option = "{class=0x102,type=0x80,len=4}->tun_metadata0"
    ovs.add_tunnel("geneve", 1)
    ovs.ofctl(f"add-tlv-map br0 '{option}'")
    ovs.ofctl("del-flows br0")
    ovs.ofctl("add-flow br0 in_port=LOCAL,actions=set_field:0x1234-\\>tun_metadata0,output:t1")
    ovs.ofctl("add-flow br0 in_port=t1,tun_metadata0=0x77,actions=output:LOCAL")
    one.tunnel("t1", "geneve", 2, "key=100")
    one.switch.ctl("tlv-map", "add", "br0", option)
    one.switch.ctl("del-flows", "br0")
    one.switch.ctl("add-flow", "br0", "in_port=vm1,actions=set_field:0x77->tun_metadata0,output:t1")
    one.switch.ctl("add-flow", "br0", "in_port=t1,tun_metadata0=0x1234,actions=output:vm1")
    assert ping(one.guest, inner(2)) == 3
    ovs.ofctl("mod-flows br0 in_port=LOCAL,actions=set_field:0x1235-\\>tun_metadata0,output:t1")
    expect_silence(one.guest, inner(2))
    one.switch.ctl("add-flow", "br0", "in_port=t1,tun_metadata0=0x1235,actions=output:vm1")
    assert ping(one.guest, inner(2)) == 3
    one.switch.ctl("add-flow", "br0", "in_port=vm1,actions=set_field:0x78->tun_metadata0,output:t1")
    expect_silence(one.guest, inner(2))


def bfd(case, one, ovs):
    """Both ends see each other, and that the other one ends it."""
    case.step("BFD")
    one.switch.ctl("set", "port", "t1", "bfd=true", "bfd_min_tx=100", "bfd_min_rx=100")
    ovs.vsctl("set interface t1 bfd:enable=true bfd:min_tx=100 bfd:min_rx=100")
    wait_until(lambda: one.bfd("t1")["state"] == "up", "the session is up")
    assert one.bfd("t1")["forwarding"]
    wait_until(lambda: "Forwarding: true" in ovs.appctl("bfd/show t1"), "Open vSwitch says so too")
    ovs.vsctl("set interface t1 bfd:enable=false")
    wait_until(lambda: not one.bfd("t1").get("forwarding", False), "the end of it is seen")


def body(case):
    """See the module's text."""
    if shutil.which("ovs-vswitchd") is None:
        case.skip("ovs-vswitchd is not installed (deploy/packages.sh install test)")
    host1, peer = spaces(case)
    # Over a veth pair the kernel hands on checksums without making them; Open vSwitch wants them.
    host1.check("ethtool -K eth0 tx off")
    one = Host(case, 1, host1)
    ovs = open_vswitch(case, peer)
    every_kind(case, one, ovs)
    geneve_options(case, one, ovs)
    bfd(case, one, ovs)


main(body)
