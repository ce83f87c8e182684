# SPDX-License-Identifier: Apache-2.0
"""Broken tunnel packets and tunnels that cannot be: each is dropped by name or refused in words."""

import struct

from lib.case import main, wait_until
from lib.frames import frame, mac_bytes, send
from lib.traffic import ping
from lib.underlay import hosts, inner, outer

VXLAN_OK = bytes([8, 0, 0, 0]) + struct.pack("!I", 100 << 8)
GENEVE_OK = bytes([0, 0, 0x65, 0x58]) + struct.pack("!I", 100 << 8)
INNER = frame("02:00:56:53:00:01")


def checksum(data):
    """Returns the Internet checksum."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~((total & 0xffff) + (total >> 16)) & 0xffff


def packet(macs, protocol, payload, fragment=0x4000, length=None):
    """Returns an IPv4 packet from host 2 to host 1."""
    addresses = bytes(map(int, outer(2).split("."))) + bytes(map(int, outer(1).split(".")))
    head = struct.pack("!BBHHHBBH", 0x45, 0, length or 20 + len(payload), 1, fragment, 64, protocol, 0)
    head = head[:10] + struct.pack("!H", checksum(head + addresses)) + head[12:]
    return macs + b"\x08\x00" + head + addresses + payload


def udp(macs, port, payload, length=None, checksum_field=0, **how):
    """Returns UDP in such a packet; 0 is no checksum."""
    head = struct.pack("!HHHH", 50000, port, length or 8 + len(payload), checksum_field)
    return packet(macs, 17, head + payload, **how)


def bad_packets(macs):
    """Returns [(what it is, frame, reason)]."""
    return [
        ("VXLAN cut short", udp(macs, 4789, VXLAN_OK[:5]), "tunnel-malformed"),
        ("VXLAN without its identifier", udp(macs, 4789, bytes(4) + VXLAN_OK[4:] + INNER),
         "tunnel-malformed"),
        ("UDP longer than the packet", udp(macs, 4789, VXLAN_OK + INNER, length=900),
         "tunnel-malformed"),
        ("a wrong UDP checksum", udp(macs, 4789, VXLAN_OK + INNER, checksum_field=0x1234),
         "tunnel-checksum"),
        ("GRE of a version to come", packet(macs, 47, struct.pack("!HH", 0x0001, 0x6558) + INNER),
         "tunnel-malformed"),
        ("a frame cut short inside", udp(macs, 4789, VXLAN_OK + INNER[:10]), "malformed"),
        ("another network", udp(macs, 4789, VXLAN_OK[:4] + struct.pack("!I", 101 << 8) + INNER),
         "tunnel-unknown"),
        ("Geneve of a version to come", udp(macs, 6081, b"\x40" + GENEVE_OK[1:] + INNER),
         "tunnel-malformed"),
        ("Geneve options beyond the end", udp(macs, 6081, b"\x3f" + GENEVE_OK[1:]),
         "tunnel-malformed"),
        ("an unknown critical option",
         udp(macs, 6081, b"\x01\x40" + GENEVE_OK[2:] + bytes([0xff, 0xff, 0x80, 0]) + INNER),
         "tunnel-option"),
        ("GRE with another key", packet(macs, 47, struct.pack("!HHI", 0x2000, 0x6558, 7) + INNER),
         "tunnel-unknown"),
        ("a first fragment", udp(macs, 4789, VXLAN_OK + INNER, fragment=0x2000),
         "tunnel-fragment"),
    ]


def counted(host):
    """Returns the drops of a host by reason, over all ports."""
    totals = {}
    for entry in host.switch.read("drops").get("drops", []):
        totals[entry["reason"]] = totals.get(entry["reason"], 0) + int(entry["packets"])
    return totals


def bad_input(case, one, two):
    """Every broken packet is counted under its reason, and does no harm."""
    for kind in ("vxlan", "geneve", "gre"):
        one.tunnel(kind, kind, 2, "key=100")
    two.tunnel("vxlan", "vxlan", 1, "key=100")
    assert ping(one.guest, inner(2)) == 3
    macs = b"".join(mac_bytes(host.space.mac("eth0")) for host in (one, two))
    for what, data, reason in bad_packets(macs):
        case.step(f"{what}: {reason}")
        before = counted(one).get(reason, 0)
        send(two.space, "eth0", data)
        wait_until(lambda: counted(one).get(reason, 0) == before + 1,  # pylint: disable=W0640
                   f"{what} is counted as {reason}: {counted(one)}", 5)
    assert ping(one.guest, inner(2)) == 3


def refused(case, one):
    """What cannot be is refused, and the message says why."""
    case.step("two tunnels that would receive the same packets")
    one.switch.refused(1, 'belongs to port "vxlan"', "add-port", "br0", "again", "type=vxlan",
                       f"remote={outer(2)}", "key=100")
    assert "again" not in one.switch.ports()
    case.step("a tunnel to the host itself")
    one.switch.ctl("add-port", "br0", "self", "type=vxlan", f"remote={outer(1)}", "key=9")
    wait_until(lambda: "address of this host" in str(one.facts("self")), "the port says so")
    assert ping(one.guest, inner(2)) == 3
    one.switch.ctl("del-port", "self")


def body(case):
    """See the module's text."""
    one, two = hosts(case)
    for host in (one, two):
        host.space.check("ethtool -K eth0 tx off rx off")
    bad_input(case, one, two)
    refused(case, one)


main(body)
