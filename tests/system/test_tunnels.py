# SPDX-License-Identifier: Apache-2.0
"""Two hosts, one command on each: guests ping and speak TCP through every kind of tunnel."""

from lib.case import main, wait_until
from lib.traffic import lost_pings, ping, ping_once, transfer
from lib.underlay import KINDS, hosts, inner, outer, tunnel_drops, wait_ready


def first_packets(one, two, kind, family):
    """A fresh tunnel whose ends do not know each other: nothing of the first traffic is lost."""
    for host, other in ((one, two), (two, one)):
        host.guest.run("ip neigh flush all")
        host.tunnel("t1", kind, other.number, "key=100", family=family)
    wait_ready(two, "t1")
    one.forget_neighbours()
    two.forget_neighbours()
    assert ping_once(one.guest, inner(2)), "the first ping through a fresh tunnel was lost"
    # A neighbour that is forgotten meanwhile costs nothing either.
    one.forget_neighbours()
    lost = lost_pings(two.guest, inner(1))
    assert not lost, f"pings {lost} were lost"


def retransmitted(guest):
    """Returns how many TCP segments the guest has sent again so far (RetransSegs)."""
    return int(guest.check("awk '/^Tcp:/ {value = $13} END {print value}' /proc/net/snmp"))


def first_connect(one, two):
    """The first packet through a fresh tunnel is a TCP SYN, which is not sent twice."""
    for host, other in ((one, two), (two, one)):
        host.switch.ctl("del-port", "t1")
        host.guest.run("ip neigh flush all")
        host.tunnel("t1", "vxlan", other.number, "key=7")
    wait_ready(two, "t1")
    one.forget_neighbours()
    two.forget_neighbours()
    two.guest.check("busybox nc -l -p 9000 >/dev/null 2>&1 </dev/null &")
    before = retransmitted(one.guest)
    one.guest.check(f"sleep 0.3; echo hello | timeout 10 busybox nc -w 5 {inner(2)} 9000")
    again = retransmitted(one.guest) - before
    assert again == 0, f"{again} TCP segments were sent again"


def body(case):
    """See the module's text."""
    one, two = hosts(case)
    for family in (4, 6):
        for kind in KINDS:
            case.step(f"{kind} over IPv{family}")
            first_packets(one, two, kind, family)
            transfer(one.guest, two.guest, inner(2), mib=8)
            facts = one.facts("t1")
            assert outer(2, family) in str(facts), facts
            for host in (one, two):
                host.switch.ctl("del-port", "t1")
    assert not tunnel_drops(one, two), tunnel_drops(one, two)

    case.step("the first TCP connect")
    one.tunnel("t1", "vxlan", 2, "key=7")
    two.tunnel("t1", "vxlan", 1, "key=7")
    first_connect(one, two)

    case.step("VLANs inside, each for itself")
    for host in (one, two):
        host.switch.ctl("add-port", "br0", f"v{host.number}", "type=tap", "tag=30")
        vlan = case.namespace(f"vlan{host.number}")
        vlan.take_device(host.space, f"v{host.number}", f"10.30.0.{host.number}/24")
        host.vlan = vlan
    assert ping(one.vlan, "10.30.0.2") == 3
    assert ping(one.guest, inner(2)) == 3
    one.vlan.check("ip address add 10.1.0.77/24 dev v1")
    _, output = one.vlan.run(f"ping -n -q -c 2 -i 0.2 -w 1 {inner(2)}")
    assert " 0 received" in output, output
    assert not tunnel_drops(one, two), tunnel_drops(one, two)

    case.step("vswitchd is killed, and its next life carries the tunnel on")
    one.switch.kill("vswitchd")
    wait_until(lambda: ping(one.guest, inner(2), count=1, timeout=7) == 1, "the tunnel is back")
    lost = lost_pings(two.guest, inner(1))
    assert not lost, f"pings {lost} were lost"
    assert not tunnel_drops(one, two), tunnel_drops(one, two)


main(body)
