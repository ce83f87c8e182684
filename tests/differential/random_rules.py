# SPDX-License-Identifier: Apache-2.0
"""Random rule sets and packets, made so that rules and packets meet often: few addresses, few
ports, several tables that lead to each other."""

from compare import Case
from packets import *  # noqa: F403: builders

MACS = [f"02:00:00:00:00:{n:02x}" for n in range(4)]
ADDRESSES = ["10.0.0.1", "10.0.0.2", "10.1.0.1", "10.1.128.7", "192.168.1.1"]
ADDRESSES6 = ["fd00::1", "fd00::2", "fd00:1::1", "fe80::9"]
L4_PORTS = [22, 53, 80, 81, 1000, 2000, 65535]
TABLES = 4


class Generator:
    """Draws from one source of chance, so that a seed tells all."""

    def __init__(self, chance):
        self.chance = chance

    def one_of(self, *choices):
        return self.chance.choice(choices)

    # Packets

    def network(self, inside_vlan=False):
        kind = self.chance.randrange(12)
        l4 = self.l4()
        if kind < 6:
            more = {}
            if self.chance.random() < 0.1:
                more = self.one_of({"more": True}, {"frag": 5}, {"ttl": 1}, {"ttl": 2},
                                   {"options": b"\1\1\1\1"}, {"bad_length": 22})
            return ip(l4, src=self.one_of(*ADDRESSES), dst=self.one_of(*ADDRESSES),
                      tos=self.one_of(0, 0, 4, 0xB8, 3), **more)
        if kind < 10:
            more = {}
            if self.chance.random() < 0.1:
                more = self.one_of({"hops": 1}, {"extensions": [(0, b"\1\4\0\0\0\0")]},
                                   {"extensions": [(44, b"\0\1\0\0\0\7")]}, {"label": 77})
            return ip6(l4, src=self.one_of(*ADDRESSES6), dst=self.one_of(*ADDRESSES6), **more)
        if kind == 10:
            return arp(op=self.one_of(1, 2), spa=self.one_of(*ADDRESSES), tpa=self.one_of(*ADDRESSES))
        return raw(bytes(self.chance.randrange(256) for _ in range(40)), 0x88B5)

    def l4(self):
        ports = self.one_of(*L4_PORTS), self.one_of(*L4_PORTS)
        return self.one_of(tcp(*ports, flags=self.one_of(2, 0x10, 0x11, 0x12, 4)), udp(*ports),
                           udp(*ports, no_checksum=True), sctp(*ports), icmp(self.one_of(0, 8)),
                           tcp(*ports, cut=self.one_of(3, 12, 20)))

    def packet(self):
        tags = []
        if self.chance.random() < 0.35:
            tags.append(vlan(self.one_of(0, 5, 10, 4095), pcp=self.chance.randrange(8)))
            if self.chance.random() < 0.3:
                tags.insert(0, vlan(self.one_of(5, 100), tpid=self.one_of(0x8100, 0x88A8)))
        network = self.network()
        if self.chance.random() < 0.1 and network.ethertype == 0x0800:
            tags.append(mpls(self.one_of(16, 17), ttl=self.one_of(1, 64)))
        return eth(*tags, network, src=self.one_of(*MACS),
                   dst=self.one_of(*MACS, BROADCAST, "01:00:5e:00:00:01"),
                   pad=self.one_of(0, 60, 60, 100))

    # Matches

    def match(self):
        """Returns (fields, kind): kind says which headers are known to be there."""
        fields, kind = [], ""
        if self.chance.random() < 0.3:
            fields.append(f"in_port={self.chance.randrange(1, 5)}")
        if self.chance.random() < 0.2:
            fields.append(f"dl_src={self.one_of(*MACS)}")
        if self.chance.random() < 0.2:
            fields.append(self.one_of(f"dl_dst={self.one_of(*MACS)}",
                                      "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00"))
        if self.chance.random() < 0.2:
            fields.append(self.one_of("vlan_tci=0", "dl_vlan=5", "dl_vlan=10", "dl_vlan_pcp=3",
                                      "vlan_tci=0x1000/0x1000"))
        if self.chance.random() < 0.25:
            fields.append(self.one_of("reg0=1", "reg0=0", "reg1=5/0xf", "metadata=1/1"))
        draw = self.chance.random()
        if draw < 0.35:
            kind = self.ipv4_match(fields)
        elif draw < 0.55:
            kind = self.ipv6_match(fields)
        elif draw < 0.62:
            kind = "arp"
            fields.append("arp")
            if self.chance.random() < 0.6:
                fields.append(self.one_of("arp_op=1", f"arp_spa={self.one_of(*ADDRESSES)}"))
        return fields, kind

    def l4_match(self, fields, six):
        kind = self.one_of("tcp", "udp", "sctp")
        fields.append(kind + six)
        if self.chance.random() < 0.7:
            port = self.one_of(*L4_PORTS)
            name = self.one_of("tp_src", "tp_dst")
            fields.append(self.one_of(f"{name}={port}", f"{name}={port & 0xFFF0:#x}/0xfff0"))
        if kind == "tcp" and self.chance.random() < 0.3:
            fields.append(self.one_of("tcp_flags=+syn", "tcp_flags=+ack-syn", "tcp_flags=-fin"))
        return kind

    def ipv4_match(self, fields):
        kind = "ip"
        if self.chance.random() < 0.5:
            kind = self.l4_match(fields, "")
        else:
            fields.append("ip")
        for name in ("nw_src", "nw_dst"):
            if self.chance.random() < 0.4:
                address = self.one_of(*ADDRESSES)
                fields.append(f"{name}={address}{self.one_of('', '/8', '/16', '/17', '/24', '/31')}")
        if self.chance.random() < 0.15:
            fields.append(self.one_of("nw_tos=4", "nw_ecn=3", "nw_ttl=64", "ip_frag=no", "ip_frag=yes"))
        return kind

    def ipv6_match(self, fields):
        kind = "ipv6"
        if self.chance.random() < 0.5:
            kind = self.l4_match(fields, "6") + "6"
        else:
            fields.append("ipv6")
        for name in ("ipv6_src", "ipv6_dst"):
            if self.chance.random() < 0.4:
                fields.append(f"{name}={self.one_of(*ADDRESSES6)}{self.one_of('', '/16', '/32', '/64')}")
        return kind

    # Actions

    def action(self, kind, table):
        choices = [f"output:{self.chance.randrange(1, 5)}", f"output:{self.chance.randrange(1, 5)}",
                   "in_port", f"load:{self.chance.randrange(3)}->reg0[]", "load:5->reg1[0..3]",
                   f"mod_dl_dst:{self.one_of(*MACS)}", "move:eth_src[0..15]->reg1[8..23]",
                   "mod_vlan_vid:10", "mod_vlan_pcp:3",
                   "note:01",
                   f"group:{self.chance.randrange(1, 4)}"]
        if table + 1 < TABLES:
            choices += [f"resubmit(,{self.chance.randrange(table + 1, TABLES)})"] * 4
            choices.append(f"resubmit({self.chance.randrange(1, 5)},{table + 1})")
        if self.chance.random() < 0.1:
            choices.append(f"clone({self.action(kind, table)},{self.action(kind, table)})")
        if self.chance.random() < 0.05:
            choices = ["push_vlan:0x8100,set_field:4101->vlan_vid"]
        if kind in ("ip", "tcp", "udp", "sctp"):
            choices += [f"mod_nw_src:{self.one_of(*ADDRESSES)}", f"mod_nw_dst:{self.one_of(*ADDRESSES)}",
                        "mod_nw_tos:8", "dec_ttl", "mod_nw_ttl:9"]
        if kind in ("tcp", "udp"):
            choices += [f"mod_tp_dst:{self.one_of(*L4_PORTS)}", f"mod_tp_src:{self.one_of(*L4_PORTS)}"]
        if kind.endswith("6"):
            choices += [f"set_field:{self.one_of(*ADDRESSES6)}->ipv6_dst", "dec_ttl",
                        "set_field:9->ipv6_label", "mod_nw_tos:8"]
        if kind in ("tcp6", "udp6"):
            choices.append(f"set_field:{self.one_of(*L4_PORTS)}->{kind[:3]}_dst")
        return self.one_of(*choices)

    def flow(self, table):
        fields, kind = self.match()
        count = self.one_of(0, 1, 1, 2, 2, 3, 4)
        actions = [self.action(kind, table) for _ in range(count)] or ["drop"]
        priority = self.one_of(1, 5, 10, 20, 100)
        return ",".join([f"table={table}", f"priority={priority}", *fields,
                         "actions=" + ",".join(actions)])

    def case(self, number, packets):
        """One rule set with its packets. Rules of equal priority that overlap are left to chance by
        the specification, so each rule has a priority of its own."""
        flows = []
        for table in range(TABLES):
            for n in range(self.chance.randrange(2, 12)):
                flow = self.flow(table)
                head, _, tail = flow.partition("priority=")
                flows.append(f"{head}priority={10 + n * 3},{tail.partition(',')[2]}")
            if self.chance.random() < 0.7:
                flows.append(f"table={table},priority=0,actions="
                             + self.one_of("NORMAL", "output:4", "drop", "output:2,output:3",
                                           f"resubmit(,{table + 1})" if table + 1 < TABLES else "1"))
        groups = ["group_id=1,type=all,bucket=output:2,bucket=mod_dl_src:02:99:00:00:00:01,output:3",
                  "group_id=2,type=indirect,bucket=output:3",
                  "group_id=3,type=select,bucket=output:4"]
        return Case(f"random {number}", flows,
                    [(self.chance.randrange(1, 5), self.packet()) for _ in range(packets)], groups,
                    may_be_refused=True)
