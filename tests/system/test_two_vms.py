# SPDX-License-Identifier: Apache-2.0
"""Two guests and a host on one bridge ping each other and move data by TCP."""

from lib.case import main
from lib.endpoint import Nic
from lib.traffic import expect_ping, transfer


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0")
    nics = []
    for number in (1, 2):
        path = case.folder / f"vm{number}.sock"
        switch.ctl("add-port", "br0", f"vm{number}", "type=vhost-user", f"path={path}")
        nics.append(Nic(path, f"10.0.0.{number}/24", mac=f"52:54:00:00:00:0{number}"))
    one, two = [case.machine(f"vm{index}", [nic]) for index, nic in enumerate(nics, 1)]
    host = case.tap_host(switch, "br0", "tap0", "10.0.0.3/24")
    one.wait_ready()
    two.wait_ready()

    case.step("pings among all three")
    for source in (one, two, host):
        for number in (1, 2, 3):
            expect_ping(source, f"10.0.0.{number}")

    case.step("TCP guest to guest, guest to host, host to guest")
    transfer(one, two, "10.0.0.2")
    transfer(host, one, "10.0.0.1")
    transfer(two, host, "10.0.0.3")

    case.step("addresses are learned where they are, and counters count")
    learned = switch.fdb("br0")
    for number in (1, 2):
        entry = learned[(0, f"52:54:00:00:00:0{number}")]
        assert entry["port"] == f"vm{number}", entry
    for name, counters in switch.counters().items():
        if name != "br0":
            assert counters["rx_packets"] > 100 and counters["tx_packets"] > 100, (name, counters)


main(body)
