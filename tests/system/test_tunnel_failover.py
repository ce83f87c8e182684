# SPDX-License-Identifier: Apache-2.0
"""BFD on two tunnels between two hosts: a fast-failover group leaves the one that went silent, and comes
back to it."""

from lib.case import main, wait_until
from lib.endpoint import command
from lib.traffic import Pinger, ping
from lib.underlay import hosts, inner, tunnel_drops

SECOND = "198.51.100.{}"  # of eth1, a second way between the hosts
BFD = ("bfd=true", "bfd_min_tx=100", "bfd_min_rx=100")


def join_again(one, two):
    """Makes a second way between the hosts: eth1."""
    command("ip", "link", "add", "eth1", "netns", one.space.name, "type", "veth", "peer", "name",
            "eth1", "netns", two.space.name)
    for host in (one, two):
        host.space.configure("eth1", f"{SECOND.format(host.number)}/24")


def set_up(one, two):
    """Two tunnels and a group that uses the first one that lives; what comes in goes to the guest."""
    for host, other in ((one, 2), (two, 1)):
        host.tunnel("first", "vxlan", other, "in_key=100", "out_key=100", *BFD)
        host.switch.ctl("add-port", "br0", "second", "type=geneve", "key=100",
                        f"remote={SECOND.format(other)}", *BFD)
        tap = f"vm{host.number}"
        host.switch.ctl("del-flows", "br0")
        numbers = {name: port["status"]["ofport"] for name, port in host.switch.ports().items()}
        host.switch.ctl("add-group", "br0", "group_id=1,type=ff," + ",".join(
            f"bucket=watch_port:{numbers[name]},actions=output:{numbers[name]}"
            for name in ("first", "second")))
        host.switch.ctl("add-flow", "br0", f"in_port={tap},actions=group:1")
        for name in ("first", "second"):
            host.switch.ctl("add-flow", "br0", f"in_port={name},actions=output:{tap}")


def all_up(one, two):
    """Whether every session is up and counts as alive."""
    return all(host.bfd(port)["state"] == "up" and host.bfd(port).get("forwarding")
               for host in (one, two) for port in ("first", "second"))


def sent_by(host, port):
    """Returns how many packets the port has sent."""
    return host.switch.counters()[port]["tx_packets"]


def uses(one, two, port):
    """Pings and tells whether both hosts sent by that port, and by that alone."""
    other = {"first": "second", "second": "first"}[port]
    before = {(host, name): sent_by(host, name) for host in (one, two) for name in (port, other)}
    assert ping(one.guest, inner(2), count=20) == 20
    grown = {key: sent_by(*key) - count for key, count in before.items()}
    # BFD itself sends some ten packets a second by each.
    return all(grown[(host, port)] > grown[(host, other)] + 10 for host in (one, two))


def body(case):
    """See the module's text."""
    one, two = hosts(case)
    join_again(one, two)
    case.step("sessions come up, and the first tunnel is used")
    set_up(one, two)
    wait_until(lambda: all_up(one, two), "all sessions are up")
    assert ping(one.guest, inner(2)) == 3
    assert uses(one, two, "first")

    case.step("the first way loses all packets one way, with its link up: both ends use the second")
    pinger = Pinger(one.guest, inner(2)).start()
    # In one direction alone: the host that still hears is told by the one that does not.
    two.switch.ctl("set", "port", "first", "in_key=101")
    wait_until(lambda: not any(host.bfd("first").get("forwarding") for host in (one, two)),
               "both ends know", 5)
    assert ping(one.guest, inner(2)) == 3
    assert uses(one, two, "second")
    result = pinger.stop()
    print(f"  {result}")
    # Detection takes 3 x 100 ms; the rest is for a busy machine.
    assert 0 < result.lost and result.gap_ms < 3000, result

    case.step("the first way is back, and used again")
    two.switch.ctl("set", "port", "first", "in_key=100")
    wait_until(lambda: all_up(one, two), "all sessions are up again")
    assert uses(one, two, "first")
    flaps = int(one.bfd("first")["flaps"])
    assert flaps >= 2, flaps

    case.step("a host that dies is noticed on both ways; one that returns as well")
    two.space.check("ip link set eth0 down; ip link set eth1 down")
    wait_until(lambda: not any(one.bfd(port).get("forwarding") for port in ("first", "second")),
               "no way is alive", 5)
    two.space.check("ip link set eth0 up; ip link set eth1 up")
    wait_until(lambda: all_up(one, two), "all sessions are up again")
    assert ping(one.guest, inner(2)) == 3
    print(f"  drops: {tunnel_drops(one, two)}")


main(body)
