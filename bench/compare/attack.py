# SPDX-License-Identifier: Apache-2.0
"""Tuple-space explosion: one guest's packets are each decided by another combination of prefixes,
so that caches which keep a mask for each have thousands to try. Two other guests talk meanwhile.

The rules are those of a usual access list: one server port, one client, one client port are let
in, the rest is not. A packet that agrees with each in so many bits and differs in the next one is
denied for these bits, and no others: 16 x 32 x 16 ways.
"""

import random
import socket
import time

from bench.compare import capture
from bench.compare.guests import losses
from bench.compare.lab import started
from bench.compare.peers.base import Sample

_SERVER_PORT, _CLIENT, _CLIENT_PORT = 80, 0x0A000001, 12345
RULES = ("priority=1,in_port=1,actions=output:2",
         f"priority=30,in_port=3,udp,tp_dst={_SERVER_PORT},actions=output:2",
         f"priority=20,in_port=3,udp,nw_src={socket.inet_ntoa(_CLIENT.to_bytes(4, 'big'))},"
         "actions=output:2",
         f"priority=10,in_port=3,udp,tp_src={_CLIENT_PORT},actions=output:2",
         "priority=1,in_port=3,actions=drop")
_FRAMES = 1 << 16
_LEAST_SECONDS = 2.0


def _differing(value, bits, agree, chance):
    """The first `agree` bits of `value`, then one that differs, the rest by chance."""
    rest = bits - agree - 1
    return ((value >> rest) ^ 1) << rest | chance.getrandbits(rest) if rest else value ^ 1


def frames():
    """As many as there are ways, each eight times with other bits where nothing is read."""
    chance = random.Random(capture.SEED)
    ways = [(a, b, c) for a in range(16) for b in range(32) for c in range(16)]
    return [capture.ipv4(_differing(_CLIENT, 32, b, chance), 0x0B000001, socket.IPPROTO_UDP,
                         (_differing(_CLIENT_PORT, 16, c, chance),
                          _differing(_SERVER_PORT, 16, a, chance)))
            for _ in range(_FRAMES // len(ways)) for a, b, c in ways]


def kept(scenario, turn):
    """The share of their rate that the two others keep."""
    with started(scenario, turn) as (switch, guests):
        guests.begin()
        guests.await_traffic()
        time.sleep(turn.patience(3.0, 1.0))
        seconds = max(turn.seconds, _LEAST_SECONDS)
        before = switch.measure(seconds)
        guests.begin_attack()
        time.sleep(turn.patience(5.0, 1.0))
        during = switch.measure(seconds)
        attack = guests.reports()
        (first, last) = attack[-1 - max(1, int(4 * seconds))], attack[-1]
        sent = (last["second_sent"] - first["second_sent"]) / (last["seconds"] - first["seconds"])
        return Sample(during.value / before.value, during.own_cycles,
                      losses(guests.stop()) | {
                          "before": round(before.value), "cycles_before": round(before.own_cycles),
                          "attack": round(sent), "cached": switch.cached_flows()})
