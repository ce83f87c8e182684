# SPDX-License-Identifier: Apache-2.0
"""Ports that nobody sends by, beside two that are busy."""

import time

from bench.compare.lab import best_part, started
from bench.compare.peers.base import Sample

PORTS = 256


def kept(scenario, turn):
    """The share of the rate that is left when they have come."""
    with started(scenario, turn) as (switch, _):
        time.sleep(turn.settle(scenario))
        before = best_part(switch, turn.seconds)
        switch.add_idle_ports(PORTS)
        time.sleep(turn.settle(scenario))
        after = best_part(switch, turn.seconds)
        return Sample(after.value / before.value, after.own_cycles,
                      {"before": round(before.value)})
