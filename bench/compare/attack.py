# SPDX-License-Identifier: Apache-2.0
"""Tuple-space explosion: one guest's packets are each decided by another combination of prefixes,
so that caches which keep a mask for each have thousands to try. Two other guests talk meanwhile.

The rules are those of a usual access list: one server port, one client, one client port are let
in, the rest is not. A packet that agrees with each in so many bits and differs in the next one is
denied for these bits, and no others: 16 x 32 x 16 ways.
"""

import contextlib
import random
import socket
import statistics
import time

from bench.compare import capture
from bench.compare.guests import losses
from bench.compare.lab import started
from bench.compare.openflow import ADD, DELETE_STRICT, Connection, flow_mod
from bench.compare.peers.base import Sample

_SERVER_PORT, _CLIENT, _CLIENT_PORT = 80, 0x0A000001, 12345
RULES = ("priority=1,in_port=1,actions=output:2",
         f"priority=30,in_port=3,udp,tp_dst={_SERVER_PORT},actions=output:2",
         f"priority=20,in_port=3,udp,nw_src={socket.inet_ntoa(_CLIENT.to_bytes(4, 'big'))},"
         "actions=output:2",
         f"priority=10,in_port=3,udp,tp_src={_CLIENT_PORT},actions=output:2",
         "priority=1,in_port=3,actions=drop")
_FRAMES = 1 << 16
RATE = 3_000_000  # packets a second of the two others
_TIMES = 2  # that the attack is measured in a turn
_SPARING_PRIORITY = 100


def _differing(value, bits, agree, chance):
    """The first `agree` bits of `value`, then one that differs, the rest by chance."""
    rest = bits - agree - 1
    return ((value >> rest) ^ 1) << rest | chance.getrandbits(rest) if rest else value ^ 1


def frames():
    """As many as there are ways, each eight times with other bits where nothing is read. The
    generator sends them over and over, to another address each time."""
    chance = random.Random(capture.SEED)
    ways = [(a, b, c) for a in range(16) for b in range(32) for c in range(16)]
    return [capture.ipv4(_differing(_CLIENT, 32, b, chance), 0x0B000001, socket.IPPROTO_UDP,
                         (_differing(_CLIENT_PORT, 16, c, chance),
                          _differing(_SERVER_PORT, 16, a, chance)))
            for _ in range(_FRAMES // len(ways)) for a, b, c in ways]


def _measured(switch, guests, turn):
    """(what the two others receive a second, their longest time without a packet, a sample of the
    switch)."""
    time.sleep(turn.patience(1.0, 0.7))
    first = len(guests.reports()) - 1
    sample = switch.measure(max(turn.seconds, 1.0))
    reports = guests.reports()[first:]
    rate = ((reports[-1]["received"] - reports[0]["received"])
            / (reports[-1]["seconds"] - reports[0]["seconds"]))
    # What was held up before and comes now is no higher rate of theirs.
    return min(rate, RATE), max(report["gap_us"] for report in reports[1:]), sample


def kept(scenario, turn):
    """The share of their rate that the two others keep. The third one sends the same packets all
    the time: a rule that spares the switch to look at them goes, and comes back."""
    attacked, gaps = [], []
    with started(scenario, turn) as (switch, guests), \
            contextlib.closing(Connection(switch.openflow())) as link:
        def change(command):
            link.send(flow_mod(command, _SPARING_PRIORITY, None, in_port=3, output=None), 1)
            link.await_barrier()

        change(ADD)
        guests.begin()
        guests.await_traffic()
        guests.begin_attack()
        time.sleep(turn.patience(1.0, 0.5))
        before, gap_before, calm = _measured(switch, guests, turn)
        for _ in range(_TIMES):
            change(DELETE_STRICT)
            during, gap, sample = _measured(switch, guests, turn)
            attacked.append(during)
            gaps.append(gap)
            cached = switch.cached_flows()
            change(ADD)
            time.sleep(turn.patience(1.0, 0.5))
        reports = guests.reports()
        sent = ((reports[-1]["second_sent"] - reports[0]["second_sent"])
                / (reports[-1]["seconds"] - reports[0]["seconds"]))
        return Sample(statistics.mean(attacked) / before, sample.own_cycles,
                      losses(guests.stop()) | {
                          "before": round(before), "cycles_before": calm.own_cycles,
                          "gap_before_us": gap_before, "gap_us": max(gaps),
                          "attack": round(sent), "cached": cached})
