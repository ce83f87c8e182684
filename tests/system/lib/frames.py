# SPDX-License-Identifier: Apache-2.0
"""Single Ethernet frames, sent and seen with packet sockets, for what no kernel device can say."""

import re
import socket
import struct
import subprocess
import time

from lib.netns import entered

BROADCAST = "ff:ff:ff:ff:ff:ff"
# Source addresses of test frames start with these octets; Watch sees no other frames.
TEST_MAC = "02:00:56:53:00:"
# For local experiments (IEEE 802): no host reacts to it.
EXPERIMENT = 0x88B5


def mac_bytes(text):
    """Returns the six octets of "aa:bb:cc:dd:ee:ff"."""
    return bytes(int(part, 16) for part in text.split(":"))


def frame(source, destination=BROADCAST, vlan=None, payload=b"vsw", priority=0, tpid=0x8100):
    """Returns a frame of the experimental type; with `vlan` it is tagged."""
    tag = struct.pack("!HH", tpid, priority << 13 | vlan) if vlan is not None else b""
    head = mac_bytes(destination) + mac_bytes(source) + tag + struct.pack("!H", EXPERIMENT)
    return (head + payload).ljust(60, b"\0")


def send(space, device, *frames):
    """Sends the frames out of a namespace's device."""
    with entered(space.name):
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
            out.bind((device, 0))
            for data in frames:
                out.send(data)


class Watch:
    """Collects what arrives at a namespace's device: `with Watch(...) as seen: ...; seen.tags()`.

    tcpdump does the reading, since it puts the tag that the kernel took off back into place.
    """

    def __init__(self, space, device):
        self.space = space
        self.device = device
        self._process = None
        self._output = ""

    def __enter__(self):
        self._process = subprocess.Popen(
            self.space.within("tcpdump", "-l", "-n", "-e", "-Q", "in", "-i", self.device,
                              "ether[6:4] == 0x02005653"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in self._process.stderr:
            if "listening on" in line:
                break
        return self

    def __exit__(self, *_):
        time.sleep(0.4)
        self._process.terminate()
        self._output, _ = self._process.communicate(timeout=10)

    def tags(self):
        """Returns, after the block, each frame's outer VLAN; None for an untagged frame."""
        result = []
        # Further lines of a frame are its octets.
        for line in re.findall(r"^\d\d:\d\d:.*", self._output, re.MULTILINE):
            found = re.search(r"\bvlan (\d+)", line)
            result.append(int(found.group(1)) if found else None)
        return result
