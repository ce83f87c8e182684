# SPDX-License-Identifier: Apache-2.0
"""Random rule sets, made so that rules and packets meet often: few addresses, few ports, several
tables that lead to each other. What the two switches do differently on purpose is kept out (see
docs/differences.md): pushed tags and labels are given all of their fields, tags are pushed on untagged
packets, labels on packets without any and not in 802.2 frames, addresses are changed in whole packets,
there are no action sets where there is exit or check_pkt_larger, which stands in no table that
resubmits lead to, no clones where labels are taken off or exit stands, and no action sets where
buckets lead to."""

from compare import Case
from random_packets import ADDRESSES, ADDRESSES6, L4_PORTS, MACS, PacketGenerator

TABLES = 4
LEARNED = TABLES  # the table that learned rules stand in


class Generator(PacketGenerator):
    """Draws from one source of chance, so that a seed tells all."""

    def __init__(self, chance):
        super().__init__(chance)
        self.priority = 0
        self.old = False  # of OpenFlow 1.0 and its extensions alone
        self.sets = False  # action sets; if not: check_pkt_larger
        self.exits = False
        self.pops = False  # labels

    def often(self, share):
        return self.chance.random() < share

    def next_priority(self):
        """Rules of equal priority that overlap are left to chance by the specification."""
        self.priority += 1
        return self.priority

    # Matches

    def match(self):
        """Returns (fields, kind): kind says which headers are known to be there."""
        fields, kind = [], ""
        if self.often(0.3):
            fields.append(f"in_port={self.chance.randrange(1, 5)}")
        if self.often(0.2):
            fields.append(f"dl_src={self.one_of(*MACS)}")
        if self.often(0.2):
            fields.append(self.one_of(f"dl_dst={self.one_of(*MACS)}",
                                      "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00"))
        if self.often(0.2):
            fields.append(self.one_of("vlan_tci=0", "dl_vlan=5", "dl_vlan=10", "dl_vlan_pcp=3",
                                      "vlan_tci=0x1000/0x1000"))
        if self.often(0.25):
            fields.append(self.one_of("reg0=1", "reg0=0", "reg1=5/0xf", "metadata=1/1",
                                      "xreg0=0x100000000/0xf00000000"))
        draw = self.chance.random()
        if draw < 0.35:
            kind = self.ipv4_match(fields)
        elif draw < 0.55:
            kind = self.ipv6_match(fields)
        elif draw < 0.63:
            kind = "arp"
            fields.append("arp")
            if self.often(0.6):
                fields.append(self.one_of("arp_op=1", f"arp_spa={self.one_of(*ADDRESSES)}",
                                          f"arp_tpa={self.one_of(*ADDRESSES)}/24",
                                          f"arp_sha={self.one_of(*MACS)}"))
        elif draw < 0.73:
            kind = "mpls"
            fields.append("mpls")
            if self.often(0.6):
                fields.append(self.one_of("mpls_label=16", "mpls_tc=5", "mpls_ttl=64"))
            fields.append("mpls_bos=1")
        return fields, kind

    def l4_match(self, fields, six):
        kind = self.one_of("tcp", "udp", "sctp")
        fields.append(kind + six)
        if self.often(0.7):
            port = self.one_of(*L4_PORTS)
            name = self.one_of("tp_src", "tp_dst")
            fields.append(self.one_of(f"{name}={port}", f"{name}={port & 0xFFF0:#x}/0xfff0"))
        if kind == "tcp" and self.often(0.3):
            fields.append(self.one_of("tcp_flags=+syn", "tcp_flags=+ack-syn", "tcp_flags=-fin"))
        return kind

    def ipv4_match(self, fields):
        kind = "ip"
        if self.often(0.5):
            kind = self.l4_match(fields, "")
        elif self.often(0.2):
            kind = "icmp"
            fields.append("icmp")
            if self.often(0.7):
                fields.append(self.one_of("icmp_type=8", "icmp_code=1"))
        else:
            fields.append("ip")
        for name in ("nw_src", "nw_dst"):
            if self.often(0.4):
                address = self.one_of(*ADDRESSES)
                fields.append(f"{name}={address}{self.one_of('', '/8', '/16', '/17', '/24', '/31')}")
        if self.often(0.15):
            fragments = ["yes", "later"] if kind == "ip" else ["no", "first", "not_later"]
            fields.append(self.one_of("nw_tos=4", "nw_ecn=3", "nw_ttl=64",
                                      f"ip_frag={self.one_of(*fragments)}"))
        return kind

    def ipv6_match(self, fields):
        kind = "ipv6"
        draw = self.chance.random()
        if draw < 0.5:
            kind = self.l4_match(fields, "6") + "6"
        elif draw < 0.7:
            number = self.one_of(135, 136)
            kind = f"nd{number}"
            fields += ["icmp6", f"icmp_type={number}", "icmp_code=0"]
            if self.often(0.7):
                layer = "nd_sll" if number == 135 else "nd_tll"
                fields.append(self.one_of(f"nd_target={self.one_of(*ADDRESSES6)}",
                                          f"{layer}={self.one_of(*MACS)}"))
        else:
            fields.append("ipv6")
        for name in ("ipv6_src", "ipv6_dst"):
            if self.often(0.3):
                fields.append(f"{name}={self.one_of(*ADDRESSES6)}{self.one_of('', '/16', '/32', '/64')}")
        if self.often(0.1):
            fields.append(self.one_of("ip_frag=no", "ipv6_label=0", "nw_ttl=255"))
        return kind

    # Actions

    def register_actions(self):
        return [f"load:{self.chance.randrange(3)}->reg0[]", "load:5->reg1[0..3]",
                "move:eth_src[0..15]->reg1[8..23]", "move:reg0[0..7]->reg1[0..7]",
                "push:reg0[],load:2->reg0[],pop:reg1[0..31]", "output:reg0[0..3]",
                "move:in_port[0..3]->reg0[0..3]"]

    def layer_actions(self, kind):
        """Those that need the headers of `kind`."""
        if kind in ("ip", "icmp", "tcp", "udp", "sctp"):
            choices = ["mod_nw_tos:8", "mod_nw_ecn:1", "dec_ttl", "mod_nw_ttl:9"]
            if kind in ("tcp", "udp"):
                choices += [f"mod_tp_dst:{self.one_of(*L4_PORTS)}", f"mod_tp_src:{self.one_of(*L4_PORTS)}",
                            f"set_field:{self.one_of(*L4_PORTS)}->{kind}_src",
                            f"move:{kind}_src[]->{kind}_dst[]", f"move:{kind}_dst[]->reg0[0..15]"]
            return choices
        if kind.startswith("nd"):
            layer = "nd_sll" if kind == "nd135" else "nd_tll"
            return [f"set_field:{self.one_of(*ADDRESSES6)}->nd_target",
                    f"set_field:{self.one_of(*MACS)}->{layer}", "move:nd_target[0..31]->reg1[]"]
        if kind.endswith("6") or kind == "ipv6":
            choices = [f"set_field:{self.one_of(*ADDRESSES6)}->ipv6_dst", "dec_ttl",
                       "set_field:9->ipv6_label", "mod_nw_tos:8", "move:ipv6_src[0..31]->reg0[]"]
            if kind in ("tcp6", "udp6"):
                choices.append(f"set_field:{self.one_of(*L4_PORTS)}->{kind[:3]}_dst")
            return choices
        if kind == "arp":
            return [f"set_field:{self.one_of(*ADDRESSES)}->arp_spa", "set_field:2->arp_op",
                    f"set_field:{self.one_of(*MACS)}->arp_tha", "move:arp_spa[]->arp_tpa[]",
                    "move:arp_spa[]->reg1[]"]
        if kind == "mpls":
            return ["set_field:17->mpls_label", "set_field:5->mpls_tc", "dec_mpls_ttl",
                    "set_mpls_ttl(9)", "move:mpls_label[0..15]->reg0[0..15]"]
        return []

    def action(self, kind, table, depth=0):
        choices = [f"output:{self.chance.randrange(1, 5)}", f"output:{self.chance.randrange(1, 5)}",
                   self.one_of("in_port", "all", "controller", "load:0->in_port[]"),
                   f"mod_dl_dst:{self.one_of(*MACS)}", f"mod_dl_src:{self.one_of(*MACS)}",
                   # Where nothing but a note is left to do, Open vSwitch starts over after pop_mpls.
                   "load:1->reg0[]" if self.pops else "note:01",
                   self.one_of(*self.register_actions()), self.one_of(*self.register_actions())]
        # What sets a VLAN in OpenFlow 1.0 pushes a tag in later versions; those have the groups.
        choices += (["mod_vlan_vid:10", "mod_vlan_vid:5,mod_vlan_pcp:3"] if self.old else
                    [f"group:{self.chance.randrange(1, 6)}"])
        if table == 0 and depth == 0 and not self.sets:
            choices.append("check_pkt_larger(80)->reg1[0]")
        if table + 1 < TABLES:
            choices += [f"resubmit(,{self.chance.randrange(table + 1, TABLES)})"] * 4
            choices.append(f"resubmit({self.chance.randrange(1, 5)},{table + 1})")
        layer = self.layer_actions(kind)
        choices += [self.one_of(*layer) for _ in range(3 if layer else 0)]
        if depth < 2 and self.often(0.1) and not self.pops and not self.exits:
            inner = [self.action(kind, table, depth + 1) for _ in range(self.one_of(1, 2, 3))]
            return f"clone({','.join(inner)})"
        return self.one_of(*choices)

    def learn(self):
        """Each has a priority of its own, so that what they leave does not overlap."""
        what = self.one_of("NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]",
                           "NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:2->NXM_NX_REG0[],"
                           "output:NXM_OF_IN_PORT[]",
                           "NXM_OF_ETH_SRC[],NXM_OF_IN_PORT[],output:NXM_NX_REG0[0..3]")
        return f"learn(table={LEARNED},priority={self.next_priority()},{what})"

    def head_and_tail(self, fields, kind, table):
        """Actions that stand first or last, and change what the rest may do."""
        draw = self.chance.random()
        untagged = "vlan_tci=0" in fields
        tagged = any(one.startswith(("dl_vlan=", "vlan_tci=0x1000")) for one in fields)
        if draw < 0.25 and untagged and not self.old:
            return [f"push_vlan:0x8100,set_field:{4096 + self.one_of(5, 20)}->vlan_vid,set_field:"
                    f"{self.one_of(0, 3)}->vlan_pcp"], []
        if draw < 0.3 and tagged and not self.old:
            return [self.one_of("pop_vlan", "set_field:4106->vlan_vid", "set_field:3->vlan_pcp")], []
        if draw < 0.4 and kind == "mpls" and self.pops:
            return [f"pop_mpls:{self.one_of('0x0800', '0x86dd')}"], []
        if draw < 0.1 and kind not in ("", "mpls") and not self.snap:
            return [], ["push_mpls:0x8847,set_field:20->mpls_label,set_field:1->mpls_tc,set_mpls_ttl(7)",
                        f"output:{self.chance.randrange(1, 5)}"]
        if draw < 0.16:
            return [self.learn()], []
        if draw < 0.2 and kind in ("ip", "icmp", "tcp", "udp", "sctp") and not any("frag" in f for f in fields):
            fields.append("ip_frag=no")
            return [f"mod_nw_{self.one_of('src', 'dst')}:{self.one_of(*ADDRESSES)}"], []
        if draw < 0.26 and self.exits:
            return [], ["exit"]
        return [], []

    def instructions(self, kind, table):
        words = []
        if self.old:
            return words
        # The last table is what buckets resubmit to.
        if self.often(0.15) and table + 1 < TABLES:
            words.append("clear_actions")
        if self.often(0.15) and self.sets and table + 1 < TABLES:
            inner = self.one_of(f"output:{self.chance.randrange(1, 5)}", f"group:{self.chance.randrange(1, 6)}")
            more = self.layer_actions(kind)
            more = [one for one in more if one.startswith(("set_field", "dec_ttl", "mod_"))]
            words.append(f"write_actions({','.join([inner] + ([self.one_of(*more)] if more else []))})")
        if self.often(0.1):
            words.append("write_metadata:1/1")
        if table + 1 < TABLES and (words or self.often(0.2)):
            words.append(f"goto_table:{self.chance.randrange(table + 1, TABLES)}")
        return words

    def flow(self, table):
        fields, kind = self.match()
        head, tail = self.head_and_tail(fields, kind, table)
        if any(one.startswith("pop_mpls") for one in head):
            kind = "popped"
        count = self.one_of(0, 1, 1, 2, 2, 3, 4)
        actions = head + [self.action(kind, table) for _ in range(count)] + tail
        actions += self.instructions(kind, table) if not tail else []
        return ",".join([f"table={table}", f"priority={self.next_priority()}", *fields,
                         "actions=" + (",".join(actions) or "drop")])

    def conjunction(self, table):
        """The rules of one conjunction, at one priority, and the rule that it leads to."""
        priority, number = self.next_priority(), self.priority
        head = f"table={table},priority={priority}"
        first = [f"in_port={port}" for port in self.chance.sample(range(1, 5), 2)]
        second = [f"dl_src={address}" for address in self.chance.sample(MACS, 2)]
        return ([f"{head},{match},actions=conjunction({number},1/2)" for match in first]
                + [f"{head},{match},actions=conjunction({number},2/2)" for match in second]
                + [f"{head},conj_id={number},actions={self.action('', table)}"])

    def groups(self):
        bucket = lambda: self.one_of(f"output:{self.chance.randrange(1, 5)}",  # noqa: E731
                                     f"mod_dl_src:02:99:00:00:00:01,output:{self.chance.randrange(1, 5)}",
                                     f"resubmit(,{TABLES - 1})", "in_port")
        return [f"group_id=1,type=all,bucket={bucket()},bucket={bucket()}",
                f"group_id=2,type=indirect,bucket={bucket()}",
                # With the default hash Open vSwitch looks the packet up again, and forgets what comes
                # behind a clone() in which it does. So too with pop_mpls.
                f"group_id=3,type=select,selection_method=hash,fields(eth_dst),bucket={bucket()}",
                f"group_id=4,type=ff,bucket=watch_port:2,{bucket()},bucket=watch_port:3,{bucket()}",
                "group_id=5,type=all,bucket=group:2,bucket=output:4"]

    def case(self, number, packets):
        """One rule set with its packets."""
        flows, self.priority = [], 10
        self.old, self.sets, self.snap = self.often(0.3), self.often(0.6), self.often(0.3)
        self.pops, self.exits = self.often(0.4), not self.sets and self.often(0.6)
        for table in range(TABLES):
            # Groups lead to the last table, which therefore uses none.
            count = self.chance.randrange(2, 14)
            made = [self.flow(table) for _ in range(count)]
            if self.often(0.3):
                made += self.conjunction(table)
            flows += made if table + 1 < TABLES else [one for one in made if "group:" not in one]
            if self.often(0.7):
                flows.append(f"table={table},priority=0,actions="
                             + self.one_of("NORMAL", "output:4", "drop", "output:2,output:3",
                                           f"resubmit(,{table + 1})" if table + 1 < TABLES else
                                           f"resubmit(,{LEARNED})"))
        return Case(f"random {number}", flows, [self.packet() for _ in range(packets)], self.groups(),
                    random=True)
