# SPDX-License-Identifier: Apache-2.0
"""Packets for rules as OVN programs them: a router joins logical switches, each with hosts whose
addresses are drawn from the rules themselves."""

import re

from packets import BROADCAST, arp, eth, icmp, icmp6, ip, ip6, nd, raw, tcp, udp, vlan


class Network:
    """Hosts (port, MAC address, IPv4 address) and the router's addresses on each switch."""

    def __init__(self, flows, chance):
        self.chance = chance
        text = "\n".join(flows)
        port_of = {(metadata, reg): int(port) for reg, metadata, port in
                   re.findall(r"reg15=(\w+),metadata=(\w+) actions=output:(\d+)", text)}
        logical = {(metadata, address): reg for metadata, address, reg in
                   re.findall(r"metadata=(\w+),dl_dst=([0-9a-f:]+) actions=set_field:(\w+)->reg15",
                              text)}
        self.hosts = {}
        for (metadata, address), reg in logical.items():
            if (metadata, reg) in port_of:
                number, host = int(address[9:11], 16), int(address[15:], 16)
                self.hosts[port_of[metadata, reg]] = (address, f"10.{number}.0.{10 + host}")
        assert len(self.hosts) >= 2, "the rules have no hosts"
        self.routers = sorted(set(re.findall(r"00:00:00:00:ff:\w\w", text)))

    def _one_of(self, *choices):
        return self.chance.choice(choices)

    def packet(self):
        """Returns (port, octets)."""
        port, (mac, address) = self.chance.choice(sorted(self.hosts.items()))
        other_port, (other_mac, other) = self.chance.choice(sorted(self.hosts.items()))
        subnet = address.split(".")[1]
        router = next(one for one in self.routers if one.endswith(f"{int(subnet):02x}"))
        same_subnet = other.split(".")[1] == subnet
        if self.chance.random() < 0.05:
            port = other_port  # somebody else's addresses
        target = other_mac if same_subnet else router
        kind = self.chance.randrange(10)
        if kind < 6:
            if self.chance.random() < 0.1:
                other = f"10.{subnet}.0.1"  # the router itself
                target = router
            return port, self._frame(mac, target, self._ipv4(address, other))
        if kind < 8:
            asked = self._one_of(other, f"10.{subnet}.0.1")
            return port, self._frame(mac, self._one_of(BROADCAST, BROADCAST, target),
                                     arp(self._one_of(1, 1, 2), mac, address, tpa=asked))
        return port, self._ipv6(mac, router)

    def _frame(self, source, target, network):
        tags = [vlan(7)] if self.chance.random() < 0.03 else []
        return eth(*tags, network, src=source, dst=target)

    def _ipv4(self, source, target):
        ports = self._one_of(22, 80, 67, 68, 4000), self._one_of(22, 80, 67, 68, 4000)
        inside = self._one_of(tcp(*ports, flags=self._one_of(2, 0x10, 4)), udp(*ports),
                              icmp(self._one_of(0, 8)), raw(b"x" * 20, protocol=47))
        more = {}
        if self.chance.random() < 0.1:
            more = self._one_of({"more": True}, {"frag": 5}, {"tos": 0xb8})
        return ip(inside, src=source, dst=target, ttl=self._one_of(1, 2, 64, 64, 64), **more)

    def _ipv6(self, mac, router):
        own = "fe80::200:ff:fe" + mac[9:11] + ":" + mac[12:14] + mac[15:17]
        target = f"fe80::200:ff:fe00:ff{router[15:]}"
        kind = self.chance.randrange(3)
        if kind == 0:
            solicited = f"ff02::1:ff00:ff{router[15:]}"
            return eth(ip6(nd(135, target, 1, mac), src=own, dst=solicited, hops=255), src=mac,
                       dst=f"33:33:ff:00:ff:{router[15:]}")
        if kind == 1:
            return eth(ip6(icmp6(), src=own, dst=target), src=mac, dst=router)
        return eth(ip6(udp(546, 547), src=own, dst="ff02::1:2"), src=mac, dst="33:33:00:01:00:02")
