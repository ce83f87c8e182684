# SPDX-License-Identifier: Apache-2.0
"""64 vhost-user ports and 64 TAPs at once, made by one transaction, work and go away again."""

from lib.case import main
from lib.endpoint import Nic
from lib.traffic import expect_ping

EACH = 64


def body(case):
    """See the module's text."""
    switch = case.switch()
    words = ["add-br", "br0"]
    for number in range(EACH):
        words += ["--", "add-port", "br0", f"vh{number}", "type=vhost-user",
                  f"path={case.folder}/vh{number}.sock"]
        words += ["--", "add-port", "br0", f"tap{number}", "type=tap"]
    case.step(f"{2 * EACH} ports in one transaction")
    switch.ctl("--timeout", "60", *words, timeout=90)
    failed = switch.failed_ports()
    assert not failed, f"{len(failed)} ports failed: {failed}"
    assert len([name for name in switch.ports() if name != "br0"]) == 2 * EACH

    case.step("traffic through the first and the last of them")
    hosts = []
    for number, name in ((1, "tap0"), (2, f"tap{EACH - 1}")):
        host = case.namespace(name)
        host.take_device(switch.space, name, f"10.0.0.{number}/24")
        hosts.append(host)
    nics = [Nic(case.folder / f"vh{number}.sock", f"10.0.0.{last}/24")
            for number, last in ((0, 3), (EACH - 1, 4))]
    guests = [case.machine(f"vm{index}", [nic], 160) for index, nic in enumerate(nics)]
    expect_ping(hosts[0], "10.0.0.2", count=10)
    for machine in guests:
        machine.wait_ready()
    expect_ping(guests[0], "10.0.0.4", count=10)
    expect_ping(guests[1], "10.0.0.1", count=10)

    case.step("the bridge goes with all of them")
    switch.ctl("--timeout", "60", "del-br", "br0", timeout=90)
    assert not switch.ports(), switch.ports().keys()
    left = switch.space.check("ls /proc/sys/net/ipv4/conf").split()
    assert not [name for name in left if name.startswith("tap")], left


main(body)
