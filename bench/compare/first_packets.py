# SPDX-License-Identifier: Apache-2.0
"""Packets that no cache knows: from guests, who send each frame of a capture once, or flows that
never come again, and count what is lost."""

from bench.compare.command import CommandFailed
from bench.compare.guests import losses
from bench.compare.lab import started
from bench.compare.peers.base import Sample

# How long a slow switch may take; what it did by then counts.
_FULL_SECONDS, _QUICK_SECONDS = 20.0, 1.0


def _once(scenario, turn):
    """Returns (the last counts, how many flows are cached then)."""
    patience = turn.patience(_FULL_SECONDS, _QUICK_SECONDS)
    with started(scenario, turn, seconds=patience) as (switch, guests):
        guests.begin()
        counts = guests.finish(patience + 20)
        if not counts or counts["received"] == 0:
            raise CommandFailed(f"{turn.peer}: nothing was forwarded")
        return counts, switch.cached_flows()


def rate(scenario, turn):
    """First packets a second, from the first that is sent to the last that arrives."""
    counts, cached = _once(scenario, turn)
    return Sample(counts["received"] / counts["received_seconds"],
                  notes=losses(counts) | {"cached": cached})


def setups(scenario, turn):
    """Flows that came into the caches, a second; packets may be forwarded without that."""
    counts, cached = _once(scenario, turn)
    seconds = counts["received_seconds"]
    return Sample(cached / seconds, notes=losses(counts) | {
        "cached": cached, "packets_a_second": round(counts["received"] / seconds)})
