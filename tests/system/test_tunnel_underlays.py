# SPDX-License-Identifier: Apache-2.0
"""What carries tunnels: a kernel device, a bridge's internal port, a DPDK port with an address; and how
tunnels follow when routes, devices and addresses change."""

import re

from lib.case import main, wait_until
from lib.endpoint import command
from lib.traffic import ping, ping_once, transfer
from lib.underlay import address, hosts, inner, outer, tunnel_drops


def follows_the_kernel(case, one, two):
    """A way that is lost comes back by itself, and another one is taken where there is one."""
    case.step("no route: packets are dropped by name, until there is one")
    one.tunnel("t1", "vxlan", 2, "key=1")
    two.tunnel("t1", "vxlan", 1, "key=1")
    assert ping(one.guest, inner(2)) == 3
    one.space.check("ip link set eth0 down")
    wait_until(lambda: "down" in str(one.facts("t1")) or "no route" in str(one.facts("t1")),
               "the port says that there is no way")
    assert ping(one.guest, inner(2), count=2, timeout=7) == 0
    assert tunnel_drops(one).get((1, "t1", "tunnel-no-route"), 0) > 0, one.switch.drops()
    one.space.check("ip link set eth0 up")
    wait_until(lambda: ping(one.guest, inner(2), count=1, timeout=7) == 1, "the way is back")

    case.step("the address moves to another device with another MAC")
    command("ip", "link", "add", "eth1", "netns", one.space.name, "type", "veth", "peer", "name",
            "eth1", "netns", two.space.name)
    for host in (one, two):
        host.space.check("ip address flush dev eth0; ip link set eth0 down")
        address(host.space, host.number, "eth1")
    wait_until(lambda: "eth1" in str(one.facts("t1")), "the port goes by eth1")
    wait_until(lambda: ping(one.guest, inner(2), count=1, timeout=7) == 1, "the way is found")
    transfer(one.guest, two.guest, inner(2), mib=4)


def from_another_device(case, one, two):
    """The kernel has a route and names no address for it that the other end could answer."""
    case.step("the route's device has no address: one from elsewhere on the host is taken")
    elsewhere = outer(1, 6).replace("::", ":1::")
    one.space.check("ip link add name home type veth peer name home-peer && ip link set home up; "
                    "ip link set home-peer up; echo 0 >/proc/sys/net/ipv6/conf/home/disable_ipv6; "
                    f"ip address add {elsewhere}/128 dev home nodad; "
                    "echo 1 >/proc/sys/net/ipv6/conf/eth1/use_oif_addrs_only; "
                    f"ip -6 address flush dev eth1 scope global; "
                    f"ip -6 route add {outer(2, 6)} dev eth1")
    # A host asks for neighbours by the address's own device alone, so that it takes a gateway.
    link_local = re.search(r"fe80::\S+(?=/)", one.space.check("ip -6 address show dev eth1")).group()
    two.space.check(f"ip -6 route add {elsewhere} via {link_local} dev eth1")
    route = one.space.check(f"ip -6 route get {outer(2, 6)}")
    assert elsewhere not in route, route
    for host in (one, two):
        host.switch.ctl("del-port", "t1")
    one.tunnel("t1", "vxlan", 2, "key=1", family=6)
    two.switch.ctl("add-port", "br0", "t1", "type=vxlan", f"remote={elsewhere}", "key=1")
    wait_until(lambda: f"from {elsewhere} to" in str(one.facts("t1")), "the port says from where")
    wait_until(lambda: ping(one.guest, inner(2), count=1, timeout=7) == 1, "the way is found")
    transfer(one.guest, two.guest, inner(2), mib=4)
    one.space.check("ip link del home; echo 0 >/proc/sys/net/ipv6/conf/eth1/use_oif_addrs_only")
    wait_until(lambda: "no address to send from" in str(one.facts("t1")), "there is no address left")
    two.space.check(f"ip -6 route del {elsewhere}")
    one.space.check(f"ip -6 route del {outer(2, 6)}; ip address flush dev eth1 scope global")
    address(one.space, 1, "eth1")
    for host, other in ((one, 2), (two, 1)):
        host.switch.ctl("del-port", "t1")
        host.tunnel("t1", "vxlan", other, "key=1")


def by_internal_port(case, one, two):
    """The bridge's internal port has the address; eth1 is a port of the same bridge."""
    case.step("a bridge's internal port holds the address")
    for host in (one, two):
        host.space.check("ip address flush dev eth1")
        host.switch.ctl("add-br", "phy")
        host.switch.ctl("add-port", "phy", "eth1", "type=system")
        address(host.space, host.number, "phy")
    wait_until(lambda: "phy" in str(one.facts("t1")), "the port goes by the internal port")
    assert ping(one.space, outer(2)) == 3
    wait_until(lambda: ping(one.guest, inner(2), count=1, timeout=7) == 1, "the way is found")
    transfer(one.guest, two.guest, inner(2), mib=4)
    for host in (one, two):
        host.switch.ctl("del-br", "phy")


def by_own_address(case, one, two):
    """The switch itself is the host on a port of its own: ARP, neighbour discovery and ping are its own."""
    two.space.check("ip link set eth1 up")
    address(two.space, 2, "eth1")
    one.space.check("ip address flush dev eth1; ip link set eth1 up promisc on")
    # The kernel hands checksums on between the ends of a veth pair without making them, and this
    # DPDK device takes frames for what would be on a wire.
    two.space.check("ethtool -K eth1 tx off")
    one.switch.ctl("add-br", "phy")
    for settings in (("type=dpdk", "devargs=net_af_packet0,iface=eth1"),
                     ("type=system", "device=eth1")):
        case.step(f"a port with {settings[0]} has the address")
        one.switch.ctl("add-port", "phy", "nic", *settings,
                       f"address={outer(1)}/24,{outer(1, 6)}/64")
        is_the_host(one, two)
        one.switch.ctl("del-port", "nic")


def is_the_host(one, two):
    """The address answers, and tunnels go by it."""
    for family in (4, 6):
        two.space.run("ip neigh flush dev eth1")
        assert ping(two.space, outer(1, family)) == 3, f"the port's address does not answer (IPv{family})"
        for host, to in ((one, 2), (two, 1)):
            host.switch.ctl("del-port", "t1")
            host.tunnel("t1", "geneve", to, "key=5", family=family)
        assert ping_once(one.guest, inner(2)), "the first ping was lost"
        assert ping(two.guest, inner(1)) == 3
        transfer(one.guest, two.guest, inner(2), mib=2)


def body(case):
    """See the module's text."""
    one, two = hosts(case)
    follows_the_kernel(case, one, two)
    from_another_device(case, one, two)
    by_internal_port(case, one, two)
    by_own_address(case, one, two)


main(body)
