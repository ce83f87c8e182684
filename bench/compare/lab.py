# SPDX-License-Identifier: Apache-2.0
"""One start of one switch, with its guests if it has any, and what is measured by default: how many
packets it forwards in a second when there are more than enough."""

import contextlib
import dataclasses
import pathlib
import shutil
import tempfile
import time

from bench.compare import machine
from bench.compare.command import CommandFailed, Space
from bench.compare.guests import Guests, losses
from bench.compare.peers import ALL as PEERS
from bench.compare.peers.base import Setup

QUICK_SETTLE_SECONDS = 3.0  # at most, in a hurry; else a quarter
ENOUGH = 0.99  # of the flows, when all are to be cached
PART_SECONDS = 1.0  # of a measurement; the best part is what counts
FLOW_SWITCHES = ("vsw", "ovs")  # the others have no caches that fill


@dataclasses.dataclass(frozen=True)
class Turn:
    """Whose turn it is, and how much time there is."""

    peer: str
    mode: str
    seconds: float        # that count
    source: pathlib.Path  # the scenario's capture
    quick: bool

    def settle(self, scenario):
        """Seconds before anything is counted."""
        seconds = scenario.settle if self.peer in FLOW_SWITCHES else min(scenario.settle, 1.0)
        return min(seconds / 4, QUICK_SETTLE_SECONDS) if self.quick else seconds

    def patience(self, full, quick):
        """Seconds for something that a slow switch may not end."""
        return quick if self.quick else full


@contextlib.contextmanager
def in_place(scenario, turn, seconds=0):
    """Yields (switch, guests) as started() does, but this program may still use all cores."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vsw-bench-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        space = Space()
        stack.callback(space.remove)
        setup = Setup(folder=folder, space=space, source=turn.source, rules=tuple(scenario.rules()),
                      flows=scenario.flows, mode=turn.mode, station=scenario.station,
                      tunnel=scenario.tunnel)
        guests = None
        if scenario.guests:
            guests = Guests(space, folder, scenario.guests, seconds)
            setup.vhost = guests.sockets
        switch = PEERS[turn.peer](setup)
        stack.callback(switch.stop)
        if guests:
            stack.callback(guests.stop)  # first
        switch.start()
        if guests:
            guests.connect()
        yield switch, guests


@contextlib.contextmanager
def started(scenario, turn, seconds=0):
    """Yields (switch, guests): connected; guests, which end by themselves after `seconds`, do not
    send yet."""
    with in_place(scenario, turn, seconds) as parties:
        # Not before: daemons take a core only if they may use it.
        with machine.forwarding_core_left_alone():
            yield parties


def await_cached(switch, flows, seconds):
    """Waits until nearly so many flows are cached, for so long at most, and less if that time will
    not do by far; returns how many are."""
    start = time.monotonic()
    while (cached := switch.cached_flows()) < ENOUGH * flows:
        passed = time.monotonic() - start
        if passed > seconds or (passed > seconds / 4 and cached * seconds < flows * passed / 2):
            break
        time.sleep(0.2)
    return cached


def best_part(switch, seconds, guests=None):
    """The best Sample of parts of a second. What else happens on the machine, or on the one below it,
    lasts for about as long and only ever slows a switch down. Guests know best what arrives, and when
    they did not run themselves: they share their core with whoever asks a switch."""
    def part():
        before = guests.received() if guests else None
        sample = switch.measure(seconds / parts)
        if guests:
            sample.value = guests.rate_since(before)
        return sample

    parts = max(1, int(seconds / PART_SECONDS))
    return max((part() for _ in range(parts)), key=lambda sample: sample.value)


def forward(scenario, turn):
    """Packets a second, and with guests what became of them all."""
    with started(scenario, turn) as (switch, guests):
        if guests:
            guests.begin()
            guests.await_traffic()
        if scenario.fill and turn.peer in FLOW_SWITCHES:
            cached = await_cached(switch, scenario.flows, turn.patience(scenario.settle, 7.0))
        else:
            cached = None
            time.sleep(turn.settle(scenario))
        sample = best_part(switch, turn.seconds, guests)
        if sample.value == 0:
            raise CommandFailed(f"{turn.peer}: nothing was forwarded")
        if guests:
            sample.notes = losses(guests.stop())
        if cached is not None:
            sample.notes["cached"] = cached
        return sample
