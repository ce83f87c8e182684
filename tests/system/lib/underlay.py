# SPDX-License-Identifier: Apache-2.0
"""Hosts in one underlay network, each a namespace with a switch of its own; and one TAP guest on each.

Host number N has 192.0.2.N/24 and 2001:db8::N/64 on eth0 (MTU 1500); its guest, a namespace with the
TAP vmN of bridge br0, has 10.1.0.N/24.
"""

from lib.case import wait_until
from lib.endpoint import command

FAMILIES = {4: "192.0.2.{}", 6: "2001:db8::{}"}
KINDS = ("vxlan", "geneve", "gre")


def outer(number, family=4):
    """Returns the underlay address of host `number`."""
    return FAMILIES[family].format(number)


def inner(number):
    """Returns the address of that host's guest."""
    return f"10.1.0.{number}"


def _join(case, spaces):
    """Connects the hosts' eth0: a veth pair for two, a kernel bridge for more."""
    if len(spaces) == 2:
        command("ip", "link", "add", "eth0", "netns", spaces[0].name, "type", "veth", "peer", "name",
                "eth0", "netns", spaces[1].name)
        return
    fabric = case.namespace("fabric")
    fabric.check("ip link add name fabric0 type bridge && ip link set fabric0 up")
    for number, space in enumerate(spaces, 1):
        command("ip", "link", "add", "eth0", "netns", space.name, "type", "veth", "peer", "name",
                f"p{number}", "netns", fabric.name)
        fabric.check(f"ip link set p{number} master fabric0 up")


def address(space, number, device="eth0"):
    """Gives a host its two addresses on a device."""
    space.check(f"echo 0 >/proc/sys/net/ipv6/conf/{device}/disable_ipv6; "
                f"ip address add {outer(number)}/24 dev {device}; "
                f"ip address add {outer(number, 6)}/64 dev {device} nodad; "
                f"ip link set {device} up")


def spaces(case, count=2):
    """Makes the hosts' namespaces, joined and with addresses."""
    made = [case.namespace(f"host{number}") for number in range(1, count + 1)]
    _join(case, made)
    for number, space in enumerate(made, 1):
        address(space, number)
    return made


class Host:
    """A host with a switch, bridge br0 and one guest."""

    def __init__(self, case, number, space):
        self.number = number
        self.space = space
        self.switch = case.switch(f"sw{number}", space)
        self.switch.ctl("add-br", "br0")
        self.guest = case.tap_host(self.switch, "br0", f"vm{number}", f"{inner(number)}/24")

    def tunnel(self, name, kind, to, *options, family=4):
        """Adds a tunnel port to host number `to` (or nowhere in particular, if that is None)."""
        remote = [f"remote={outer(to, family)}"] if to is not None else []
        self.switch.ctl("add-port", "br0", name, f"type={kind}", *remote, *options)

    def forget_neighbours(self):
        """Makes the next packet to another host one whose neighbour nobody knows."""
        self.space.check("ip neigh flush dev eth0")

    def facts(self, port):
        """Returns what a port says of itself."""
        return self.switch.ports()[port].get("status", {}).get("info", {})


    def bfd(self, port):
        """Returns the port's session."""
        sessions = self.switch.read("bfd", "show").get("sessions", [])
        return next(session for session in sessions if session["port"] == port)


def hosts(case, count=2):
    """Makes the hosts with their switches."""
    return [Host(case, number, space) for number, space in enumerate(spaces(case, count), 1)]


def wait_ready(host, port):
    """Waits until the next hop of a tunnel is known."""
    wait_until(lambda: " at " in str(host.facts(port)), f"the way of {port} is known")


def tunnel_drops(*some_hosts):
    """Returns what tunnels dropped on these hosts: {(host, port, reason): packets}."""
    return {(host.number, port, reason): packets for host in some_hosts
            for (port, reason), packets in host.switch.drops().items()
            if reason.startswith("tunnel-")}
