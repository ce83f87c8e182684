# SPDX-License-Identifier: Apache-2.0
"""What a scenario's figure is of, and what it ought to be."""

import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Unit:
    """`less`: a lower figure is the better one."""

    name: str
    text: typing.Callable
    less: bool = False

    def times(self, ours, theirs):
        """How many times better ours is."""
        return theirs / ours if self.less else ours / theirs


PACKETS = Unit("packets/s", lambda value: f"{value / 1e6:.3g} Mpps")
FIRST_PACKETS = Unit("first packets/s", lambda value: f"{value:,.0f} packets/s")
SETUPS = Unit("flows/s", lambda value: f"{value:,.0f} flows/s")
GIGABITS = Unit("bytes/s", lambda value: f"{value * 8 / 1e9:.2f} Gbit/s")
KEPT = Unit("share of the rate before", lambda value: f"{100 * value:.1f}%")
PAUSE = Unit("s", lambda value: f"{1e3 * value:.2f} ms", less=True)
BYTES = Unit("bytes", lambda value: f"{value:.0f} bytes", less=True)


@dataclasses.dataclass(frozen=True)
class Goal:
    """Any of these may be set; `like` names a scenario, whose cost a packet may be met `times`."""

    ovs: float = None     # times Open vSwitch
    floor: float = None   # of testpmd's rate
    above: float = None   # more cycles than testpmd at most
    limit: float = None   # in the unit: at least, or at most where less is better
    like: str = ""
    times: float = None

    def text(self, unit):
        """For the table."""
        parts = []
        if self.ovs:
            parts.append(f"{self.ovs:g}x ovs")
        if self.floor:
            parts.append(f"{100 * self.floor:g}% of testpmd")
        if self.above:
            parts.append(f"testpmd + {self.above:g} cycles")
        if self.limit is not None:
            parts.append(f"{'at most' if unit.less else 'at least'} {unit.text(self.limit)}")
        if self.like:
            parts.append(f"{self.times:g}x the cost of {self.like}")
        return ", ".join(parts) or "-"
