# SPDX-License-Identifier: Apache-2.0
"""What tunnels send, field by field, as tshark and scapy read it."""

from lib import decode
from lib.case import main
from lib.traffic import ping
from lib.underlay import hosts, inner, outer

# Kind: its filter; the fields of tshark and their values; scapy's binding; layer and fields of scapy.
HEADERS = {
    "vxlan": ("udp port 4789", {"udp.dstport": "4789", "vxlan.vni": "5000"},
              ["4789=vxlan"], ("VXLAN", {"vni": 5000})),
    "geneve": ("udp port 6081", {"udp.dstport": "6081", "geneve.vni": "0x001388",
                                 "geneve.version": "0", "geneve.proto_type": "0x6558"},
               ["6081=geneve"], ("GENEVE", {"vni": 5000, "proto": 0x6558})),
    "gre": ("proto gre", {"gre.proto": "0x6558", "gre.key": "0x00001388"},
            [], ("GRE", {"proto": 0x6558, "key": 5000})),
}


def outer_fields(family, checksum):
    """Returns the values that tshark has to find in the outer headers."""
    if family == 4:
        return {"ip.src": outer(1), "ip.dst": outer(2), "ip.ttl": "33", "ip.flags.df": "1",
                "ip.checksum.status": "1", "ip.dsfield.dscp": "10"}
    fields = {"ipv6.src": outer(1, 6), "ipv6.dst": outer(2, 6), "ipv6.hlim": "33",
              "ipv6.tclass.dscp": "10"}
    return {**fields, "udp.checksum.status": "1"} if checksum else fields


def first(text):
    """Returns the outermost of a field's values."""
    return text.split(",")[0]


def check_kind(case, one, two, kind, family):
    """Pings with a marked inner packet, and compares what goes over the wire."""
    expression, wanted, bindings, (layer, values) = HEADERS[kind]
    if family == 6:
        expression = expression.replace("proto gre", "ip6 proto 47")
    for host, other in ((one, 2), (two, 1)):
        host.tunnel("t1", kind, other, "key=5000", "ttl=33", "tos=40", family=family)
    assert ping(one.guest, inner(2)) == 3
    with decode.Capture(two.space, "eth0", expression) as seen:
        one.guest.check(f"ping -n -c 3 -i 0.1 -s 100 {inner(2)}")
    fields = {**outer_fields(family, kind != "gre"), **wanted}
    packets = seen.tshark(*fields, "icmp.type", "frame.len")
    assert len(packets) >= 3, packets
    for packet in packets:
        got = dict(zip(fields, map(first, packet)))
        # tshark 4 writes 0x22b8 and 8888 for one number.
        assert {k: _number(v) for k, v in got.items()} == \
            {k: _number(v) for k, v in fields.items()}, (got, fields)
        assert packet[-2] == "8", packet
    if kind != "gre":
        ports = {first(row[0]) for row in seen.tshark("udp.srcport")}
        assert len(ports) == 1 and 49152 <= int(ports.pop()) <= 65535
    for layers in seen.scapy(*bindings):
        found = dict(layers)
        assert layer in found, layers
        assert {key: found[layer].get(key) for key in values} == values, found[layer]
    for host in (one, two):
        host.switch.ctl("del-port", "t1")


def _number(text):
    """Returns a hexadecimal or decimal number as one, other text as it is."""
    try:
        return int(text, 0)
    except ValueError:
        return text


def body(case):
    """See the module's text."""
    if decode.missing():
        case.skip(f"{decode.missing()} is not installed (deploy/packages.sh install test)")
    one, two = hosts(case)
    # What the kernel leaves to hardware would look unfinished in a capture.
    for host in (one, two):
        host.space.check("ethtool -K eth0 tx off rx off tso off gso off gro off")
    for family in (4, 6):
        for kind in HEADERS:
            case.step(f"{kind} over IPv{family}")
            check_kind(case, one, two, kind, family)


main(body)
