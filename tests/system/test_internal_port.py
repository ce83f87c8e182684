# SPDX-License-Identifier: Apache-2.0
"""Internal ports: the host uses an address on the bridge's own device."""

from lib.case import main
from lib.traffic import expect_ping, transfer


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0")
    switch.ctl("--may-exist", "add-port", "br0", "br0", "type=internal")
    switch.ctl("add-port", "br0", "mgmt", "type=internal", "tag=7", "mac=02:00:00:00:00:77")
    peer = case.veth_host(switch, "br0", "peer", "10.0.0.2/24")
    tagged = case.veth_host(switch, "br0", "tagged", "10.7.0.2/24", "tag=7")
    host = switch.space
    host.configure("br0", "10.0.0.1/24")
    host.configure("mgmt", "10.7.0.1/24")

    case.step("ping and TCP with the host's own addresses")
    expect_ping(peer, "10.0.0.1")
    expect_ping(host, "10.7.0.2")
    assert "02:00:00:00:00:77" in host.check("ip link show mgmt")
    transfer(peer, host, "10.0.0.1")
    transfer(host, peer, "10.0.0.2")
    expect_ping(tagged, "10.7.0.1")

    case.step("the devices go with their ports")
    switch.ctl("del-port", "br0", "mgmt")
    assert "mgmt" not in host.check("ls /proc/sys/net/ipv4/conf").split()
    switch.ctl("del-br", "br0")
    assert "br0" not in host.check("ls /proc/sys/net/ipv4/conf").split()


main(body)
