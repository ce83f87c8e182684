# SPDX-License-Identifier: Apache-2.0
"""All switches of a scenario in place at once, with their guests; they take turns of a quarter of a
second on the core, and are stopped otherwise: what the machine does for seconds meets all of them."""

import contextlib
import time

from bench.compare import machine
from bench.compare.command import CommandFailed
from bench.compare.guests import losses
from bench.compare.lab import in_place
from bench.compare.peers.base import Sample

_SLICE_SECONDS = 0.25
_LEAST_SLICES = 4
_WARM_SECONDS = 0.02  # until a switch has its caches again


class Place:
    """One of several switches that take turns, with its guests; off the cores but for its turns."""

    def __init__(self, stack, scenario, turn):
        self.turn = turn
        self._packets, self._seconds = 0, 0.0
        self._before = None  # what the guests had received
        # One that fails to begin is gone at once, not on the core of the others.
        with contextlib.ExitStack() as own:
            self.switch, self.guests = own.enter_context(in_place(scenario, turn))
            if self.guests:
                self.guests.begin()
                self.guests.await_traffic()
            self._pause()
            own.callback(self._resume)  # it could not be ended otherwise
            stack.enter_context(own.pop_all())

    def _parties(self):
        return [party for party in (self.guests, self.switch) if party]

    def _pause(self):
        for party in self._parties():
            party.pause()

    def _resume(self):
        for party in reversed(self._parties()):
            party.resume()

    @contextlib.contextmanager
    def on_its_cores(self):
        """Within the block it runs."""
        self._resume()
        try:
            yield
        finally:
            self._pause()

    def settle(self, seconds):
        """Gives it that time, which does not count."""
        with self.on_its_cores():
            time.sleep(seconds)
        if self.guests:
            self._before = self.guests.received()

    def count(self):
        """Its turn."""
        with self.on_its_cores():
            time.sleep(_WARM_SECONDS)
            if self.guests:
                time.sleep(_SLICE_SECONDS)
                return  # they count themselves
            packets, passed = self.switch.count(_SLICE_SECONDS)
            self._packets += packets
            self._seconds += passed

    def finish(self):
        """The Sample of all its turns."""
        # Over several turns its own count of cycles would take the time of others for its own.
        with self.on_its_cores():
            rate = (self.guests.rate_since(self._before) if self.guests
                    else self._packets / self._seconds)
            own_cycles = self.switch.measure(_SLICE_SECONDS).own_cycles
        if rate == 0:
            raise CommandFailed(f"{self.turn.peer}: nothing was forwarded")
        sample = Sample(rate, own_cycles)
        if self.guests:
            self._resume()  # what is on the way is to arrive
            sample.notes = losses(self.guests.stop())
            self._pause()
        return sample


def slices_of(seconds):
    """How many turns each has."""
    return max(_LEAST_SLICES, round(seconds / _SLICE_SECONDS))


def forward(scenario, turns, failures):
    """For each of `turns` a Sample of packets a second, or the one of `failures` (exceptions) that
    ended it."""
    outcomes = {}
    with contextlib.ExitStack() as stack:

        def attempt(turn, work):
            """What `work` returns; None if the turn has failed, be it now."""
            if turn in outcomes:
                return None
            try:
                return work()
            except failures as failure:
                outcomes[turn] = failure
                return None

        found = [attempt(turn, lambda turn=turn: Place(stack, scenario, turn)) for turn in turns]
        places = [place for place in found if place]
        # Not before: daemons take a core only if they may use it.
        stack.enter_context(machine.forwarding_core_left_alone())
        for place in places:
            attempt(place.turn, lambda place=place: place.settle(place.turn.settle(scenario)))
        for _ in range(slices_of(turns[0].seconds)):
            for place in places:
                attempt(place.turn, place.count)
        for place in places:
            sample = attempt(place.turn, place.finish)
            outcomes.setdefault(place.turn, sample)
    return [outcomes[turn] for turn in turns]
