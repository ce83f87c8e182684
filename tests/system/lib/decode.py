# SPDX-License-Identifier: Apache-2.0
"""Packets of a namespace's device, captured and decoded by tshark and by scapy."""

import json
import shutil
import subprocess
import time

# Distribution packages belong to the distribution's Python, which need not be the one in PATH.
PYTHON = "/usr/bin/python3"

_SCAPY = """
import json, sys
from scapy.all import rdpcap, Ether, IP, IPv6, UDP, Dot1Q
from scapy.layers.l2 import GRE
from scapy.layers.vxlan import VXLAN
from scapy.contrib.geneve import GENEVE
from scapy.packet import bind_layers
for line in sys.argv[2:]:
    port, layer = line.split("=")
    bind_layers(UDP, {"vxlan": VXLAN, "geneve": GENEVE}[layer], dport=int(port))
def plain(value):
    return value if isinstance(value, (int, str)) or value is None else str(value)
out = []
for packet in rdpcap(sys.argv[1]):
    layers, layer = [], packet
    while layer:
        layers.append([layer.name, {name: plain(layer.getfieldval(name)) for name in layer.fields}])
        layer = layer.payload
    out.append(layers)
print(json.dumps(out))
"""


def missing():
    """Returns what is not installed, or an empty string."""
    if shutil.which("tshark") is None:
        return "tshark"
    found = subprocess.run([PYTHON, "-c", "import scapy"], stderr=subprocess.DEVNULL, check=False)
    return "" if found.returncode == 0 else "python3-scapy"


class Capture:
    """`with Capture(space, device, filter) as seen: ...`; then decode.

    Of each frame `snap` bytes are kept; `direction` is as the device's owner sees it.
    """

    def __init__(self, space, device, expression, direction="in", snap=262144):
        self._space = space
        self._words = ["-i", device, "-Q", direction, "-s", str(snap), "-U", "--immediate-mode",
                       "-w"]
        self._filter = expression
        self.path = f"{space.scratch}/capture.{time.monotonic_ns()}.pcap"
        self._process = None

    def __enter__(self):
        self._process = subprocess.Popen(
            self._space.within("tcpdump", *self._words, self.path, self._filter),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self._process.stderr:
            if "listening on" in line:
                break
        return self

    def __exit__(self, *_):
        time.sleep(0.5)
        self._process.terminate()
        self._process.communicate(timeout=10)

    def tshark(self, *fields):
        """Returns one tuple of texts for each packet; of a field that occurs twice the list."""
        words = [word for field in fields for word in ("-e", field)]
        done = subprocess.run(["tshark", "-n", "-r", self.path, "-T", "fields", "-E", "separator=;",
                               "-E", "occurrence=a", "-o", "udp.check_checksum:TRUE",
                               "-o", "ip.check_checksum:TRUE", *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                              check=False)
        assert done.returncode == 0, done.stderr
        return [tuple(line.split(";")) for line in done.stdout.splitlines()]

    def scapy(self, *ports):
        """Returns each packet as a list of (layer, fields); `ports` are such as "4789=vxlan"."""
        done = subprocess.run([PYTHON, "-c", _SCAPY, self.path, *ports], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
