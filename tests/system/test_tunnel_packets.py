# SPDX-License-Identifier: Apache-2.0
"""What tunnels send, field by field, as tshark and scapy read it."""

import dataclasses

from lib import decode
from lib.case import main
from lib.traffic import ping
from lib.underlay import hosts, inner, outer

PING_BYTES = 20 + 8 + 100  # the inner IP packet


@dataclasses.dataclass
class Headers:
    """How a kind looks on the wire with key 5000."""

    filter: str       # for tcpdump
    fields: dict      # of tshark
    bindings: list    # for scapy
    scapy: tuple      # layer and its fields
    overhead: int     # bytes between the outer IP header and the inner Ethernet header


KINDS = {
    "vxlan": Headers(
        "udp port 4789",
        {"udp.dstport": "4789", "vxlan.flags": "0x0800", "vxlan.vni": "5000", "vxlan.gbp": "0",
         "vxlan.reserved8": "0"},
        ["4789=vxlan"], ("VXLAN", {"vni": 5000}), 16),
    "geneve": Headers(
        "udp port 6081",
        {"udp.dstport": "6081", "geneve.version": "0", "geneve.flags.oam": "0",
         "geneve.flags.critical": "0", "geneve.flags.reserved": "0",
         "geneve.proto_type": "0x6558", "geneve.vni": "0x001388", "geneve.reserved": "0"},
        ["6081=geneve"], ("GENEVE", {"version": 0, "optionlen": 0, "oam": 0, "critical": 0,
                                     "proto": 0x6558, "vni": 5000}), 16),
    "gre": Headers(
        "proto gre",
        {"gre.flags_and_version": "0x2000", "gre.proto": "0x6558", "gre.key": "0x00001388"},
        [], ("GRE", {"version": 0, "chksum_present": 0, "key_present": 1, "proto": 0x6558,
                     "key": 5000}), 8),
}


@dataclasses.dataclass
class Variant:
    """A port with more options, and what they change."""

    kind: str
    options: tuple
    fields: dict              # of tshark, in place of those above
    set_fields: str = ""      # actions in front of the output
    scapy: dict = dataclasses.field(default_factory=dict)
    more: int = 0             # bytes of overhead
    ping: str = ""            # options of ping


VARIANTS = [
    Variant("vxlan", ("gbp=true",),
            {"vxlan.flags": "0x8848", "vxlan.gbp": "4660"},
            "set_field:0x1234->tun_gbp_id,set_field:0x48->tun_gbp_flags,"),
    Variant("vxlan", ("csum=true", "dst_port=4789", "df=false"),
            {"udp.checksum.status": "1", "ip.flags.df": "0"}),
    Variant("vxlan", ("tos=inherit", "ttl=inherit"),
            {"ip.dsfield.dscp": "26", "ip.ttl": "9"}, ping="-Q 0x68 -t 9"),
    Variant("geneve", (),
            {"geneve.flags.critical": "1", "geneve.option.class": "0x0102",
             "geneve.option.type": "0x80", "geneve.option.length": "8",
             "geneve.option.unknown.data": "deadbeef"},
            "set_field:0xdeadbeef->tun_metadata0,", {"optionlen": 2, "critical": 1}, 8),
    Variant("geneve", ("csum=true",), {"geneve.flags.oam": "1", "udp.checksum.status": "1"},
            "set_field:1->tun_flags,", {"oam": 1}),
    Variant("gre", ("csum=true",), {"gre.flags_and_version": "0xa000", "gre.checksum.status": "1"},
            "", {"chksum_present": 1}, 4),
]
OPTION = "{class=0x102,type=0x80,len=4}->tun_metadata0"


def outer_fields(family, udp):
    """Returns the values that tshark has to find in the outer headers."""
    if family == 4:
        return {"ip.version": "4", "ip.hdr_len": "20", "ip.src": outer(1), "ip.dst": outer(2),
                "ip.ttl": "33", "ip.flags.df": "1", "ip.flags.mf": "0", "ip.frag_offset": "0",
                "ip.checksum.status": "1", "ip.dsfield.dscp": "10", "ip.dsfield.ecn": "0"}
    fields = {"ipv6.version": "6", "ipv6.src": outer(1, 6), "ipv6.dst": outer(2, 6),
              "ipv6.hlim": "33", "ipv6.tclass.dscp": "10", "ipv6.tclass.ecn": "0"}
    return {**fields, "udp.checksum.status": "1"} if udp else fields


def lengths(family, headers, more):
    """Returns the length fields of a ping."""
    payload = headers.overhead + more + 14 + PING_BYTES
    fields = {"ip.len": str(20 + payload)} if family == 4 else {"ipv6.plen": str(payload)}
    return fields if "gre.proto" in headers.fields else {**fields, "udp.length": str(payload)}


def capture(one, two, expression, family, options):
    """Pings; returns what arrives at the other host."""
    if family == 6:
        expression = expression.replace("proto gre", "ip6 proto 47")
    assert ping(one.guest, inner(2)) == 3
    with decode.Capture(two.space, "eth0", expression) as seen:
        one.guest.check(f"ping -n -c 3 -i 0.1 -s 100 {options} {inner(2)}")
    return seen


def check(one, two, kind, family, variant):
    """Compares every field of three pings on the wire."""
    headers = KINDS[kind]
    seen = capture(one, two, headers.filter, family, variant.ping)
    udp = kind != "gre"
    fields = {**outer_fields(family, udp), **lengths(family, headers, variant.more),
              **headers.fields, **variant.fields}
    inner_fields = {"eth.dst": two.guest.mac("vm2"), "eth.src": one.guest.mac("vm1"),
                    "ip.src": inner(1), "ip.dst": inner(2), "icmp.type": "8"}
    insides = [[text.split(",")[-1] for text in row] for row in seen.tshark(*inner_fields)]
    insides = [inside for inside in insides if inside[-1] == "8"]
    assert insides == 3 * [list(inner_fields.values())], insides
    packets = seen.tshark(*fields, "icmp.type")
    for packet in packets:
        if packet[-1] != "8":
            continue
        got = dict(zip(fields, (text.split(",")[0] for text in packet)))
        # tshark 4 writes 0x22b8 and 8888 for one number.
        assert {k: _number(v) for k, v in got.items()} == \
            {k: _number(v) for k, v in fields.items()}, (got, fields)
    if udp:
        ports = {text.split(",")[0] for (text,) in seen.tshark("udp.srcport")}
        assert len(ports) <= 2 and all(49152 <= int(port) <= 65535 for port in ports), ports
    if "df=false" in variant.options:
        numbers = [text.split(",")[0] for (text,) in seen.tshark("ip.id")]
        assert len(set(numbers)) == len(numbers), numbers
    layer, values = headers.scapy
    wanted = {**values, **variant.scapy}
    for layers in seen.scapy(*headers.bindings):
        found = dict(layers)
        assert layer in found, layers
        got = {key: found[layer].get(key, 0) for key in wanted}
        assert {k: _flag(v) for k, v in got.items()} == wanted, found[layer]


def _number(text):
    """Returns a hexadecimal or decimal number as one, other text as it is."""
    try:
        return int(text, 0)
    except ValueError:
        return text


def _flag(value):
    """scapy leaves out fields that are zero."""
    return 0 if value is None else value


def set_up(one, two, kind, family, variant):
    """Makes both ends; what the guest sends goes by the tunnel with what the variant sets."""
    options = ["key=5000", "ttl=33", "tos=40"]
    names = {option.split("=")[0] for option in variant.options}
    options = [option for option in options if option.split("=")[0] not in names]
    for host, other in ((one, 2), (two, 1)):
        host.tunnel("t1", kind, other, *options, *variant.options, family=family)
    if variant.set_fields:
        one.switch.ctl("add-flow", "br0", "priority=10,in_port=vm1,actions="
                       f"{variant.set_fields}output:t1")


def take_down(one, two):
    """Takes both ends away."""
    one.switch.ctl("del-flows", "br0", "in_port=vm1")
    for host in (one, two):
        host.switch.ctl("del-port", "t1")


def body(case):
    """See the module's text."""
    if decode.missing():
        case.skip(f"{decode.missing()} is not installed (deploy/packages.sh install test)")
    one, two = hosts(case)
    # What the kernel leaves to hardware would look unfinished in a capture.
    for host in (one, two):
        host.space.check("ethtool -K eth0 tx off rx off tso off gso off gro off")
        host.switch.ctl("tlv-map", "add", "br0", OPTION)
    plain = [(Variant(kind, (), {}), family) for family in (4, 6) for kind in KINDS]
    for variant, family in plain + [(variant, 4) for variant in VARIANTS]:
        case.step(" ".join((variant.kind, f"over IPv{family}", *variant.options, variant.set_fields)))
        set_up(one, two, variant.kind, family, variant)
        check(one, two, variant.kind, family, variant)
        take_down(one, two)


main(body)
