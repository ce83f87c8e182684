# SPDX-License-Identifier: Apache-2.0
"""A load of rules as OVN programs them: it loads through ovs-ofctl and through vswctl, dumps back
equal, and forwards as Open vSwitch does. Rules with ct(...) are left out and have to be refused."""

import pathlib
import random
import re
import secrets
import sys

from lib.case import main
from lib.openflow import SHARED_DATA, Ofctl

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "differential"))
# pylint: disable=wrong-import-position
from compare import Case, compare_packets  # noqa: E402
from oracle import Oracle  # noqa: E402
from ovn_packets import Network  # noqa: E402
from subject import RUNNER, Subject  # noqa: E402

PORTS = 20
PACKETS = 600


def normal(line):
    """A rule as ovs-ofctl prints it; it reads dec_ttl() too."""
    return line.strip().replace("dec_ttl()", "dec_ttl").removeprefix("cookie=0x0, ")


def expect_same(wanted, got, what):
    """Both have the same rules, in any order."""
    wanted, got = {normal(line) for line in wanted}, {normal(line) for line in got}
    missing, more = sorted(wanted - got)[:5], sorted(got - wanted)[:5]
    assert wanted == got, f"{what}:\n  missing: {missing}\n  more: {more}"


def load_and_dump(case, switch, flows, folder):
    """In by each way, out by each way."""
    path = folder / "flows.txt"
    path.write_text("\n".join(flows) + "\n", encoding="utf-8")
    # In 1.3 masked set_field goes over as loads, and is dumped as such.
    for version in ("OpenFlow13", "OpenFlow15"):
        case.step(f"ovs-ofctl loads {len(flows)} rules in {version}")
        ofctl = Ofctl(case, switch, "br0", version)
        ofctl("del-flows")
        ofctl("add-flows", str(path), options=("--bundle",))
        assert len(ofctl.flows()) == len(flows)
    expect_same(flows, ofctl.flows(), f"dumped in {version}")
    case.step("vswctl loads them")
    switch.ctl("del-flows", "br0")
    switch.ctl("add-flows", "br0", str(path))
    dumped = switch.ctl("--no-stats", "dump-flows", "br0").splitlines()
    expect_same(flows, [line for line in dumped if "actions=" in line], "dumped by vswctl")
    assert switch.ctl("diff-flows", "br0", str(path)).strip() == ""


def refuse(case, switch, flows):
    """Connection tracking is refused with its own error, and nothing of it stays."""
    ofctl = Ofctl(case, switch, "br0", "OpenFlow15")
    ofctl("del-flows")
    status, text = ofctl.run("add-flows", "-", stdin="\n".join(flows) + "\n")
    refused = text.count("CT_DATAPATH_SUPPORT")
    assert status != 0 and refused > 0, (status, text[-400:])
    for flow in flows[::9]:
        ofctl.refused("CT_DATAPATH_SUPPORT", "add-flow", flow)
        assert switch.try_ctl("add-flow", "br0", flow)[0] != 0
    assert ofctl.flows() == []


def forward(flows, seed):
    """The same packets through both switches; returns (how many were forwarded, differences)."""
    network = Network(flows, random.Random(seed))
    packets = [network.packet() for _ in range(PACKETS)]
    with Oracle(PORTS) as oracle, Subject(PORTS) as subject:
        assert oracle.load(flows) is None and subject.load(flows) is None
        wanted, got = oracle.send(packets), subject.send(packets)
    difference = compare_packets(Case("ovn", flows, packets), wanted, got)
    return sum(1 for result in wanted if result), difference


def body(case):
    """See the module's text."""
    source = SHARED_DATA / "ovn_flows.txt"
    if not source.exists():
        case.skip("ovn_flows.txt is not beside this checkout")
    lines = [line.strip() for line in source.read_text(encoding="utf-8").splitlines()]
    with_ct = [line for line in lines if re.search(r"\bct(_clear|\()", line)]
    flows = [line for line in lines if line not in with_ct]
    print(f"  {len(lines)} rules, of which {len(with_ct)} track connections and are left out")
    switch = case.switch()
    switch.ctl("add-br", "br0")
    load_and_dump(case, switch, flows, case.folder)
    case.step("rules that track connections are refused")
    refuse(case, switch, with_ct)

    lacking = Oracle.missing() or (None if RUNNER.exists() else "switch_runner is not built")
    if lacking:
        case.skip(f"not compared with Open vSwitch: {lacking}")
    seed = secrets.randbits(32)
    case.step(f"{PACKETS} packets through Open vSwitch and through vsw, seed {seed}")
    # ct_clear changes no packet that never was tracked: without it these rules can be compared.
    flows += [line.replace("ct_clear,", "") for line in with_ct if "ct(" not in line]
    forwarded, difference = forward(flows, seed)
    print(f"  {forwarded} of {PACKETS} were forwarded")
    assert difference is None, difference
    assert forwarded > PACKETS / 4, "too few were forwarded to tell anything"


main(body)
