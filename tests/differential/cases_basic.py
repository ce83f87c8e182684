# SPDX-License-Identifier: Apache-2.0
"""Hand-picked cases: outputs, matches, header changes, VLAN, MPLS, TTL."""

from compare import Case
from packets import *  # noqa: F403: the builders are what a case is written in

IP = eth(ip(udp()))
TCP = eth(ip(tcp()))
TCP6 = eth(ip6(tcp()))
UDP6 = eth(ip6(udp()))
ICMP = eth(ip(icmp()))
ICMP6 = eth(ip6(icmp6()))
ARP = eth(arp(), dst=BROADCAST)
ND = eth(ip6(nd(), hops=255))
NA = eth(ip6(nd(136, option=2), hops=255))
SCTP = eth(ip(sctp()))
TAGGED = eth(vlan(10, pcp=3), ip(udp()))
QINQ = eth(vlan(100, tpid=0x88A8), vlan(10), ip(tcp()))
QINQ_8100 = eth(vlan(100, pcp=5), vlan(10, pcp=2), ip(tcp()))
MPLS = eth(mpls(16), ip(udp()))
MPLS2 = eth(mpls(16, bos=0), mpls(17, tc=3, ttl=9), ip(tcp()))
PLAIN = eth(raw(b"x" * 50))
ALL = [IP, TCP, TCP6, UDP6, ICMP, ICMP6, ARP, ND, NA, SCTP, TAGGED, QINQ, QINQ_8100, MPLS, MPLS2,
       PLAIN]


def each(frames, port=1):
    """The frames, all at one port."""
    return [(port, frame) for frame in frames]


def actions(name, *lists, frames=ALL, match="", **more):
    """One case for each action list, with all kinds of frames."""
    prefix = match + "," if match else ""
    for number, one in enumerate(lists):
        yield Case(f"{name} {number}: {one[:60]}", [f"{prefix}actions={one}"], each(frames), **more)


def matches(name, *fields, frames=ALL, otherwise="output:3"):
    """One case for each match: what matches leaves by 2, the rest by 3."""
    for field in fields:
        yield Case(f"{name}: {field}",
                   [f"priority=100,{field},actions=output:2", f"priority=1,actions={otherwise}"],
                   each(frames))


CASES = [
    Case("no rule", [], each(ALL)),
    Case("drop", ["actions=drop"], each(ALL)),
    Case("priorities", ["priority=5,ip,actions=2", "priority=9,udp,actions=3", "priority=1,actions=4"],
         each(ALL)),
    Case("in_port", ["in_port=1,actions=2", "in_port=2,actions=1"],
         [(1, IP), (2, IP), (3, IP), (1, ARP)]),
    *actions("output", "2,3,4", "1,2", "in_port,2", "all", "flood", "2,2,2", "output:2,output:in_port",
             "output(port=2,max_len=40),3", "LOCAL,2", "output:77,2"),
    *matches("ethernet", "dl_src=02:00:00:00:00:0a", "dl_dst=ff:ff:ff:ff:ff:ff",
             "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00", "dl_type=0x0806", "dl_type=0x88b5",
             "dl_dst=02:00:00:00:00:00/ff:ff:00:00:00:00", "dl_type=0x86dd", "dl_type=0x8847"),
    *matches("ipv4", "ip", "ip,nw_src=10.0.0.1", "ip,nw_dst=10.0.0.0/30", "ip,nw_src=10.0.0.0/8",
             "ip,nw_dst=0.0.0.2/0.0.0.3", "ip,nw_proto=17", "ip,nw_tos=0", "ip,nw_ecn=0",
             "ip,nw_ttl=64", "icmp", "icmp,icmp_type=8", "icmp,icmp_code=1", "sctp", "sctp,tp_dst=2000"),
    *matches("l4", "tcp,tp_dst=80", "tcp,tp_src=1000", "tcp6,tp_dst=80", "udp6", "udp,tp_dst=2000",
             "tcp,tp_dst=0x50/0xfff0", "tcp,tcp_flags=+ack", "tcp,tcp_flags=+syn",
             "tcp,tcp_flags=-syn+ack", "tcp,tcp_flags=0x010/0xfff"),
    *matches("ipv6", "ipv6", "ipv6,ipv6_src=fd00::1", "ipv6,ipv6_dst=fd00::/64", "icmp6",
             "icmp6,icmp_type=135", "ipv6,nw_ttl=255", "icmp6,icmp_type=135,nd_target=fd00::9",
             "icmp6,icmp_type=135,nd_sll=02:00:00:00:00:0c",
             "icmp6,icmp_type=136,nd_tll=02:00:00:00:00:0c", "ipv6,ipv6_label=0"),
    *matches("arp", "arp", "arp,arp_op=1", "arp,arp_spa=10.0.0.1", "arp,arp_tpa=10.0.0.0/24",
             "arp,arp_sha=02:00:00:00:00:0a", "arp,arp_tha=00:00:00:00:00:00"),
    *matches("vlan", "dl_vlan=10", "dl_vlan=0xffff", "dl_vlan=100", "dl_vlan=10,dl_vlan_pcp=3",
             "vlan_tci=0x1000/0x1000", "vlan_tci=0/0x1000", "vlan_tci=0x100a/0x1fff",
             "dl_vlan=10,ip", "vlan_vid=0x1002/0x1002", "dl_vlan=100,dl_type=0x8100"),
    *matches("mpls", "mpls", "mpls,mpls_label=16", "mpls,mpls_bos=1", "mpls,mpls_tc=0",
             "mpls,mpls_ttl=64", "dl_type=0x8847,mpls_label=17"),
    *actions("ethernet set", "mod_dl_src:02:11:11:11:11:11,2", "mod_dl_dst:02:22:22:22:22:22,2,3",
             "2,mod_dl_dst:02:22:22:22:22:22,3", "set_field:02:33:00:00:00:00/ff:ff:00:00:00:00->eth_src,2",
             "move:eth_src[]->eth_dst[],2", "load:0x1234->eth_dst[0..15],2",
             "push:eth_src[],push:eth_dst[],pop:eth_src[],pop:eth_dst[],2"),
    *actions("ipv4 set", "mod_nw_src:1.2.3.4,2", "mod_nw_dst:224.0.0.9,2", "mod_nw_tos:0xb8,2",
             "mod_nw_ecn:2,2", "mod_nw_ttl:7,2", "dec_ttl,2", "set_field:9.9.9.9->ip_src,2",
             "set_field:0.0.0.77/0.0.0.255->ip_dst,2", "move:ip_src[]->ip_dst[],2",
             "mod_nw_src:1.2.3.4,mod_nw_src:10.0.0.1,2", match="ip",
             frames=[IP, TCP, ICMP, SCTP, TAGGED, QINQ, eth(ip(udp(no_checksum=True))),
                     eth(ip(udp(), options=b"\x01\x01\x01\x01")), eth(ip(udp(), ttl=1)),
                     eth(ip(udp(), ttl=2)), eth(ip(udp(), more=True)),
                     eth(ip(raw(b"later" * 9), frag=10, proto=17)), eth(ip(udp(), ttl=0))]),
    *actions("tcp set", "mod_tp_src:99,2", "mod_tp_dst:65535,2", "mod_nw_src:1.2.3.4,mod_tp_dst:1,2",
             "move:tcp_src[]->tcp_dst[],2", "set_field:7/0xff->tcp_dst,2", match="tcp",
             frames=[TCP, eth(vlan(5), ip(tcp(data=b"odd"))), eth(ip(tcp(flags=2, options=b"\2\4\5\xb4"))),
                     eth(ip(tcp(), frag=3)), eth(ip(tcp(), more=True)), eth(ip(tcp(cut=10)))]),
    *actions("udp set", "mod_tp_src:99,2", "set_field:5->udp_dst,2", match="udp",
             frames=[IP, TAGGED, eth(ip(udp(no_checksum=True))), eth(ip(udp(data=b"")))]),
    *actions("sctp set", "set_field:5->sctp_dst,2", "set_field:6->sctp_src,mod_nw_src:1.1.1.1,2",
             match="sctp", frames=[SCTP]),
    *actions("icmp set", "set_field:3->icmp_type,set_field:1->icmp_code,2", match="icmp",
             frames=[ICMP, eth(ip(icmp(data=b"odd")))]),
    *actions("ipv6 set", "set_field:fd00::99->ipv6_src,2", "set_field:fd00::99->ipv6_dst,2",
             "set_field:0x12345->ipv6_label,2", "mod_nw_tos:0x20,2", "mod_nw_ttl:3,2", "dec_ttl,2",
             "mod_nw_ecn:3,2", "set_field:::5/::f->ipv6_dst,2", "move:ipv6_src[]->ipv6_dst[],2",
             match="ipv6",
             frames=[TCP6, UDP6, ICMP6, ND, NA, eth(ip6(udp(), hops=1)),
                     eth(ip6(udp(), extensions=[(0, b"\1\4\0\0\0\0")])),
                     eth(ip6(tcp(), extensions=[(44, b"\0\1\0\0\0\7")])),
                     eth(ip6(raw(b"later" * 9, protocol=17), extensions=[(44, b"\0\x99\0\0\0\7")])),
                     eth(ip6(udp(), extensions=[(0, b"\1\4\0\0\0\0"), (60, b"\1\4\0\0\0\0")]))]),
    *actions("nd set", "set_field:fd00::77->nd_target,2", "set_field:02:77:00:00:00:01->nd_sll,2",
             match="icmp6,icmp_type=135,icmp_code=0", frames=[ND]),
    *actions("nd advert set", "set_field:02:77:00:00:00:01->nd_tll,2",
             match="icmp6,icmp_type=136,icmp_code=0", frames=[NA]),
    *actions("arp set", "set_field:2->arp_op,2", "set_field:1.1.1.1->arp_spa,2",
             "set_field:02:44:00:00:00:01->arp_sha,2",
             "move:arp_sha[]->arp_tha[],move:arp_spa[]->arp_tpa[],set_field:2->arp_op,in_port",
             match="arp", frames=[ARP]),
    *actions("vlan edit", "mod_vlan_vid:5,2", "mod_vlan_pcp:6,2", "strip_vlan,2",
             "push_vlan:0x8100,set_field:0x1007->vlan_vid,2",
             "push_vlan:0x88a8,set_field:0x1007->vlan_vid,2",
             "push_vlan:0x8100,push_vlan:0x8100,2", "strip_vlan,strip_vlan,2",
             "mod_vlan_vid:5,mod_vlan_pcp:1,2,strip_vlan,3", "2,strip_vlan,3",
             "push_vlan:0x8100,mod_vlan_vid:9,2,pop_vlan,3"),
    *actions("vlan set", "set_field:0x100b->vlan_vid,2", "set_field:4->vlan_pcp,2",
             "load:0xfff->vlan_tci[0..11],2",
             "pop_vlan,2,push_vlan:0x8100,set_field:0x1009->vlan_vid,set_field:1->vlan_pcp,3", "move:vlan_tci[0..11]->reg0[0..11],strip_vlan,2",
             match="vlan_tci=0x1000/0x1000", frames=[TAGGED, QINQ, QINQ_8100]),
    *actions("mpls push", "push_mpls:0x8847,2", "push_mpls:0x8847,set_field:1000->mpls_label,2",
             "push_mpls:0x8848,set_field:3->mpls_tc,2", "push_mpls:0x8847,push_mpls:0x8847,2",
             frames=[IP, TCP6, TAGGED, MPLS, MPLS2, ARP]),
    *actions("mpls pop", "pop_mpls:0x0800,2", "dec_mpls_ttl,2", "set_mpls_ttl(9),2",
             "set_field:99->mpls_label,2", "set_field:5->mpls_tc,2", match="mpls,mpls_bos=1",
             frames=[MPLS, eth(vlan(3), mpls(18), ip(tcp())), eth(mpls(19, ttl=1), ip(udp()))]),
    *actions("mpls pop inner", "pop_mpls:0x8847,2", "pop_mpls:0x8847,set_field:8->mpls_label,2",
             match="mpls,mpls_bos=0", frames=[MPLS2]),
    Case("mpls pop then match", ["table=0,mpls,actions=pop_mpls:0x0800,resubmit(,1)",
                                 "table=1,ip,nw_dst=10.0.0.2,actions=dec_ttl,2",
                                 "table=1,priority=1,actions=3"], each([MPLS, eth(mpls(9), ip(tcp()))])),
]
