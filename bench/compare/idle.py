# SPDX-License-Identifier: Apache-2.0
"""Ports that nobody sends by, beside two that are busy."""

import contextlib

from bench.compare import machine, slices
from bench.compare.peers.base import Sample

PORTS = 256


def kept(scenario, turn):
    """The share of the rate that is left beside them: of two switches that take turns one has them."""
    with contextlib.ExitStack() as stack:
        alone = slices.Place(stack, scenario, turn)
        beside = slices.Place(stack, scenario, turn)
        with beside.on_its_cores():
            beside.switch.add_idle_ports(PORTS)
        stack.enter_context(machine.forwarding_core_left_alone())
        for place in (alone, beside):
            place.settle(turn.settle(scenario))
        for _ in range(slices.slices_of(turn.seconds)):
            alone.count()
            beside.count()
        before, after = alone.finish(), beside.finish()
        return Sample(after.value / before.value, after.own_cycles,
                      {"before": round(before.value)})
