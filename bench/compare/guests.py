# SPDX-License-Identifier: Apache-2.0
"""The two guests of a vhost-user measurement: one program of ours that sends by one virtio device
and checks what comes by the other."""

import json
import time

from bench.compare import machine
from bench.compare.command import ROOT, Background, CommandFailed

PROGRAM = ROOT / "build" / "release" / "bench" / "traffic_generator"


class Guests:
    """Runs the generator; its sockets are servers, so that the switch may come and go."""

    def __init__(self, folder, scenario):
        self.sockets = tuple(folder / f"guest{n}.sock" for n in (1, 2))
        packed = int(scenario.vhost == "packed")
        devices = [f"net_virtio_user{n},path={path},server=1,queues=1,packed_vq={packed}"
                   for n, path in enumerate(self.sockets)]
        self.program = Background(
            folder / "generator.out", PROGRAM, "--tx", devices[0], "--rx", devices[1],
            "--flows", scenario.flows, "--order", scenario.order, "--bytes", scenario.frame_bytes,
            "--core", machine.CONTROL_CORE)
        # The driver waits in turn for the switch to connect to each device.
        try:
            self._wait(self.sockets[0].exists, "make its first socket")
        except CommandFailed:
            self.stop()
            raise

    def _wait(self, ready, what):
        deadline = time.monotonic() + 30
        while not ready():
            self.program.expect_alive()
            if time.monotonic() > deadline:
                raise CommandFailed(f"the generator does not {what}: {self.program.text()}")
            time.sleep(0.05)

    def await_traffic(self):
        """Returns once packets have gone all the way."""
        self._wait(lambda: self.last().get("received", 0) > 0, "receive anything")

    def last(self):
        """The latest counts."""
        lines = [line for line in self.program.text().splitlines() if '"sent"' in line]
        return json.loads(lines[-1]) if lines else {}

    def stop(self):
        """Ends it."""
        self.program.stop()
