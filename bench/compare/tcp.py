# SPDX-License-Identifier: Apache-2.0
"""TCP through a tunnel: two hosts with the same switch, a guest on each, iperf3 between them.

Hosts and guests are network namespaces, as in the system tests, whose helpers are used. The wire between
the hosts is a veth pair that carries what a wire would: no segments uncut, no checksums left open.
"""

import contextlib
import json
import sys

from bench.compare.command import ROOT, CommandFailed
from bench.compare.peers.base import Sample

sys.path.insert(0, str(ROOT / "tests" / "system"))
# pylint: disable=wrong-import-position
from lib.case import Case, wait_until  # noqa: E402
from lib.endpoint import command  # noqa: E402
from lib.ovs import OpenVswitch  # noqa: E402
from lib.traffic import ping  # noqa: E402
from lib.underlay import Host, inner, outer, spaces  # noqa: E402

MTU = 1450  # what VXLAN over IPv4 leaves of 1500
KEY = 100


def _vsw(case, number, space):
    host = Host(case, number, space)
    host.tunnel("t1", "vxlan", 3 - number, f"key={KEY}")
    return host.guest


def _ovs(case, number, space):
    ovs = OpenVswitch(case, space)
    ovs.take_underlay(number)
    ovs.add_tunnel("vxlan", 3 - number)
    name = f"vm{number}"
    ovs.vsctl(f"add-port br0 {name} -- set interface {name} type=internal")
    guest = case.namespace(name)
    guest.take_device(space, name, f"{inner(number)}/24")
    return guest


def _kernel(case, number, space):
    guest = case.namespace(f"vm{number}")
    space.check(f"ip link add tunnel type vxlan id {KEY} remote {outer(3 - number)} "
                f"local {outer(number)} dstport 4789 dev eth0; ip link add name br0 type bridge")
    command("ip", "link", "add", "port", "netns", space.name, "type", "veth", "peer", "name",
            f"vm{number}", "netns", guest.name)
    space.check("for device in tunnel port; do ip link set $device master br0 up; done; "
                "ip link set br0 up")
    guest.configure(f"vm{number}", f"{inner(number)}/24")
    return guest


MAKERS = {"vsw": _vsw, "ovs": _ovs, "kernel": _kernel}


def transfer(_, turn):
    """Bytes a second."""
    peer = turn.peer
    with contextlib.ExitStack() as stack:
        case = Case(stack)
        hosts = spaces(case)
        for space in hosts:
            space.check("ethtool -K eth0 tso off gso off gro off tx off")
        guests = [MAKERS[peer](case, number, space) for number, space in enumerate(hosts, 1)]
        for number, guest in enumerate(guests, 1):
            guest.check(f"ip link set vm{number} mtu {MTU}")
        wait_until(lambda: ping(guests[0], inner(2), 1, timeout=7) == 1, f"{peer} joins the guests")
        guests[1].check("iperf3 -s -1 -D")
        whole = max(1, round(turn.seconds))
        said = guests[0].check(f"sleep 0.5; iperf3 -J -O 1 -t {whole} -c {inner(2)}", whole + 30)
        received = json.loads(said)["end"]["sum_received"]
        case.passed()
        if received["bytes"] == 0:
            raise CommandFailed(f"{peer}: nothing arrived")
        return Sample(received["bytes"] / received["seconds"])
