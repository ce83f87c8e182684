# SPDX-License-Identifier: Apache-2.0
"""Frames for the differential tests, one layer a function, outermost first:

    eth(vlan(10), ip(udp(53, 53, b"data")))

Lengths and checksums are right unless an argument says otherwise.
"""

import ipaddress
import struct

MAC_A, MAC_B, MAC_C = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "02:00:00:00:00:0c"
BROADCAST = "ff:ff:ff:ff:ff:ff"


def mac(text):
    """Returns the octets of "aa:bb:cc:dd:ee:ff"."""
    return bytes(int(part, 16) for part in text.split(":"))


def checksum(data):
    """The Internet checksum of RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Layer:
    """A header that knows the ethertype or protocol that announces it, and what is inside."""

    ethertype = None
    protocol = None

    def __init__(self, build, ethertype=None, protocol=None):
        self._build = build
        self.ethertype = ethertype
        self.protocol = protocol

    def octets(self, pseudo=None):
        """`pseudo(protocol, length)`: the pseudo header of the network layer around."""
        return self._build(pseudo)


def raw(data, ethertype=None, protocol=None):
    """Any octets."""
    return Layer(lambda pseudo: data, ethertype, protocol)


def _layer(inside):
    return raw(inside) if isinstance(inside, bytes) else inside


def eth(*layers, dst=MAC_B, src=MAC_A, ethertype=None, pad=60):
    """A whole frame: the layers in order, padded to `pad` octets."""
    data, following = b"", None
    for layer in reversed([_layer(one) for one in layers]):
        if isinstance(layer, Tag):
            data = layer.head(following or 0xFFFF) + data
            following = layer.ethertype
        else:
            data = layer.octets()
            following = layer.ethertype
    kind = ethertype if ethertype is not None else following or 0x88B5
    return (mac(dst) + mac(src) + struct.pack("!H", kind) + data).ljust(pad, b"\0")


class Tag:
    """A VLAN tag or MPLS label in front of the layers behind it."""

    def __init__(self, ethertype, head):
        self.ethertype = ethertype
        self.head = head


def vlan(vid, pcp=0, tpid=0x8100, cfi=0):
    """An 802.1Q tag."""
    tci = pcp << 13 | cfi << 12 | vid
    return Tag(tpid, lambda following: struct.pack("!HH", tci, following))


def mpls(label, tc=0, bos=1, ttl=64, ethertype=0x8847):
    """An MPLS label stack entry."""
    entry = label << 12 | tc << 9 | bos << 8 | ttl
    return Tag(ethertype, lambda following: struct.pack("!I", entry))


def ip(inside=b"", src="10.0.0.1", dst="10.0.0.2", ttl=64, tos=0, frag=0, more=False, ident=1,
       options=b"", proto=None, bad_length=None, bad_checksum=False):
    """An IPv4 header; `frag` in units of 8 octets."""
    inside = _layer(inside)

    def build(_):
        source, target = ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed
        number = proto if proto is not None else inside.protocol or 253

        def pseudo(kind, length):
            return source + target + struct.pack("!BBH", 0, kind, length)

        data = inside.octets(pseudo)
        ihl = 5 + len(options) // 4
        total = bad_length if bad_length is not None else ihl * 4 + len(data)
        head = struct.pack("!BBHHHBBH4s4s", 0x40 | ihl, tos, total, ident,
                           (0x2000 if more else 0) | frag, ttl, number, 0, source, target) + options
        check = checksum(head) ^ (0x5555 if bad_checksum else 0)
        return head[:10] + struct.pack("!H", check) + head[12:] + data

    return Layer(build, 0x0800, 4)


def ip6(inside=b"", src="fd00::1", dst="fd00::2", hops=64, tclass=0, label=0, extensions=(),
        proto=None, bad_length=None):
    """An IPv6 header; extensions: (number, octets without next header and length) in order."""
    inside = _layer(inside)

    def build(_):
        source, target = ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed
        last = proto if proto is not None else inside.protocol or 59

        def pseudo(kind, length):
            return source + target + struct.pack("!II", length, kind)

        data = inside.octets(pseudo)
        following = last
        for number, body in reversed(extensions):
            if number == 44:
                data = struct.pack("!BB", following, 0) + body + data
            else:
                body = body.ljust((len(body) + 2 + 7) // 8 * 8 - 2, b"\0")
                data = struct.pack("!BB", following, (len(body) + 2) // 8 - 1) + body + data
            following = number
        length = bad_length if bad_length is not None else len(data)
        return struct.pack("!IHBB16s16s", 6 << 28 | tclass << 20 | label, length, following, hops,
                           source, target) + data

    return Layer(build, 0x86DD, 41)


def _with_checksum(head, at, data, pseudo, protocol):
    whole = head + data
    prefix = pseudo(protocol, len(whole)) if pseudo else b""
    check = checksum(prefix + whole)
    return whole[:at] + struct.pack("!H", check) + whole[at + 2:]


def udp(sport=1000, dport=2000, data=b"payload", no_checksum=False, bad_length=None):
    """A UDP header."""

    def build(pseudo):
        length = bad_length if bad_length is not None else 8 + len(data)
        head = struct.pack("!HHHH", sport, dport, length, 0)
        if no_checksum:
            return head + data
        return _with_checksum(head, 6, data, pseudo, 17)

    return Layer(build, protocol=17)


def tcp(sport=1000, dport=80, flags=0x10, data=b"", offset=5, options=b"", cut=None):
    """A TCP header; `cut`: only so many octets of it are there."""

    def build(pseudo):
        words = offset if not options else 5 + len(options) // 4
        head = struct.pack("!HHIIHHHH", sport, dport, 1, 2, words << 12 | flags, 512, 0, 0)
        whole = _with_checksum(head + options, 16, data, pseudo, 6)
        return whole if cut is None else whole[:cut]

    return Layer(build, protocol=6)


def sctp(sport=1000, dport=2000, data=b"chunk..."):
    """An SCTP header with its CRC32c."""

    def build(_):
        head = struct.pack("!HHII", sport, dport, 7, 0)
        crc = crc32c(head + data)
        return head[:8] + struct.pack("<I", crc) + data

    return Layer(build, protocol=132)


def crc32c(data):
    """RFC 9260 appendix A."""
    crc = 0xFFFFFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def icmp(kind=8, code=0, data=b"\0\1\0\1ping"):
    """An ICMP message."""
    return Layer(lambda _: _with_checksum(struct.pack("!BBH", kind, code, 0), 2, data, None, 1),
                 protocol=1)


def icmp6(kind=128, code=0, data=b"\0\1\0\1ping"):
    """An ICMPv6 message."""
    return Layer(lambda pseudo: _with_checksum(struct.pack("!BBH", kind, code, 0), 2, data, pseudo,
                                               58), protocol=58)


def nd(kind=135, target="fd00::9", option=1, address=MAC_C, extra=b""):
    """A neighbour solicitation (135) or advertisement (136) with one link-layer option."""
    body = b"\0\0\0\0" + ipaddress.ip_address(target).packed
    if option is not None:
        body += struct.pack("!BB", option, 1) + mac(address)
    return icmp6(kind, 0, body + extra)


def arp(op=1, sha=MAC_A, spa="10.0.0.1", tha="00:00:00:00:00:00", tpa="10.0.0.2"):
    """An ARP packet for Ethernet and IPv4."""
    data = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, op, mac(sha),
                       ipaddress.ip_address(spa).packed, mac(tha),
                       ipaddress.ip_address(tpa).packed)
    return raw(data, 0x0806)
