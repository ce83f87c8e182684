# SPDX-License-Identifier: Apache-2.0
"""Random packets of few addresses and ports, so that they meet what rules ask for."""

from packets import *  # noqa: F403: builders

MACS = [f"02:00:00:00:00:{n:02x}" for n in range(4)]
ADDRESSES = ["10.0.0.1", "10.0.0.2", "10.1.0.1", "10.1.128.7", "192.168.1.1"]
ADDRESSES6 = ["fd00::1", "fd00::2", "fd00:1::1", "fe80::9"]
L4_PORTS = [22, 53, 80, 81, 1000, 2000, 65535]


class PacketGenerator:
    """Draws from one source of chance, so that a seed tells all."""

    def __init__(self, chance):
        self.chance = chance
        self.snap = True  # IP in 802.2 frames, too

    def one_of(self, *choices):
        return self.chance.choice(choices)

    def l4(self):
        ports = self.one_of(*L4_PORTS), self.one_of(*L4_PORTS)
        return self.one_of(
            tcp(*ports, flags=self.one_of(2, 0x10, 0x11, 0x12, 4)), udp(*ports),
            tcp(*ports, flags=self.one_of(0x18, 0x112), options=self.one_of(b"", b"\2\4\5\xb4"),
                data=bytes(self.chance.randrange(30))),
            udp(*ports, no_checksum=True), sctp(*ports), icmp(self.one_of(0, 3, 8), self.one_of(0, 1)),
            tcp(*ports, cut=self.one_of(0, 2, 3, 4, 10, 12, 13, 19, 20)),
            tcp(*ports, offset=self.one_of(0, 4, 6, 15)), udp(*ports, bad_length=self.one_of(0, 7, 900)))

    def ipv4(self):
        more = {}
        if self.chance.random() < 0.25:
            more = self.one_of({"more": True}, {"frag": 5}, {"frag": 9, "more": True}, {"ttl": 0},
                               {"ttl": 1}, {"ttl": 2}, {"options": b"\1\1\1\1"},
                               {"options": bytes(8)}, {"bad_length": 22}, {"bad_length": 900},
                               {"bad_checksum": True}, {"proto": 250})
        return ip(self.l4(), src=self.one_of(*ADDRESSES), dst=self.one_of(*ADDRESSES),
                  tos=self.one_of(0, 0, 4, 0xB8, 3), **more)

    def neighbor(self):
        kind = self.one_of(135, 136)
        return nd(kind, target=self.one_of(*ADDRESSES6), address=self.one_of(*MACS),
                  option=self.one_of(None, 1, 2, 3), extra=self.one_of(b"", b"\1\0", b"\5\1" + bytes(6)))

    def ipv6(self):
        more = {}
        if self.chance.random() < 0.25:
            more = self.one_of({"hops": 1}, {"hops": 0}, {"extensions": [(0, b"\1\4\0\0\0\0")]},
                               {"extensions": [(44, b"\0\1\0\0\0\7")]},
                               {"extensions": [(44, b"\0\x99\0\0\0\7")]},
                               {"extensions": [(60, b"\1\4\0\0\0\0"), (44, b"\0\1\0\0\0\7")]},
                               {"label": 77}, {"tclass": 0xB9}, {"bad_length": 4}, {"bad_length": 900})
        inside = self.l4()
        if self.chance.random() < 0.25:
            inside = self.neighbor()
            more.setdefault("hops", 255)
        return ip6(inside, src=self.one_of(*ADDRESSES6), dst=self.one_of(*ADDRESSES6), **more)

    def network(self):
        kind = self.chance.randrange(14)
        if kind < 7:
            return self.ipv4()
        if kind < 11:
            return self.ipv6()
        if kind == 11:
            return arp(op=self.one_of(1, 2, 2, 3), sha=self.one_of(*MACS),
                       spa=self.one_of(*ADDRESSES), tpa=self.one_of(*ADDRESSES))
        if kind == 12 and self.snap:
            return raw(b"\xaa\xaa\3\0\0\0\x08\0" + ip(self.l4()).octets(), 60)
        return raw(bytes(self.chance.randrange(256) for _ in range(40)), 0x88B5)

    def packet(self):
        """(port, octets)."""
        tags = []
        if self.chance.random() < 0.35:
            tags.append(vlan(self.one_of(5, 10, 20), pcp=self.chance.randrange(8)))
            if self.chance.random() < 0.3:
                tags.insert(0, vlan(self.one_of(5, 100), tpid=self.one_of(0x8100, 0x88A8)))
        network = self.network()
        if self.chance.random() < 0.15 and network.ethertype in (0x0800, 0x86DD):
            count = self.one_of(1, 1, 2, 3)
            tags += [mpls(self.one_of(16, 17), tc=self.one_of(0, 5), bos=int(n + 1 == count),
                          ttl=self.one_of(1, 2, 64)) for n in range(count)]
        frame = eth(*tags, network, src=self.one_of(*MACS),
                    dst=self.one_of(*MACS, BROADCAST, "01:00:5e:00:00:01"),
                    pad=self.one_of(0, 60, 60, 64, 100))
        if self.chance.random() < 0.03 and network.ethertype != 0x0806:
            # A frame that ends within a tag is malformed here, of an unknown type there; of one that
            # ends within ARP nothing is changed here.
            frame = frame[:self.chance.randrange(14 + 4 * len(tags), len(frame))]
        return self.chance.randrange(1, 5), frame
