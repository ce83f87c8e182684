# SPDX-License-Identifier: Apache-2.0
"""What every switch that is measured offers, and what it is asked to do."""

import dataclasses
import os
import pathlib
import re
import signal
import time

from bench.compare import capture, tunnels
from bench.compare.command import Background, Space


@dataclasses.dataclass
class Setup:
    """One measurement's switch: two ports and what is to happen between them."""

    folder: pathlib.Path          # for sockets and logs
    space: Space                  # of its processes and devices
    source: pathlib.Path = None   # capture that port 1 receives over and over; port 2 swallows
    vhost: tuple = ()             # or: sockets of guests, which are there already (servers); the
                                  # third one's port has number 3
    rules: tuple = ("in_port=1,actions=output:2",)
    flows: int = 1                # how many flows come, for caches that have to be sized
    mode: str = ""                # one of the peer's own modes
    station: str = ""             # an address that the bridge is told to be behind port 2
    tunnel: tunnels.Tunnel = None  # between the source and what swallows


@dataclasses.dataclass
class Sample:
    """One figure, in the scenario's unit."""

    value: float
    own_cycles: float = None  # busy cycles a packet by the peer's own count, if it has one
    notes: dict = dataclasses.field(default_factory=dict)  # what else was counted


class Peer:
    """A switch of two ports. `start`, then any number of `measure`, then `stop`."""

    name = ""
    modes = ("",)  # ways to configure it; the best one is what is compared

    def __init__(self, setup):
        self.setup = setup
        self.environment = {}

    def run(self, *words, **more):
        """Runs a program beside it to its end and returns what it printed."""
        return self.setup.space.run(*words, environment=self.environment, **more)

    def background(self, name, *words, **more):
        """Starts a program; what it prints goes to the file of that name."""
        return Background(self.setup.space, self.setup.folder / f"{name}.out", *words,
                          environment=self.environment, **more)

    @staticmethod
    def version():
        """Name and version, for people."""
        raise NotImplementedError

    def start(self):
        """Returns when packets flow."""
        raise NotImplementedError

    def stop(self):
        """Ends everything that start() began; also after a start() that failed."""
        raise NotImplementedError

    def forwarded(self):
        """Packets that left by port 2 since the start."""
        raise NotImplementedError

    def cached_flows(self):
        """How many flows its caches hold."""
        raise NotImplementedError

    def pid(self):
        """Of the process that forwards."""
        raise NotImplementedError

    def pause(self):
        """Takes the process off its core until resume()."""
        os.kill(self.pid(), signal.SIGSTOP)

    def resume(self):
        """Lets it go on."""
        os.kill(self.pid(), signal.SIGCONT)

    def add_idle_ports(self, count):
        """That many TAPs that nobody sends by."""
        raise NotImplementedError

    def openflow(self):
        """Path of the socket that rules are sent to."""
        raise NotImplementedError

    def reset_own_cycles(self):
        """Begins the peer's own count anew."""

    def own_cycles(self):
        """Busy cycles a packet since reset_own_cycles(); None if it does not count them."""
        return None

    def count(self, seconds):
        """(packets forwarded, in seconds), counted for about `seconds`."""
        before, start = self.forwarded(), time.monotonic()
        time.sleep(seconds)
        after, end = self.forwarded(), time.monotonic()
        return after - before, end - start

    def measure(self, seconds):
        """The same as a Sample."""
        self.reset_own_cycles()
        packets, passed = self.count(seconds)
        return Sample(packets / passed, self.own_cycles())


def source_device(setup):
    """The DPDK device that delivers the capture over and over."""
    return f"net_pcap0,rx_pcap={setup.source},infinite_rx=1"


def way_out(setup):
    """The DPDK device that swallows tunnel packets, and first says where the other hosts are."""
    path = setup.folder / "answers.pcap"
    capture.write(path, tunnels.answers(), shuffled=False)
    return f"net_pcap1,rx_pcap={path}"


def tx_packets(dump_ports):
    """Packets sent, from what `ovs-ofctl dump-ports BRIDGE PORT` prints."""
    found = re.search(r"tx pkts=(\d+)", dump_ports)
    return int(found.group(1)) if found else 0
