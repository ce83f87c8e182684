# SPDX-License-Identifier: Apache-2.0
"""Ports of every kind come and go while others carry traffic: the others lose nothing."""

from lib.case import main
from lib.endpoint import Nic, command
from lib.traffic import Pinger, expect_ping

ROUNDS = 12


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0")
    guests = []
    for number in (1, 2):
        path = case.folder / f"vm{number}.sock"
        switch.ctl("add-port", "br0", f"vm{number}", "type=vhost-user", f"path={path}")
        guests.append(case.machine(f"vm{number}", [Nic(path, f"10.0.0.{number}/24")]))
    left = case.veth_host(switch, "br0", "left", "10.0.0.3/24")
    right = case.tap_host(switch, "br0", "right", "10.0.0.4/24")
    for machine in guests:
        machine.wait_ready()
    expect_ping(guests[0], "10.0.0.2")
    expect_ping(left, "10.0.0.4")
    command(*switch.space.within("ip"), "link", "add", "churn0", "type", "veth", "peer", "name",
            "churn1")

    case.step(f"{ROUNDS} rounds of adding, changing and deleting ports of five kinds")
    pingers = [Pinger(guests[0], "10.0.0.2", 0.05).start(), Pinger(left, "10.0.0.4").start(),
               Pinger(right, "10.0.0.1", 0.05).start()]
    for number in range(ROUNDS):
        switch.ctl("add-port", "br0", "c-tap", "type=tap", "--",
                   "add-port", "br0", "c-int", "type=internal", "--",
                   "add-port", "br0", "c-vh", "type=vhost-user",
                   f"path={case.folder}/churn{number}.sock", "--",
                   "add-port", "br0", "c-sys", "type=system", "device=churn0", "--",
                   "add-port", "br0", "c-null", "type=dpdk", f"devargs=net_null{number},no-rx=1")
        assert not switch.failed_ports(), switch.failed_ports()
        switch.ctl("set", "port", "c-tap", f"tag={number + 1}")
        switch.ctl("add-br", "br1", "--", "del-br", "br1")
        for name in ("c-tap", "c-int", "c-vh", "c-sys", "c-null"):
            switch.ctl("del-port", "br0", name)
    for pinger in pingers:
        result = pinger.stop()
        print(f"  {pinger.source.name} to {pinger.address} during the churn: {result}")
        assert result.lost == 0, f"{result}\n{switch.ctl('drops')}"
    assert set(switch.ports()) - {"br0"} == {"vm1", "vm2", "left", "right"}, switch.ports().keys()


main(body)
