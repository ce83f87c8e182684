# SPDX-License-Identifier: Apache-2.0
"""Rules, groups and meters that come through vswctl: every command does what it says, and what it left is
in force again after either daemon was killed; before the first packet, where that is vswitchd."""

import json
import re
import time

from lib.case import main, wait_until
from lib.openflow import Ofctl
from lib.traffic import Pinger, expect_ping, expect_silence


def rules(switch, *selector):
    """The rules of br0 without statistics, sorted."""
    return sorted(switch.ctl("dump-flows", "br0", *selector, "--no-stats").splitlines())


def commands(switch, folder):
    """add, mod, del, dump, replace, diff; groups and meters."""
    switch.ctl("add-flow", "br0", "priority=50,tcp,in_port=one,actions=output:two")
    (folder / "more").write_text("# comments and blank lines\n\npriority=51,udp,actions=drop\n"
                                 "table=3,priority=52,ip,nw_dst=10.0.0.0/8,actions=NORMAL\n")
    switch.ctl("add-flows", "br0", folder / "more")
    assert len(rules(switch)) == 4, rules(switch)
    switch.refused(1, "more-bad:2: .*tpc", "add-flows", "br0", bad(folder))
    assert len(rules(switch)) == 4, "nothing of a bad file is there"

    switch.ctl("mod-flows", "br0", "udp,actions=output:one")
    assert "output:1" in rules(switch, "udp")[0], rules(switch, "udp")
    assert "output:one" in switch.ctl("dump-flows", "br0", "udp", "--names")
    switch.ctl("del-flows", "br0", "--strict", "priority=50,tcp,in_port=one")
    assert not rules(switch, "tcp")
    switch.refused(1, "overlap", "add-flow", "br0", "check_overlap,priority=51,ip,actions=drop")

    tables = switch.ctl("dump-tables", "br0")
    assert re.search(r"^ *0 .*\b2\b", tables, re.MULTILINE), tables
    assert re.search(r"^ *3 .*\b1\b", tables, re.MULTILINE), tables
    assert "flow_count=3" in switch.ctl("dump-aggregate", "br0")

    status, text, _ = switch.try_ctl("diff-flows", "br0", folder / "more")
    assert status == 2 and "NORMAL" in text and "udp" in text, (status, text)
    switch.ctl("replace-flows", "br0", folder / "more")
    assert switch.try_ctl("diff-flows", "br0", folder / "more")[0] == 0
    switch.ctl("del-flows", "br0", "table=3")

    switch.ctl("add-meter", "br0", "meter=5,kbps,band=type=drop,rate=100000")
    switch.ctl("add-group", "br0", "group_id=7,type=all,bucket=output:two,bucket=output:one")
    switch.ctl("mod-group", "br0", "group_id=7,type=indirect,bucket=output:two")
    assert "type=indirect" in switch.ctl("dump-groups", "br0")
    assert "rate=100000" in switch.ctl("dump-meters", "br0")
    switch.refused(1, "group 8", "add-flow", "br0", "priority=1,actions=group:8")


def bad(folder):
    """A file whose second line is wrong."""
    path = folder / "more-bad"
    path.write_text("priority=60,tcp,actions=drop\npriority=61,tpc,actions=drop\n")
    return path


def everything(switch):
    """What shall be the same after a restart."""
    return (rules(switch), switch.ctl("dump-groups", "br0"), switch.ctl("dump-meters", "br0"),
            switch.ctl("get-fail-mode", "br0"))


def packets(switch, selector):
    """What the rules have counted."""
    return int(re.search(r"packet_count=(\d+)",
                         switch.ctl("dump-aggregate", "br0", selector)).group(1))


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0")
    hosts = [case.veth_host(switch, "br0", name, f"10.0.0.{n}/24")
             for n, name in ((1, "one"), (2, "two"))]
    case.step("every command")
    commands(switch, case.folder)

    case.step("kill vswmgrd: the rules go on, with their counters")
    # Host two is reached by stored rules alone, and host one's echo to port 9 never.
    (case.folder / "strict").write_text(
        "priority=10,in_port=one,actions=meter:5,group:7\n"
        "priority=10,in_port=two,actions=output:one\n")
    switch.ctl("replace-flows", "br0", case.folder / "strict")
    pinger = Pinger(hosts[0], "10.0.0.2", 0.05).start()
    # More than come while vswmgrd is away, so that rules made anew would show by their counters.
    wait_until(lambda: packets(switch, "in_port=one") >= 60, "the rules count")
    before, forwarder = everything(switch), switch.pid("vswitchd")
    counted = packets(switch, "in_port=one")
    switch.kill("vswmgrd")
    wait_until(lambda: switch.try_ctl("--timeout", "2", "show")[0] == 0, "vswmgrd is back")
    switch.ctl("add-flow", "br0", "priority=9,udp,actions=drop")
    result = pinger.stop()
    assert result.lost == 0, result
    assert switch.pid("vswitchd") == forwarder
    assert packets(switch, "in_port=one") >= counted, "the rules were made anew"
    switch.ctl("del-flows", "br0", "udp")
    assert everything(switch) == before, (everything(switch), before)

    case.step("kill vswitchd: not one packet meets other rules than those")
    switch.ctl("replace-flows", "br0", drop_all(case.folder))
    expect_silence(hosts[0], "10.0.0.2")
    hosts[0].check(f"ip neigh replace 10.0.0.2 dev eth0 lladdr {device(hosts[1])['address']}")
    seen = received(hosts[1])
    hosts[0].check("ping -n -q -i 0.02 -c 400 -w 8 10.0.0.2 >/dev/null 2>&1 & echo started")
    switch.kill("vswitchd")
    wait_until(lambda: not switch.failed_ports(), "its ports are back")
    wait_until(lambda: packets(switch, "in_port=one") > 20, "packets meet the stored rule")
    time.sleep(1)
    assert received(hosts[1]) == seen, "a packet went through before the rules were there"
    switch.ctl("replace-flows", "br0", case.folder / "strict")
    expect_ping(hosts[0], "10.0.0.2")
    assert everything(switch) == before, (everything(switch), before)

    case.step("rules of a controller's are not kept")
    ofctl = Ofctl(case, switch, "br0")
    ofctl("add-flow", "priority=77,ip,actions=drop")
    assert len(rules(switch)) == 3
    switch.kill("vswitchd")
    wait_until(lambda: not switch.failed_ports(), "its ports are back")
    assert everything(switch) == before, (everything(switch), before)

    case.step("what the switch refuses is told")
    ofctl("add-group", "group_id=9,type=all,bucket=output:1")
    switch.refused(65, "refused.*group_id=9.*GROUP_EXISTS", "add-group", "br0",
                   "group_id=9,type=all,bucket=output:two")
    # As a whole the bridge takes what is stored: it is ours now.
    wait_until(lambda: re.search("group_id=9,.*output:2", switch.ctl("dump-groups", "br0")),
               "the stored group is in force")
    assert "refused" not in switch.ctl("show")


def drop_all(folder):
    """Rules that let nothing through, and use group and meter still."""
    path = folder / "closed"
    path.write_text("priority=10,in_port=one,actions=drop\npriority=10,in_port=two,actions=drop\n")
    return path


def received(host):
    """Frames that came in at the host."""
    return device(host)["stats64"]["rx"]["packets"]


def device(host):
    """What the kernel tells of the host's device."""
    return json.loads(host.check("ip -json -statistics link show eth0"))[0]


main(body)
