# SPDX-License-Identifier: Apache-2.0
"""Runs one scenario on all its peers, in turn, round after round."""

import dataclasses
import pathlib
import statistics
import subprocess
import tempfile

from bench.compare import capture, machine, slices, units
from bench.compare.command import CommandFailed
from bench.compare.lab import Turn
from bench.compare.peers import ALL as PEERS


FAILURES = (CommandFailed, OSError, AssertionError, subprocess.SubprocessError)


@dataclasses.dataclass
class Result:
    """All samples of one peer in one mode."""

    peer: str
    mode: str
    samples: list = dataclasses.field(default_factory=list)
    failures: list = dataclasses.field(default_factory=list)

    @property
    def values(self):
        """The figures, by round: None for one that failed."""
        return [sample and sample.value for sample in self.samples]

    @property
    def median(self):
        """Of the figures that there are, or None."""
        return statistics.median(kept) if (kept := _there(self.values)) else None

    @property
    def own_cycles(self):
        """Busy cycles a packet by the peer's own count, median, or None."""
        kept = _there(sample and sample.own_cycles for sample in self.samples)
        return statistics.median(kept) if kept else None

    def notes(self):
        """What else was counted: sums of what was lost and the like, else the latest."""
        merged = {}
        for sample in filter(None, self.samples):
            for key, value in sample.notes.items():
                add = key in ("sent", "lost", "reordered", "duplicates")
                merged[key] = value + (merged.get(key, 0) if add else 0)
        return merged

    def as_json(self):
        """For results.json."""
        return {"peer": self.peer, "mode": self.mode, "values": self.values,
                "own_cycles": [sample and sample.own_cycles for sample in self.samples],
                "notes": [sample and sample.notes for sample in self.samples],
                "failures": self.failures}


def _there(values):
    return [value for value in values if value is not None]


def cycles(scenario, result):
    """Busy cycles of the forwarding core for a packet, median. It has no rest where a capture is
    the source; guests may be slower than the switch, whose own count it is then."""
    if scenario.unit is not units.PACKETS or result is None or result.median is None:
        return None
    return result.own_cycles if scenario.guests else machine.tsc_hz() / result.median


def modes_of(scenario, all_modes):
    """(peer, mode) pairs to measure."""
    pairs = []
    for name in scenario.peers:
        modes = {"ovs": scenario.ovs_modes, "testpmd": (scenario.floor,)}.get(name, ("",))
        # In a hurry the mode made for many flows stands for all of Open vSwitch's.
        pairs += [(name, mode) for mode in (modes if all_modes else modes[-1:])]
    return pairs


def said(scenario, sample):
    """The sample for people."""
    text = scenario.unit.text(sample.value)
    if scenario.unit is units.PACKETS and not scenario.guests:
        text += f", {machine.tsc_hz() / sample.value:.0f} cycles"
    elif sample.own_cycles:
        text += f", {sample.own_cycles:.0f} busy cycles"
    return text + "".join(f", {key} {value:g}" if isinstance(value, float) else f", {key} {value}"
                          for key, value in sample.notes.items())


def run(scenario, pairs, rounds, seconds, quick, tell):
    """Returns the Results of a scenario, one for each (peer, mode) of `pairs`. Peers take turns, so
    that drift meets all of them."""
    results = [Result(peer, mode) for peer, mode in pairs]
    with tempfile.TemporaryDirectory(prefix="vsw-bench-") as folder:
        source = pathlib.Path(folder) / "source.pcap"
        if scenario.frames is not None:
            capture.write(source, scenario.frames(), scenario.shuffled)
        for number in range(rounds):
            turns = [Turn(result.peer, result.mode, seconds, source, quick) for result in results]
            for result, outcome in zip(results, _outcomes(scenario, turns)):
                name = f"round {number + 1}: {result.peer} {result.mode}"
                if isinstance(outcome, Exception):
                    result.failures.append(str(outcome))
                    result.samples.append(None)
                    tell(f"  {name}: FAILED: {str(outcome)[:1000]}")
                else:
                    result.samples.append(outcome)
                    tell(f"  {name}: {said(scenario, outcome)}")
    return results


def _outcomes(scenario, turns):
    """For each turn its Sample, or the exception that ended it."""
    if scenario.in_slices:
        yield from slices.forward(scenario, turns, FAILURES)
        return
    for turn in turns:
        try:
            yield scenario.measure(scenario, turn)
        except FAILURES as failure:
            yield failure


def best_of(scenario, results, peer):
    """The peer's result in its best mode, or None."""
    own = [result for result in results if result.peer == peer and result.median is not None]
    pick = min if scenario.unit.less else max
    return pick(own, key=lambda result: result.median, default=None)


def ratios(scenario, ours, theirs):
    """(median, min, max) of how many times better ours is, round by round; None if never both."""
    pairs = [scenario.unit.times(a, b) for a, b in zip(ours.values, theirs.values) if a and b]
    return (statistics.median(pairs), min(pairs), max(pairs)) if pairs else None
