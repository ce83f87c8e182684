# SPDX-License-Identifier: Apache-2.0
"""System ports on veth devices: tags survive, TCP runs with the kernel's offloads on."""

from lib.case import main, wait_until
from lib.endpoint import command
from lib.frames import TEST_MAC, Watch, frame, send
from lib.traffic import expect_ping, transfer


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0")
    one = case.veth_host(switch, "br0", "one", "10.0.0.1/24")
    two = case.veth_host(switch, "br0", "p2", "10.0.0.2/24", device="two")

    case.step("TCP with checksum and segmentation offloads as the kernel sets them, then without")
    expect_ping(one, "10.0.0.2")
    offloads = one.check("ethtool -k eth0")
    assert "tx-checksumming: on" in offloads and "tcp-segmentation-offload: on" in offloads
    transfer(one, two, "10.0.0.2", mib=64)
    two.check("ethtool -K eth0 tx off rx off tso off gso off gro off")
    transfer(one, two, "10.0.0.2", mib=16)
    transfer(two, one, "10.0.0.1", mib=16)

    case.step("full-size packets, and tags with their priority, pass unchanged")
    expect_ping(one, "10.0.0.2", options="-M do -s 1472")
    with Watch(two, "eth0") as seen:
        send(one, "eth0", frame(f"{TEST_MAC}01", vlan=100, priority=5),
             frame(f"{TEST_MAC}01"), frame(f"{TEST_MAC}01", vlan=4094))
    assert seen.tags() == [100, None, 4094], seen.tags()

    case.step("a device that is missing, then comes")
    switch.refused(65, "later0", "add-port", "br0", "later", "type=system", "device=later0")
    assert list(switch.failed_ports()) == ["later"], switch.failed_ports()
    command(*switch.space.within("ip"), "link", "add", "later0", "type", "veth", "peer",
            "name", "later1")
    wait_until(lambda: not switch.failed_ports(), "the port is active", 60)
    expect_ping(one, "10.0.0.2")


main(body)
