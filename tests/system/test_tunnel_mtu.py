# SPDX-License-Identifier: Apache-2.0
"""What does not fit through a tunnel: senders are told, TCP is cut to fit, and nothing vanishes unnamed."""

import re

from lib import decode
from lib.case import main, wait_until
from lib.traffic import ping, transfer
from lib.underlay import KINDS, hosts, inner, tunnel_drops, wait_ready

# Bytes that the outer headers take from 1500, with a key: by kind and family.
OVERHEAD = {("vxlan", 4): 50, ("geneve", 4): 50, ("gre", 4): 42,
            ("vxlan", 6): 70, ("geneve", 6): 70, ("gre", 6): 62}
INNER6 = "fd01::{}"


def told(guest, address, size, family):
    """Sends one echo request of `size` bytes (IP packet) that must not be fragmented; returns the MTU that
    the sender is told, or 0 if it is answered."""
    headers = 28 if family == 4 else 48
    _, output = guest.run(f"ping -n -c 1 -W 2 -M do -s {size - headers} {address}")
    found = re.search(r"mtu ?= ?(\d+)", output)
    assert found or " 1 received" in output, output
    return int(found.group(1)) if found else 0


def forget(guest):
    """Has the guest forget what it was told."""
    guest.run("ip route flush cache; ip -6 route flush cache; ip neigh flush all")


def packets_too_big(case, one, two):
    """Each size at the edge, inner IPv4 and IPv6, over both families."""
    for (kind, family), overhead in OVERHEAD.items():
        case.step(f"{kind} over IPv{family}: {1500 - overhead} bytes fit, one more is refused in words")
        for host, other in ((one, 2), (two, 1)):
            host.tunnel("t1", kind, other, "key=100", family=family)
            wait_ready(host, "t1")
        mtu = 1500 - overhead
        assert int(one.switch.ports()["t1"]["status"]["mtu"]) == mtu
        for inner_family, to in ((4, inner(2)), (6, INNER6.format(2))):
            forget(one.guest)
            assert ping(one.guest, to) == 3
            assert told(one.guest, to, mtu, inner_family) == 0
            assert told(one.guest, to, mtu + 1, inner_family) == mtu
        dropped = tunnel_drops(one)
        assert dropped == {(1, "t1", "tunnel-too-big"): 2}, dropped
        for host in (one, two):
            host.switch.ctl("del-port", "t1")


def keys(case, one, two):
    """The words come with the key of the answering direction, which is what rules look at."""
    for options, sent, received in ((("in_key=5", "out_key=7"), None, 5), (("key=flow",), 9, 9),
                                    (("in_key=flow", "out_key=7"), None, 7)):
        case.step(f"told under {' '.join(options)}")
        one.tunnel("t1", "geneve", 2, *options)
        two.tunnel("t1", "geneve", 1, f"in_key={sent or 7}", f"out_key={received}")
        wait_ready(one, "t1")
        set_key = f"set_tunnel:{sent}," if sent else ""
        one.switch.ctl("add-flow", "br0", f"in_port=vm1,actions={set_key}output:t1")
        one.switch.ctl("add-flow", "br0", f"in_port=t1,tun_id={received},actions=output:vm1")
        one.switch.ctl("add-flow", "br0", "priority=1,in_port=t1,actions=drop")
        forget(one.guest)
        assert ping(one.guest, inner(2)) == 3
        assert told(one.guest, inner(2), 1451, 4) == 1450
        one.switch.ctl("del-flows", "br0", "in_port=vm1")
        one.switch.ctl("del-flows", "br0", "in_port=t1")
        for host in (one, two):
            host.switch.ctl("del-port", "t1")
    forget(one.guest)


def segments(case, one, two):
    """TCP that guests leave uncut goes out in full tunnel packets, and in none that is larger."""
    case.step("large TCP segments are cut to what the tunnel carries")
    for kind in KINDS:
        for host, other in ((one, 2), (two, 1)):
            host.tunnel("t1", kind, other, "key=100")
            wait_ready(host, "t1")
        forget(two.guest)
        expression = "ip proto gre" if kind == "gre" else "udp"
        with decode.Capture(two.space, "eth0", expression, direction="out", snap=64) as seen:
            transfer(one.guest, two.guest, inner(2), mib=4)
        sizes = [int(size) for (size,) in seen.tshark("frame.len")]
        full = sum(size == 1514 for size in sizes)
        assert max(sizes) == 1514, max(sizes)
        # 4 MiB are about 3,000 of them; a window's end, or the stack's pace, makes some smaller ones.
        assert full > 2000 and full > len(sizes) / 2, (full, len(sizes))
        for host in (one, two):
            host.switch.ctl("del-port", "t1")


def wrong_mtu(case, one):
    """A port that is told more than the underlay leaves says so, and follows the underlay."""
    case.step("an MTU that the underlay does not carry")
    one.tunnel("t1", "vxlan", 2, "key=100", "mtu=1500")
    wait_until(lambda: "1450" in str(one.facts("t1").get("warning")), "the port warns")
    one.space.check("ip link set eth0 mtu 1550")
    wait_until(lambda: "warning" not in one.facts("t1"), "the warning goes with a wider underlay")
    assert int(one.switch.ports()["t1"]["status"]["mtu"]) == 1500
    one.space.check("ip link set eth0 mtu 1400")
    wait_until(lambda: int(one.switch.ports()["t1"]["status"]["mtu"]) == 1350, "the MTU follows")


def body(case):
    """See the module's text."""
    if decode.missing():
        case.skip(f"{decode.missing()} is not installed (deploy/packages.sh install test)")
    one, two = hosts(case)
    for host in (one, two):
        device = f"vm{host.number}"
        host.guest.check(f"echo 0 >/proc/sys/net/ipv6/conf/{device}/disable_ipv6; "
                         f"ip address add {INNER6.format(host.number)}/64 dev {device} nodad")
    packets_too_big(case, one, two)
    keys(case, one, two)
    segments(case, one, two)
    wrong_mtu(case, one)


main(body)
