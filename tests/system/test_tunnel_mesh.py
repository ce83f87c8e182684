# SPDX-License-Identifier: Apache-2.0
"""Three hosts in one network: by a list of remotes on a learning bridge, and by rules that choose remote
and key packet by packet."""

from lib.case import main
from lib.frames import TEST_MAC, Watch, frame, send
from lib.traffic import expect_silence, ping, transfer
from lib.underlay import hosts, inner, outer, tunnel_drops

ALL = (1, 2, 3)


def others(number, family):
    """Returns the underlay addresses of the other hosts, as the option remotes wants them."""
    return ",".join(outer(n, family) for n in ALL if n != number)


def all_reach_all(all_hosts):
    """Every guest pings every other one."""
    for host in all_hosts:
        for number in ALL:
            if number != host.number:
                assert ping(host.guest, inner(number)) == 3, (host.number, number)


def seen_by(all_hosts, sender, destination, last):
    """Sends one frame from the sender's guest; returns the numbers of the hosts whose guests get it."""
    watches = {host.number: Watch(host.guest, f"vm{host.number}") for host in all_hosts
               if host is not sender}
    for watch in watches.values():
        watch.__enter__()
    send(sender.guest, f"vm{sender.number}", frame(f"{TEST_MAC}{last:02x}", destination))
    for watch in watches.values():
        watch.__exit__()
    assert all(len(watch.tags()) <= 1 for watch in watches.values()), "a frame came twice"
    return {number for number, watch in watches.items() if watch.tags()}


def by_remotes(case, all_hosts):
    """Flooded to each, learned behind one, and never sent on from one host to another."""
    for family, kind in ((4, "vxlan"), (6, "geneve"), (4, "gre")):
        case.step(f"{kind} over IPv{family}, with a list of remotes")
        for host in all_hosts:
            host.tunnel("t1", kind, None, "key=100", f"remotes={others(host.number, family)}")
            host.guest.run("ip neigh flush all")
        all_reach_all(all_hosts)
        one, two, three = all_hosts
        assert seen_by(all_hosts, one, "ff:ff:ff:ff:ff:ff", 1) == {2, 3}, "a broadcast"
        assert seen_by(all_hosts, two, "02:00:56:54:00:09", 2) == {1, 3}, "an unknown address"
        mac = three.guest.mac("vm3")
        entry = one.switch.fdb("br0")[(0, mac)]
        assert (entry["port"], entry["remote"]) == ("t1", outer(3, family)), entry
        # What is known to be at host 3 does not reach host 2.
        before = two.switch.counters()["t1"]["rx_packets"]
        transfer(one.guest, three.guest, inner(3), mib=2)
        extra = two.switch.counters()["t1"]["rx_packets"] - before
        assert extra < 20, f"host 2 received {extra} packets of a transfer between the others"
        for host in all_hosts:
            host.switch.ctl("del-port", "t1")
    assert not tunnel_drops(*all_hosts), tunnel_drops(*all_hosts)


def list_changes(case, all_hosts):
    """A host that is taken off the list is not sent to any more, and is again when it is put back."""
    case.step("the list changes while the port lives")
    one, two, three = all_hosts
    for host in all_hosts:
        host.tunnel("t1", "vxlan", None, "key=100", f"remotes={others(host.number, 4)}")
    all_reach_all(all_hosts)
    one.switch.ctl("set", "port", "t1", f"remotes={outer(2)}")
    assert seen_by(all_hosts, one, "ff:ff:ff:ff:ff:ff", 3) == {2}
    assert ping(one.guest, inner(2)) == 3
    one.switch.ctl("set", "port", "t1", f"remotes={others(1, 4)}")
    assert seen_by(all_hosts, one, "ff:ff:ff:ff:ff:ff", 4) == {2, 3}
    for host in all_hosts:
        host.switch.ctl("del-port", "t1")
    del two, three


def by_rules(case, all_hosts):
    """remote=flow, key=flow: a rule for each destination, and one for each key that comes in."""
    for family, field in ((4, "tun_dst"), (6, "tun_ipv6_dst")):
        case.step(f"rules choose remote and key, over IPv{family}")
        for host in all_hosts:
            host.tunnel("t1", "vxlan", None, "remote=flow", "key=flow",
                        f"local={outer(host.number, family)}")
            host.switch.ctl("del-flows", "br0")
            tap = f"vm{host.number}"
            for number in ALL:
                if number == host.number:
                    continue
                to = f"set_field:{outer(number, family)}->{field}"
                key = 100 + number + host.number  # of the pair
                for match in (f"ip,nw_dst={inner(number)}", f"arp,arp_tpa={inner(number)}"):
                    host.switch.ctl("add-flow", "br0", f"in_port={tap},{match},actions="
                                    f"set_tunnel:{key},{to},output:t1")
                source = field.replace("dst", "src")
                host.switch.ctl("add-flow", "br0", f"in_port=t1,tun_id={key},"
                                f"{source}={outer(number, family)},actions=output:{tap}")
            host.guest.run("ip neigh flush all")
        all_reach_all(all_hosts)
        one, two, _ = all_hosts
        transfer(one.guest, two.guest, inner(2), mib=2)
        # A key that no rule knows does not come through.
        one.switch.ctl("del-flows", "br0", "in_port=vm1")
        one.switch.ctl("add-flow", "br0", f"in_port=vm1,actions=set_tunnel:9,"
                       f"set_field:{outer(2, family)}->{field},output:t1")
        expect_silence(one.guest, inner(2))
        case.step("a rule that forgets the remote")
        one.switch.ctl("add-flow", "br0", "in_port=vm1,actions=output:t1")
        send(one.guest, "vm1", frame(f"{TEST_MAC}05"))
        dropped = tunnel_drops(one)
        assert dropped.get((1, "t1", "tunnel-no-remote"), 0) >= 1, dropped
        for host in all_hosts:
            host.switch.ctl("del-port", "t1")


def body(case):
    """See the module's text."""
    all_hosts = hosts(case, 3)
    by_remotes(case, all_hosts)
    list_changes(case, all_hosts)
    by_rules(case, all_hosts)


main(body)
