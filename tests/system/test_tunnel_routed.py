# SPDX-License-Identifier: Apache-2.0
"""Two hosts behind a router: next hops and MTUs follow the routes, and what the router fragments is
counted."""

from lib.case import main, wait_until
from lib.endpoint import command
from lib.traffic import ping, ping_once, transfer
from lib.underlay import Host, inner, tunnel_drops, wait_ready

NETS = {4: "192.0.{}.{}/24", 6: "2001:db8:{}::{}/64"}
ROUTER = 254


def outside(number, family=4, bits=False):
    """Returns the address of host `number`, which is alone in its network."""
    text = NETS[family].format(number, number)
    return text if bits else text.split("/")[0]


def gateway(number, family=4):
    """Returns the router's address in that network."""
    return NETS[family].format(number, ROUTER).split("/")[0]


def connect(space, router, number):
    """Puts a host into a network of its own, with the router as its only way out."""
    command("ip", "link", "add", "eth0", "netns", space.name, "type", "veth", "peer", "name",
            f"r{number}", "netns", router.name)
    for family in (4, 6):
        for owner, device, address in ((space, "eth0", outside(number, family, bits=True)),
                                       (router, f"r{number}", NETS[family].format(number, ROUTER))):
            nodad = "nodad" if family == 6 else ""
            owner.check(f"echo 0 >/proc/sys/net/ipv6/conf/{device}/disable_ipv6; "
                        f"ip address add {address} dev {device} {nodad}; ip link set {device} up")
    for family in (4, 6):
        space.check(f"ip -{family} route add default via {gateway(number, family)}")


def tunnels(one, two, kind, family, *options):
    """Makes both ends of a tunnel, t1."""
    for host, other in ((one, two), (two, one)):
        host.switch.ctl("add-port", "br0", "t1", f"type={kind}", "key=9",
                        f"remote={outside(other.number, family)}", *options)


def remove(one, two):
    """Takes both ends away."""
    for host in (one, two):
        host.switch.ctl("del-port", "t1")


def by_the_kernel(case, one, two):
    """The kernel's default route leads to the router."""
    for kind, family in (("vxlan", 4), ("geneve", 6)):
        case.step(f"{kind} over IPv{family} by the kernel's route")
        tunnels(one, two, kind, family)
        assert ping_once(one.guest, inner(2)), "the first ping was lost"
        wait_ready(one, "t1")
        assert f"to {gateway(1, family)} at" in one.facts("t1")["way"], one.facts("t1")
        transfer(one.guest, two.guest, inner(2), mib=2)
        remove(one, two)

    case.step("the MTU of the route is that of the tunnel")
    tunnels(one, two, "vxlan", 4)
    one.space.check(f"ip route change default via {gateway(1)} mtu 1400")
    wait_until(lambda: int(one.switch.ports()["t1"]["status"]["mtu"]) == 1350, "the MTU follows")
    one.space.check(f"ip route change default via {gateway(1)}")
    wait_until(lambda: int(one.switch.ports()["t1"]["status"]["mtu"]) == 1450, "and again")

    case.step("a more specific route by nobody is taken, and left again")
    one.space.check(f"ip route add blackhole {outside(2)}/32")
    wait_until(lambda: " at " not in one.facts("t1")["way"], "the way is gone")
    assert not ping_once(one.guest, inner(2), wait=1)
    assert tunnel_drops(one).get((1, "t1", "tunnel-no-route"), 0) > 0, tunnel_drops(one)
    one.space.check(f"ip route del blackhole {outside(2)}/32")
    wait_ready(one, "t1")
    assert ping(one.guest, inner(2)) == 3
    remove(one, two)


def fragments(case, one, two, router):
    """A narrow link behind the router: with df=false the router cuts packets in two."""
    case.step("outer packets that the router fragments are counted at the receiver")
    router.check("ip link set r2 mtu 1300")
    tunnels(one, two, "vxlan", 4, "df=false")
    assert ping(one.guest, inner(2)) == 3
    before = sum(packets for (_, _, reason), packets in tunnel_drops(two).items()
                 if reason == "tunnel-fragment")
    one.guest.run(f"ping -n -q -c 3 -i 0.1 -W 1 -s 1300 {inner(2)}")
    dropped = tunnel_drops(two)
    assert dropped.get((2, "underlay-eth0", "tunnel-fragment"), 0) - before >= 3, dropped
    router.check("ip link set r2 mtu 1500")
    remove(one, two)


def by_own_gateway(case, one, two):
    """The switch is the host, and its gateway is the router."""
    case.step("a port with an address and a gateway")
    one.space.check("ip address flush dev eth0; ip -6 route flush default; "
                    "ip link set eth0 promisc on")
    one.switch.ctl("add-br", "phy")
    addresses, gateways = (",".join(text(1, family) for family in (4, 6))
                           for text in (lambda n, f: outside(n, f, bits=True), gateway))
    one.switch.ctl("add-port", "phy", "nic", "type=system", "device=eth0", f"address={addresses}",
                   f"gateway={gateways}")
    for family in (4, 6):
        assert ping(two.space, outside(1, family)) == 3, f"IPv{family}"
        tunnels(one, two, "geneve", family)
        assert ping_once(one.guest, inner(2)), "the first ping was lost"
        transfer(two.guest, one.guest, inner(1), mib=2)
        remove(one, two)
    assert ("nic", "tx-no-port") not in one.switch.drops(), one.switch.drops()


def body(case):
    """See the module's text."""
    router = case.namespace("router")
    router.check("echo 1 >/proc/sys/net/ipv4/ip_forward; "
                 "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding")
    spaces = [case.namespace(f"host{number}") for number in (1, 2)]
    for number, space in enumerate(spaces, 1):
        connect(space, router, number)
    one, two = (Host(case, number, space) for number, space in enumerate(spaces, 1))
    by_the_kernel(case, one, two)
    fragments(case, one, two, router)
    by_own_gateway(case, one, two)


main(body)
