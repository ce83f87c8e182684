# SPDX-License-Identifier: Apache-2.0
"""Two bridges that patch ports join: traffic passes, tags and learning included."""

from lib.case import main
from lib.traffic import expect_ping, expect_silence, transfer


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0", "--", "add-br", "br1")
    one = case.veth_host(switch, "br0", "one", "10.0.0.1/24", "tag=10")
    two = case.veth_host(switch, "br1", "two", "10.0.0.2/24", "tag=10")
    expect_silence(one, "10.0.0.2")

    case.step("joined: ping and TCP pass")
    switch.ctl("add-port", "br0", "to-br1", "type=patch", "peer=to-br0", "--",
               "add-port", "br1", "to-br0", "type=patch", "peer=to-br1")
    expect_ping(one, "10.0.0.2")
    transfer(one, two, "10.0.0.2")

    case.step("each bridge has learned the other's host at its patch port")
    for bridge, near in (("br0", {"one", "to-br1"}), ("br1", {"two", "to-br0"})):
        learned = switch.fdb(bridge)
        assert {entry["port"] for entry in learned.values()} == near, learned
        assert all(vlan == 10 for vlan, _ in learned), learned

    case.step("parted: silence again")
    switch.ctl("del-port", "br0", "to-br1", "--", "del-port", "br1", "to-br0")
    expect_silence(one, "10.0.0.2")


main(body)
