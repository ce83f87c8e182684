# SPDX-License-Identifier: Apache-2.0
"""Guests (QEMU) and TAPs on two hosts ping and speak TCP through every kind of tunnel, also in a VLAN of
their own."""

import itertools

from lib.case import main, wait_until
from lib.endpoint import Nic
from lib.traffic import expect_silence, ping, transfer
from lib.underlay import KINDS, hosts, inner, tunnel_drops, wait_ready


def vm_address(number):
    """Returns the address of the guest on host `number`."""
    return f"10.1.0.{10 + number}"


def vlan_address(number):
    """Returns its address in VLAN 30."""
    return f"10.30.0.{number}"


def add_vm(case, host):
    """Starts a guest on the host's bridge."""
    path = case.folder / f"qemu{host.number}.sock"
    host.switch.ctl("add-port", "br0", "qemu", "type=vhost-user", f"path={path}")
    nic = Nic(path, f"{vm_address(host.number)}/24", mac=f"52:54:00:00:00:0{host.number}")
    host.vm = case.machine(f"qemu{host.number}", [nic])


def through(case, one, two, kind, family):
    """One kind of tunnel; both ends are made anew."""
    case.step(f"{kind} over IPv{family}")
    for host, other in ((one, 2), (two, 1)):
        host.tunnel("t1", kind, other, "key=100", family=family)
    for host in (one, two):
        wait_ready(host, "t1")
    for source, to in ((one.vm, vm_address(2)), (two.vm, vm_address(1)), (one.vm, inner(2)),
                       (two.guest, vm_address(1))):
        assert ping(source, to) == 3, to
    assert ping(one.vm, vlan_address(2)) == 3
    # Little, since guests are emulated.
    transfer(one.vm, two.vm, vm_address(2), mib=1)
    transfer(two.vm, one.vm, vlan_address(1), mib=1)
    if family == 4:
        transfer(one.guest, two.vm, vm_address(2), mib=1)
    # Guests with an MTU of 1500 learn that of the tunnel by a segment that they cut themselves.
    dropped = tunnel_drops(one, two)
    assert all(reason == "tunnel-too-big" and packets < 20
               for (_, _, reason), packets in dropped.items()), dropped
    for host in (one, two):
        host.switch.ctl("del-port", "t1")


def body(case):
    """See the module's text."""
    one, two = hosts(case)
    for host in (one, two):
        add_vm(case, host)
    for host in (one, two):
        host.vm.wait_ready()
        host.vm.check("ip link add link eth0 name vlan30 type vlan id 30; "
                      f"ip address add {vlan_address(host.number)}/24 dev vlan30; "
                      "ip link set vlan30 up")
        wait_until(lambda h=host: ping(h.guest, vm_address(h.number), 1, timeout=7) == 1,
                   "the guest answers on its host")
    for kind, family in itertools.product(KINDS, (4, 6)):
        through(case, one, two, kind, family)
    case.step("without a tunnel there is none of it")
    expect_silence(one.vm, vm_address(2))


main(body)
