# SPDX-License-Identifier: Apache-2.0
"""os-ken's switch tester with its two switches: one under test, and a helper that sends to it and
receives from it over three veth pairs."""

import collections
import dataclasses
import json
import re
import shutil

from lib.case import wait_until
from lib.endpoint import command
from lib.openflow import Background

TESTER = "os_ken.tests.switch.tester"
CONTROLLER = "tcp:127.0.0.1:6633"
# With these on, a tag or a checksum may be missing from what the other end reads.
OFFLOADS = ("tx", "rx", "rxvlan", "txvlan", "tx-vlan-stag-hw-insert", "rx-vlan-stag-hw-parse")
# Its SCTP sums the text of the bytes ("bytearray(b'...") instead of the bytes (RFC 9260 appendix A).
MEND = """\
from os_ken.lib.packet import sctp
summed = sctp.sctp._checksum
sctp.sctp._checksum = lambda self, data: summed(self, Latin(bytes(data).decode("latin-1")))
class Latin(str):
    __str__ = lambda self: self
"""


@dataclasses.dataclass
class File:
    """One file of cases: its path below the folder, its title, its cases as JSON values."""

    name: str
    title: str
    cases: list

    def weight(self):
        """About how long it takes: after a packet that must not match the tester waits a second."""
        return sum(10 if "table-miss" in test else 2
                   for case in self.cases for test in case["tests"])


def why_left_out(case):
    """Why vsw cannot pass the case; empty if it can."""
    if "pbb" in json.dumps(case).lower():
        return "PBB (802.1ah) is not supported"
    # Of a frame of 60 bytes with a label the tester wants 60 again when the label is off.
    pops = case["description"].startswith("ethernet/mpls/ipv4/icmp")
    if pops and not any("table-miss" in test for test in case["tests"]):
        return "wants short frames padded as a network card does"
    return ""


def read_files(folder):
    """Returns (files of the cases that can be run, {why not: how many others})."""
    files, left_out = [], collections.Counter()
    for path in sorted(folder.rglob("*.json")):
        title, *cases = json.loads(path.read_text(encoding="utf-8"))
        kept = [case for case in cases if not why_left_out(case)]
        left_out.update(filter(None, map(why_left_out, cases)))
        if kept:
            files.append(File(str(path.relative_to(folder)), title, kept))
    return files, left_out


def share_out(files, lanes):
    """Deals the files out to lanes of about equal weight."""
    shares = [[] for _ in range(lanes)]
    for file in sorted(files, key=File.weight, reverse=True):
        min(shares, key=lambda share: sum(map(File.weight, share))).append(file)
    return [share for share in shares if share]


class Bench:
    """A switch under test (dpid 1), a helper (dpid 2) and a tester in a namespace of their own.

    The helper is a bridge of ours as well: Open vSwitch, without time to settle after the tester's
    changes to it, loses packets that it should hand over.
    """

    def __init__(self, case, name, files):
        self._expected = sum(len(file.cases) for file in files)
        cases = case.folder / f"cases-{name}"
        for file in files:
            path = cases / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps([file.title, *file.cases]), encoding="utf-8")
        mend = case.folder / "mend_sctp.py"
        mend.write_text(MEND, encoding="utf-8")
        self._switch = case.switch(name)
        self._join()
        self._tester = Background(
            case, self._switch.space, f"tester-{name}", shutil.which("osken-manager"),
            "--ofp-listen-host", "127.0.0.1", "--ofp-tcp-listen-port", "6633",
            "--test-switch-target", "1", "--test-switch-tester", "2",
            "--test-switch-target-version", "openflow13",
            "--test-switch-tester-version", "openflow13",
            "--test-switch-dir", str(cases), str(mend), TESTER)

    def _join(self):
        switch = self._switch
        for n in (1, 2, 3):
            inside = switch.space.within("ip")
            command(*inside, "link", "add", f"s{n}", "type", "veth", "peer", "name", f"t{n}")
            for device in (f"s{n}", f"t{n}"):
                command(*inside, "link", "set", device, "up")
                for offload in OFFLOADS:
                    command(*switch.space.within("ethtool", "-K"), device, offload, "off")
        for dpid, bridge, device in ((1, "br0", "s"), (2, "helper", "t")):
            switch.ctl("add-br", bridge, f"dpid={dpid:#x}")
            switch.ctl("set-fail-mode", bridge, "secure")
            for n in (1, 2, 3):
                switch.ctl("add-port", bridge, f"{device}{n}", "type=system", f"ofport={n}")
            switch.ctl("del-flows", bridge)
            switch.ctl("set-controller", bridge, CONTROLLER)

    def result(self):
        """Waits for the end. Returns (cases passed, [failed case with the tester's reason])."""
        wait_until(self._is_through, "the tester is through", 220)
        self._tester.stop()
        passed, failed = verdicts_of(self._tester.text())
        assert passed + len(failed) == self._expected, \
            f"{passed} passed, {len(failed)} failed of {self._expected}: {self._tester.path}"
        return passed, failed

    def _is_through(self):
        return re.search(r"^OK\(\d+\) / ERROR\(\d+\)", self._tester.text(), re.MULTILINE)


def verdicts_of(text):
    """Reads what the tester says: returns (cases passed, [failed case with its reason])."""
    passed, failed, title = 0, [], ""
    lines = text.split("--- Test report ---")[0].splitlines()
    for number, line in enumerate(lines):
        found = re.search(r"^ {4}(\S.*\S)\s+(OK|ERROR)\s*$", line)
        if found is None:
            title = line if re.match(r"(match|action|group|meter): ", line) else title
        elif found.group(2) == "OK":
            passed += 1
        else:
            failed.append(f"{title}: {found.group(1)}\n      {lines[number + 1].strip()}")
    return passed, failed
