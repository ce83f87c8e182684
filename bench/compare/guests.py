# SPDX-License-Identifier: Apache-2.0
"""The guests of a measurement: one program of ours that sends by one virtio device and checks what
comes by another; a third one may attack."""

import dataclasses
import json
import signal
import time
import typing

from bench.compare import capture, machine
from bench.compare.command import ROOT, Background, CommandFailed

PROGRAM = ROOT / "build" / "release" / "bench" / "traffic_generator"
_RING = 256
_SETTLE_SECONDS = 0.3  # after the links are up: switches set up their queues


@dataclasses.dataclass(frozen=True)
class Traffic:
    """What they send: `flows` made by the generator, or `frames()`."""

    ring: str = "split"          # or "packed"
    flows: int = 1000
    order: str = "uniform"       # or "zipf", "sequential", "filling"
    frame_bytes: int = capture.FRAME_BYTES
    frames: typing.Callable = None
    rate: float = 0              # packets a second; 0: as many as are taken
    packets: int = 0             # 0: without end
    once: bool = False           # as many as there are frames
    attack: typing.Callable = None  # frames of the third guest
    attack_rate: float = 0


class Guests:
    """Runs the generator; its sockets are servers, so that the switch may come and go."""

    def __init__(self, space, folder, traffic, seconds=0):
        self.sockets = tuple(folder / f"guest{n}.sock" for n in range(3 if traffic.attack else 2))
        packed = int(traffic.ring == "packed")
        # Who receives has room for all that is on the way while this program is not running.
        devices = [f"net_virtio_user{n},path={path},server=1,queues=1,packed_vq={packed},"
                   f"mrg_rxbuf=0,queue_size={_RING if n == 0 else 4 * _RING}"
                   for n, path in enumerate(self.sockets)]
        frames = traffic.frames() if traffic.frames else ()
        packets = len(frames) if traffic.once else traffic.packets
        words = ["--tx", devices[0], "--rx", devices[1], "--wait", "--order", traffic.order,
                 "--rate", traffic.rate, "--packets", packets, "--seconds", seconds,
                 "--core", machine.CONTROL_CORE]
        if frames:
            capture.write(folder / "frames.pcap", frames, shuffled=False)
            words += ["--capture", folder / "frames.pcap"]
        else:
            words += ["--flows", traffic.flows, "--bytes", traffic.frame_bytes]
        if traffic.attack:
            capture.write(folder / "attack.pcap", traffic.attack())
            words += ["--second-tx", devices[2], "--second-capture", folder / "attack.pcap",
                      "--second-rate", traffic.attack_rate]
        self.program = Background(space, folder / "generator.out", PROGRAM, *words)
        # The driver waits in turn for the switch to connect to each device, in this order: 2, 1, 3.
        try:
            self._wait(self.sockets[1].exists, "make its first socket")
        except CommandFailed:
            self.stop()
            raise

    def _wait(self, ready, what, seconds=60):
        deadline = time.monotonic() + seconds
        while not ready():
            self.program.expect_alive()
            if time.monotonic() > deadline:
                raise CommandFailed(f"the generator does not {what}: {self.program.text()[-500:]}")
            time.sleep(0.02)

    def connect(self):
        """Returns once all are connected to the switch."""
        self._wait(lambda: '"ready"' in self.program.text(), "see its links up")
        time.sleep(_SETTLE_SECONDS)

    def pause(self):
        """Stops them until resume(), which they count as time that they were not there."""
        self.program.process.send_signal(signal.SIGSTOP)

    def resume(self):
        """Lets them go on."""
        self.program.process.send_signal(signal.SIGCONT)

    def begin(self):
        """Lets them send."""
        self.program.process.send_signal(signal.SIGUSR1)

    def begin_attack(self):
        """Lets the third one send, too."""
        self.program.process.send_signal(signal.SIGUSR2)

    def await_traffic(self):
        """Returns once packets have gone all the way."""
        self._wait(lambda: self.reports()[-1:] and self.reports()[-1]["received"] > 0,
                   "receive anything")

    def received(self):
        """(packets that arrived, seconds that the program ran for it) by the latest report."""
        latest = self.reports()[-1]
        return latest["received"], latest["here_seconds"]

    def rate_since(self, before):
        """Packets a second since received() gave `before`; waits for a report that is later."""
        self._wait(lambda: self.received()[1] > before[1], "say what it received")
        packets, seconds = self.received()
        return (packets - before[0]) / (seconds - before[1])

    def reports(self):
        """All counts so far, four a second."""
        return [json.loads(line) for line in self.program.text().splitlines(keepends=True)
                if '"sent"' in line and line.endswith("\n")]

    def finish(self, seconds=60):
        """Waits until they have sent everything, or for that long; returns the last counts."""
        deadline = time.monotonic() + seconds
        while self.program.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.stop()

    def stop(self):
        """Ends it; the last counts. What is on the way arrives if the switch still runs."""
        self.program.stop()
        counts = self.reports()
        return counts[-1] if counts and counts[-1]["done"] else {}


def losses(counts):
    """Of the last counts, what became of the packets on their way."""
    if not counts:
        return {}
    return {"sent": counts["sent"],
            "lost": counts["sent"] - counts["received"] + counts["duplicates"],
            "reordered": counts["reordered"], "duplicates": counts["duplicates"]}
