# SPDX-License-Identifier: Apache-2.0
"""The OpenFlow 1.3 conformance cases of os-ken's switch tester, without any settling delay.

The device under test and a helper switch (Open vSwitch in user space) are joined by three veth
pairs and both are connected to the tester. Cases that need PBB (802.1ah) cannot pass: vsw has no PBB.
"""

import collections
import re
import shutil
import time

from lib.case import main, wait_until
from lib.endpoint import command
from lib.openflow import SHARED_DATA, Background

OFFLOADS = ("tx", "rx", "rxvlan", "txvlan", "tx-vlan-stag-hw-insert", "rx-vlan-stag-hw-parse")
TESTER = "os_ken.tests.switch.tester"


def start_helper(case, space):
    """Open vSwitch's user-space datapath as bridge `helper` with dpid 2 on the veths' other ends."""
    at = case.folder / "ovs"
    at.mkdir()
    environment = {"OVS_RUNDIR": str(at), "OVS_DBDIR": str(at), "OVS_LOGDIR": str(at)}

    def run(*words):
        command(*space.within("env", *(f"{key}={value}" for key, value in environment.items())),
                *map(str, words))

    run("ovsdb-tool", "create", at / "conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
    Background(case, space, "ovsdb", "ovsdb-server", str(at / "conf.db"),
               f"--remote=punix:{at}/db.sock", environment=environment)
    wait_until((at / "db.sock").exists, "Open vSwitch's database serves")
    vsctl = ("ovs-vsctl", "-t", "20", f"--db=unix:{at}/db.sock")
    run(*vsctl, "--no-wait", "init")
    Background(case, space, "ovs-vswitchd", "ovs-vswitchd", f"unix:{at}/db.sock",
               "--disable-system", environment=environment)
    words = ["add-br", "helper", "--", "set", "bridge", "helper", "datapath_type=netdev",
             "fail-mode=secure", "protocols=OpenFlow13", "other-config:datapath-id=0000000000000002"]
    for n in (1, 2, 3):
        words += ["--", "add-port", "helper", f"t{n}", "--", "set", "interface", f"t{n}",
                  f"ofport_request={n}"]
    run(*vsctl, *words)
    run(*vsctl, "set-controller", "helper", "tcp:127.0.0.1:6633")


def results_of(text):
    """Returns ({case: verdict}, whether the tester is through)."""
    verdicts = collections.OrderedDict()
    number = 0
    for line in text.splitlines():
        found = re.search(r"^(.*\S)\s+(OK|ERROR)\s*$", line)
        if found:
            number += 1
            verdicts[f"{number}: {found.group(1).strip()}"] = found.group(2)
    return verdicts, re.search(r"OK\((\d+)\) / ERROR\((\d+)\)", text)


def run_cases(case, switch, folder):
    """Runs the tester on a folder of cases; returns (passed, failed names)."""
    tester = Background(case, switch.space, f"tester-{folder.name}", shutil.which("osken-manager"),
                        "--ofp-tcp-listen-port", "6633", "--test-switch-target", "1",
                        "--test-switch-tester", "2", "--test-switch-target-version", "openflow13",
                        "--test-switch-tester-version", "openflow13", "--test-switch-dir",
                        str(folder), TESTER)
    wait_until(lambda: results_of(tester.text())[1], f"the tester is through {folder.name}", 900)
    tester.stop()
    verdicts, _ = results_of(tester.text())
    failed = [name for name, verdict in verdicts.items() if verdict == "ERROR"]
    return len(verdicts) - len(failed), failed


def body(case):
    """See the module's text."""
    if not (SHARED_DATA / "os-ken-of13").is_dir():
        case.skip("the conformance cases (os-ken-of13) are not beside this checkout")
    for tool in ("osken-manager", "ovs-vswitchd", "ovsdb-server"):
        if shutil.which(tool) is None:
            case.skip(f"{tool} is not installed")
    switch = case.switch()
    switch.ctl("add-br", "br0", "dpid=0000000000000001")
    switch.ctl("set-fail-mode", "br0", "secure")
    for n in (1, 2, 3):
        inside = switch.space.within("ip")
        command(*inside, "link", "add", f"s{n}", "type", "veth", "peer", "name", f"t{n}")
        for device in (f"s{n}", f"t{n}"):
            command(*inside, "link", "set", device, "up")
            for offload in OFFLOADS:
                command(*switch.space.within("ethtool", "-K"), device, offload, "off")
        switch.ctl("add-port", "br0", f"s{n}", "type=system", f"ofport={n}")
    start_helper(case, switch.space)
    switch.ctl("del-flows", "br0")
    switch.ctl("set-controller", "br0", "tcp:127.0.0.1:6633")

    unexpected = []
    for name in ("match", "action"):
        start = time.monotonic()
        passed, failed = run_cases(case, switch, SHARED_DATA / "os-ken-of13" / name)
        without_pbb = [one for one in failed if "pbb" not in one.lower()]
        print(f"  {name}: {passed} passed, {len(failed)} failed "
              f"({len(failed) - len(without_pbb)} with PBB), {time.monotonic() - start:.0f} s")
        unexpected += [f"{name}: {one}" for one in without_pbb]
    assert not unexpected, "\n".join(["conformance cases that fail:", *unexpected])


main(body)
