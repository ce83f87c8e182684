# SPDX-License-Identifier: Apache-2.0
"""Guests reach each other whatever ring layout, offloads, queues and socket side they have."""

from lib.case import main
from lib.endpoint import Nic
from lib.traffic import expect_ping, transfer

VARIANTS = {
    "client": Nic("", mode="client"),
    "packed": Nic("", props={"packed": "on"}),
    "plain": Nic("", props={"mrg_rxbuf": "off", "csum": "off", "guest_csum": "off",
                            "gso": "off", "host_tso4": "off", "guest_tso4": "off"}),
    "queues": Nic("", queues=2),
}


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0")
    guests = {}
    for number, (name, nic) in enumerate(VARIANTS.items(), 1):
        nic.path, nic.ip = case.folder / f"{name}.sock", f"10.0.0.{number}/24"
        switch.ctl("add-port", "br0", name, "type=vhost-user", f"path={nic.path}",
                   f"mode={nic.mode}", f"queues={nic.queues}")
        guests[name] = case.machine(name, [nic], memory_mib=160, cpus=nic.queues)
    host = case.veth_host(switch, "br0", "host", "10.0.0.9/24")
    for machine in guests.values():
        machine.wait_ready()
    for number, (name, machine) in enumerate(guests.items(), 1):
        case.step(f"{name}: ping and TCP both ways")
        expect_ping(host, f"10.0.0.{number}")
        transfer(host, machine, f"10.0.0.{number}", mib=8)
        transfer(machine, host, "10.0.0.9", mib=8)
    case.step("packed to plain rings, and back")
    transfer(guests["plain"], guests["packed"], "10.0.0.2", mib=8)
    transfer(guests["packed"], guests["plain"], "10.0.0.3", mib=8)


main(body)
