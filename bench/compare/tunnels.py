# SPDX-License-Identifier: Apache-2.0
"""Tunnels that are measured: what is inside and outside, who is where.

The switch has LOCAL on the port that packets of tunnels come and go by; the other host, REMOTE, is
nobody: its hardware address is known from the start, and what goes there is counted and dropped. A
relay sends on to a second host what comes from the first.
"""

import dataclasses
import socket
import struct

from bench.compare import capture

LOCAL, REMOTE = "192.0.2.1", "192.0.2.2"
LOCAL2, REMOTE2 = "198.51.100.1", "198.51.100.2"
REMOTE_MAC = "02:00:00:00:00:99"
KEY = 100
PORTS = {"vxlan": 4789, "geneve": 6081}
# The device that delivers captures numbers its addresses in the order in which it is made.
_DEVICE_MAC = "02:70:63:61:70:{:02x}"


@dataclasses.dataclass(frozen=True)
class Tunnel:
    """`way`: "encap" (frames come by port 1 and leave by the tunnel), "decap" (the other way round, by
    port 2) or "relay" (they come by one tunnel and leave by another)."""

    kind: str
    way: str

    @property
    def local_mac(self):
        """The switch's address where tunnel packets come in: a relay's way out is made first."""
        return _DEVICE_MAC.format(1 if self.way == "relay" else 0)

    @property
    def out_remote(self):
        """The host that tunnel packets are sent to."""
        return REMOTE2 if self.way == "relay" else REMOTE


def _mac(text):
    return bytes.fromhex(text.replace(":", ""))


def _address(text):
    return struct.unpack("!I", socket.inet_aton(text))[0]


def _outer(tunnel, frame, source_port):
    """The frame as the other host sends it: no UDP checksum, as is usual over IPv4."""
    flags = b"\x08\0\0\0" if tunnel.kind == "vxlan" else b"\0\0\x65\x58"
    payload = flags + struct.pack("!I", KEY << 8) + frame
    ethernet = _mac(tunnel.local_mac) + _mac(REMOTE_MAC) + b"\x08\x00"
    head = capture.ipv4(_address(REMOTE), _address(LOCAL), socket.IPPROTO_UDP,
                        (source_port, PORTS[tunnel.kind]), 14 + 20 + 8 + len(payload), ethernet)
    return head[:14 + 20 + 8] + payload


def frames(tunnel, frame_bytes, flows):
    """What the source delivers."""
    inner = capture.udp_flows(flows, frame_bytes)
    if tunnel.way == "encap":
        return inner
    return [_outer(tunnel, frame, 49152 + i % 16384) for i, frame in enumerate(inner)]


def answers():
    """What the way out receives, once: where the other hosts are."""
    def answer(remote, local):
        return (b"\xff" * 6 + _mac(REMOTE_MAC) + b"\x08\x06"
                + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2) + _mac(REMOTE_MAC)
                + socket.inet_aton(remote) + b"\xff" * 6 + socket.inet_aton(local)).ljust(60, b"\0")
    return [answer(REMOTE, LOCAL), answer(REMOTE2, LOCAL2)]


def rules(tunnel):
    """Of the bridge that the tunnels are ports of: 3, and for a relay 4."""
    ways = {"encap": (1, 3), "decap": (3, 2), "relay": (3, 4)}
    return ("in_port={},actions=output:{}".format(*ways[tunnel.way]),)
