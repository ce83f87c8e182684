# SPDX-License-Identifier: Apache-2.0
"""A tunnel to the kernel's VXLAN device, over IPv4 and IPv6."""

from lib.case import main
from lib.traffic import ping, transfer
from lib.underlay import Host, inner, outer, spaces, tunnel_drops, wait_ready


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
        wait_ready(one, "t1")
        one.guest.run("ip neigh flush all")  # the device before had another address
        assert ping(one.guest, inner(2)) == 3
        assert ping(peer, inner(1), options="-s 1400 -M do") == 3
        transfer(one.guest, peer, inner(2), mib=16)
        transfer(peer, one.guest, inner(1), mib=16)
        one.switch.ctl("del-port", "t1")
        peer.check("ip link del vx")


def body(case):
    """See the module's text."""
    host1, peer = spaces(case)
    one = Host(case, 1, host1)
    kernel_vxlan(case, one, peer)
    assert not tunnel_drops(one), tunnel_drops(one)


main(body)
