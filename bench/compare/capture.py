# SPDX-License-Identifier: Apache-2.0
"""Captures that the switches receive over and over: one frame a flow, in shuffled order, so that
neither processor nor switch gains from flows that follow each other."""

import random
import socket
import struct

FRAME_BYTES = 60  # 64 on the wire, where the checksum follows
SEED = 1
STATION = "02:20:00:00:00:01"
_ETHERNET = bytes.fromhex("020000000002") + bytes.fromhex("020000000001") + b"\x08\x00"


def _checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def ipv4(source, destination, protocol, ports, frame_bytes=FRAME_BYTES, ethernet=_ETHERNET):
    """One frame; addresses and ports are numbers, the payload is zeros."""
    length = frame_bytes - len(ethernet)
    header = struct.pack("!BBHHHBBHII", 0x45, 0, length, 0, 0, 64, protocol, 0, source, destination)
    header = header[:10] + struct.pack("!H", _checksum(header)) + header[12:]
    if protocol == socket.IPPROTO_TCP:
        layer4 = struct.pack("!HHIIBBHHH", *ports, 1, 1, 0x50, 0x10, 8192, 0, 0)
    elif protocol == socket.IPPROTO_UDP:
        layer4 = struct.pack("!HHHH", *ports, length - 20, 0)
    else:
        layer4 = b""
    return (ethernet + header + layer4).ljust(frame_bytes, b"\0")


def udp_flows(count, frame_bytes=FRAME_BYTES, destination_port=2000):
    """`count` flows: many sources and source ports towards a few servers."""
    return [ipv4(0x0A000000 + i // 16, 0x0B000000 + i % 251, socket.IPPROTO_UDP,
                 (1024 + i % 50021, destination_port), frame_bytes) for i in range(count)]


def hosts(count):
    """`count` hosts behind port 1, each speaking to STATION behind port 2."""
    station = bytes.fromhex(STATION.replace(":", ""))
    return [ipv4(0x0A000000 + i, 0x0B000001, socket.IPPROTO_UDP, (1024, 2000),
                 ethernet=station + b"\x02\x10" + struct.pack("!I", i) + b"\x08\x00")
            for i in range(count)]


def masks(count, flows):
    """Flows that need `count` masks to be told apart; see masks_rules()."""
    return [ipv4(*_mask_addresses(i % count, i // count), socket.IPPROTO_UDP,
                 (1024 + i // count % 60000, 2000)) for i in range(flows)]


def _mask_addresses(mask, i):
    """Addresses whose prefixes of the lengths of mask number `mask` are all ones."""
    source_length, destination_length = 1 + mask % 32, 1 + mask // 32 % 32
    spread = (i * 2654435761) & 0xFFFFFFFF
    return (_prefix(source_length) | (spread & ~_prefix(source_length) & 0xFFFFFFFF),
            _prefix(destination_length) | (spread & ~_prefix(destination_length) & 0xFFFFFFFF))


def _prefix(length):
    return (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF


def masks_rules(count):
    """Rules with a mask each: source and destination prefixes of every pair of lengths."""
    rules = []
    for mask in range(count):
        lengths = 1 + mask % 32, 1 + mask // 32 % 32
        source, destination = (f"{socket.inet_ntoa(struct.pack('!I', _prefix(length)))}/{length}"
                               for length in lengths)
        rules.append(f"priority={100 + sum(lengths)},ip,nw_src={source},nw_dst={destination},"
                     "actions=output:2")
    return rules


def write(path, frames, shuffled=True):
    """Writes a capture file; tcpdump reads it too."""
    frames = list(frames)
    if shuffled:
        random.Random(SEED).shuffle(frames)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            out.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
