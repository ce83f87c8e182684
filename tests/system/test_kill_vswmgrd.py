# SPDX-License-Identifier: Apache-2.0
"""vswmgrd is killed and returns while guests ping: not one ping is lost, nothing is re-made."""

import time

from lib.case import main, wait_until
from lib.endpoint import Nic
from lib.traffic import Pinger, expect_ping


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0")
    guests = []
    for number in (1, 2):
        path = case.folder / f"vm{number}.sock"
        switch.ctl("add-port", "br0", f"vm{number}", "type=vhost-user", f"path={path}", "tag=10")
        guests.append(case.machine(f"vm{number}", [Nic(path, f"10.0.0.{number}/24")]))
    for machine in guests:
        machine.wait_ready()
    expect_ping(guests[0], "10.0.0.2")
    forwarder = switch.pid("vswitchd")

    case.step("kill vswmgrd twice during a ping")
    pinger = Pinger(guests[0], "10.0.0.2", 0.05).start()
    for _ in range(2):
        switch.kill("vswmgrd")
        wait_until(lambda: switch.try_ctl("--timeout", "2", "show")[0] == 0, "vswmgrd is back")
        time.sleep(2)
    result = pinger.stop()
    print(f"  ping across two kills of vswmgrd: {result}")
    assert result.lost == 0, result
    assert switch.pid("vswitchd") == forwarder, "vswitchd was restarted as well"

    case.step("it knows everything as before, and takes changes")
    wait_until(lambda: not switch.failed_ports(), "all ports are reported active")
    ports = switch.ports()
    assert ports["vm1"]["vlan"]["tag"] == 10, ports["vm1"]
    switch.ctl("add-port", "br0", "tap0", "type=tap")
    expect_ping(guests[1], "10.0.0.1")


main(body)
