# SPDX-License-Identifier: Apache-2.0
"""The kernel's Geneve and GRE devices as peers, inside a guest, over a bridge whose internal port has the
local address."""

from lib.case import main, wait_until
from lib.endpoint import Nic
from lib.traffic import expect_ping, ping, transfer
from lib.underlay import address, inner, outer

DEVICES = {
    ("geneve", 4): "geneve id 100 remote {remote}",
    ("geneve", 6): "geneve id 100 remote {remote} udp6zerocsumrx",
    ("gre", 4): "gretap key 100 remote {remote} local {local}",
    ("gre", 6): "ip6gretap key 100 remote {remote} local {local}",
}


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "phy")
    switch.ctl("add-br", "br0")
    path = case.folder / "peer.sock"
    switch.ctl("add-port", "phy", "peer", "type=vhost-user", f"path={path}")
    address(switch.space, 1, "phy")
    peer = case.machine("peer", [Nic(path, f"{outer(2)}/24", mac="52:54:00:00:00:02")])
    here = case.tap_host(switch, "br0", "vm1", f"{inner(1)}/24")
    peer.wait_ready()
    peer.check("for module in /modules/tunnel/*.ko; do insmod $module; done; "
               "echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6; "
               f"ip address add {outer(2, 6)}/64 dev eth0 nodad")
    expect_ping(switch.space, outer(2))
    for (kind, family), device in DEVICES.items():
        case.step(f"the kernel's {kind} device over IPv{family}")
        device = device.format(remote=outer(1, family), local=outer(2, family))
        peer.check(f"ip link add tun0 type {device}; ip address add {inner(2)}/24 dev tun0; "
                   "ip link set tun0 up mtu 1400")
        switch.ctl("add-port", "br0", "t1", f"type={kind}", f"remote={outer(2, family)}", "key=100")
        here.run("ip neigh flush all")  # the device before had another address
        wait_until(lambda: ping(here, inner(2), count=1, timeout=7) == 1, "the peer answers")
        assert ping(here, inner(2)) == 3
        assert ping(peer, inner(1)) == 3
        transfer(here, peer, inner(2), mib=2)
        transfer(peer, here, inner(1), mib=2)
        switch.ctl("del-port", "t1")
        peer.check("ip link del tun0")


main(body)
