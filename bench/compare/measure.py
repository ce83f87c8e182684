# SPDX-License-Identifier: Apache-2.0
"""Runs one scenario on all its peers, in turn, round after round."""

import dataclasses
import shutil
import statistics
import tempfile
import pathlib

from bench.compare import capture, machine, tcp
from bench.compare.command import CommandFailed
from bench.compare.guests import Guests
from bench.compare.peers import ALL as PEERS
from bench.compare.peers.base import Setup


@dataclasses.dataclass
class Result:
    """All samples of one peer in one mode."""

    peer: str
    mode: str
    samples: list = dataclasses.field(default_factory=list)
    failures: list = dataclasses.field(default_factory=list)

    @property
    def rates(self):
        """Packets a second, round by round."""
        return [sample.rate for sample in self.samples]

    @property
    def cycles(self):
        """Cycles of the forwarding core for a packet, median; it had no idle time."""
        return machine.tsc_hz() / statistics.median(self.rates) if self.samples else None

    def as_json(self):
        """For results.json."""
        return {"peer": self.peer, "mode": self.mode, "rates": self.rates, "cycles": self.cycles,
                "own_cycles": [sample.own_cycles for sample in self.samples],
                "failures": self.failures}


def modes_of(scenario, quick):
    """(peer, mode) pairs to measure."""
    pairs = []
    for name in scenario.peers:
        modes = scenario.ovs_modes if name == "ovs" else PEERS[name].modes
        if scenario.vhost and name == "testpmd":
            modes = ("io",)
        # In a hurry the mode made for many flows stands for all of Open vSwitch's.
        pairs += [(name, mode) for mode in (modes[-1:] if quick else modes)]
    return pairs


def run_once(scenario, peer, mode, seconds, source):
    """One start of one peer; returns a Sample."""
    if scenario.tcp:
        return tcp.run_once(peer, seconds)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vsw-bench-"))
    guests = None
    switch = None
    try:
        setup = Setup(folder=folder, source=source, rules=tuple(scenario.rules()),
                      flows=scenario.flows, mode=mode, station=scenario.station, tunnel=scenario.tunnel)
        if scenario.vhost:
            guests = Guests(folder, scenario)
            setup.vhost = guests.sockets
        switch = PEERS[peer](setup)
        switch.start()
        if guests is not None:
            guests.await_traffic()
        switch.measure(scenario.settle)
        sample = switch.measure(seconds)
        if sample.packets == 0:
            raise CommandFailed(f"{peer}: nothing was forwarded")
        return sample
    finally:
        for part in (switch, guests):
            if part is not None:
                part.stop()
        shutil.rmtree(folder, ignore_errors=True)


def said(scenario, sample):
    """The sample for people."""
    if scenario.tcp:
        return f"{sample.rate * 8 / 1e9:.2f} Gbit/s"
    return f"{sample.rate / 1e6:.3f} Mpps, {machine.tsc_hz() / sample.rate:.0f} cycles"


def run(scenario, rounds, seconds, quick, tell):
    """Returns the Results of a scenario. Peers take turns, so that drift of the machine meets all."""
    results = [Result(peer, mode) for peer, mode in modes_of(scenario, quick)]
    with tempfile.TemporaryDirectory(prefix="vsw-bench-") as folder:
        source = pathlib.Path(folder) / "source.pcap"
        if scenario.frames is not None:
            capture.write(source, scenario.frames(), scenario.shuffled)
        for number in range(rounds):
            for result in results:
                try:
                    sample = run_once(scenario, result.peer, result.mode, seconds, source)
                except (CommandFailed, OSError, AssertionError) as failure:
                    result.failures.append(str(failure))
                    tell(f"  round {number + 1}: {result.peer} {result.mode}: FAILED: {failure}")
                    continue
                result.samples.append(sample)
                tell(f"  round {number + 1}: {result.peer} {result.mode}: {said(scenario, sample)}")
    return results


def best_of(results, peer):
    """The peer's result in its best mode, or None."""
    own = [result for result in results if result.peer == peer and result.samples]
    return max(own, key=lambda result: statistics.median(result.rates), default=None)


def ratios(ours, theirs):
    """(median, min, max) of our rate over theirs, round by round."""
    pairs = [a / b for a, b in zip(ours.rates, theirs.rates)]
    return statistics.median(pairs), min(pairs), max(pairs)
