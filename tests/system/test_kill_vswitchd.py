# SPDX-License-Identifier: Apache-2.0
"""vswitchd is killed while guests ping: it returns with its whole state, the guests reconnect."""

import time

from lib.case import main, wait_until
from lib.endpoint import Nic
from lib.frames import TEST_MAC, Watch, frame, send
from lib.traffic import Pinger, expect_ping, transfer

STATIC = "02:00:00:00:aa:01"


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0")
    guests = []
    # One guest reconnects to a socket that vsw makes, the other waits for vsw to connect.
    for number, mode in ((1, "server"), (2, "client")):
        path = case.folder / f"vm{number}.sock"
        switch.ctl("add-port", "br0", f"vm{number}", "type=vhost-user", f"path={path}",
                   f"mode={mode}", "tag=10", f"ofport={number + 20}")
        guests.append(case.machine(f"vm{number}", [Nic(path, f"10.0.0.{number}/24", mode=mode)]))
    host = case.veth_host(switch, "br0", "host", "10.0.0.3/24", "tag=10")
    other = case.veth_host(switch, "br0", "other", "10.0.0.4/24", "tag=20")
    tap = case.tap_host(switch, "br0", "tap0", "10.0.0.5/24", "tag=10")
    switch.ctl("fdb", "add", "br0", STATIC, "host", "vlan=10")
    for machine in guests:
        machine.wait_ready()
        expect_ping(machine, "10.0.0.3")

    case.step("kill vswitchd during pings")
    pingers = {"guest to guest": Pinger(guests[0], "10.0.0.2", 0.05).start(),
               "host to guest": Pinger(host, "10.0.0.1").start()}
    time.sleep(1)
    switch.kill("vswitchd")
    for what, pinger in pingers.items():
        pinger.answered_since_mark()
    time.sleep(0.5)
    for what, pinger in pingers.items():
        wait_until(pinger.answered_since_mark, f"{what}: ping resumes", 60)
    time.sleep(2)
    for what, pinger in pingers.items():
        print(f"  {what}, vswitchd killed: {pinger.stop()}")

    case.step("ports, VLANs and the static address are back")
    wait_until(lambda: not switch.failed_ports(), "all ports are active")
    for number in (1, 2):
        assert switch.ports()[f"vm{number}"]["status"]["ofport"] == number + 20
    entry = switch.fdb("br0")[(10, STATIC)]
    assert entry["port"] == "host" and entry["is_static"], entry
    with Watch(other, "eth0") as elsewhere, Watch(host, "eth0") as seen:
        send(other, "eth0", frame(f"{TEST_MAC}01"))
    assert seen.tags() == [] and elsewhere.tags() == [], "VLAN 20 leaked into VLAN 10"
    transfer(guests[0], guests[1], "10.0.0.2", mib=4)
    # The TAP was moved and given an address; it is the same device still.
    expect_ping(tap, "10.0.0.1")


main(body)
