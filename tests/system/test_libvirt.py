# SPDX-License-Identifier: Apache-2.0
"""Guests that libvirt runs: both sides of the socket, and a switch that is killed under them."""

from lib.case import main, wait_until
from lib.libvirt import Libvirt
from lib.traffic import Pinger, expect_ping, transfer


def body(case):
    """See the module's text."""
    libvirt = Libvirt(case)
    switch = case.switch()
    switch.ctl("add-br", "br0")
    guests = []
    for number, mode in ((1, "server"), (2, "client")):
        path = case.folder / f"vm{number}.sock"
        switch.ctl("add-port", "br0", f"vm{number}", "type=vhost-user", f"path={path}",
                   f"mode={mode}")
        guests.append(libvirt.machine(f"vm{number}", path, f"10.0.0.{number}/24", mode))
    host = case.tap_host(switch, "br0", "tap0", "10.0.0.3/24")
    for machine in guests:
        machine.wait_ready()

    case.step("pings and TCP")
    expect_ping(guests[0], "10.0.0.2")
    expect_ping(host, "10.0.0.1")
    transfer(guests[0], guests[1], "10.0.0.2", mib=4)

    case.step("vswitchd is killed: the guests go on")
    pinger = Pinger(guests[0], "10.0.0.2", 0.05).start()
    switch.kill("vswitchd")
    pinger.answered_since_mark()
    wait_until(pinger.answered_since_mark, "ping resumes", 60)
    print(f"  vswitchd killed: {pinger.stop()}")
    expect_ping(host, "10.0.0.2")
    assert libvirt.virsh("domstate", "vm1").strip() == "running"


main(body)
