# SPDX-License-Identifier: Apache-2.0
"""Why a packet goes where it goes: traces, the decisions that workers have cached, what they cost. A
trace changes nothing, and it tells what then really happens."""

import json
import re

from lib.case import main, wait_until
from lib.frames import TEST_MAC, frame, send
from lib.traffic import expect_ping, expect_silence

RULES = """\
table=0,priority=100,arp,actions=resubmit(,1)
table=0,priority=90,icmp,actions=set_field:0x7->reg0,resubmit(,1)
table=0,priority=1,actions=drop
table=1,priority=10,cookie=0x42,actions=NORMAL
"""


def traces(switch):
    """The whole story of a packet, as text and as JSON, from a flow and from a frame."""
    text = switch.ctl("trace", "br0", "in_port=one,icmp,nw_dst=10.0.0.2")
    print("  " + text.replace("\n", "\n  "))
    for part in ('Flow: icmp,in_port=1,', 'bridge("br0")', "90", "resubmit(,1)",
                 "cookie 0x42", "NORMAL", "Megaflow: recirc_id=0x0,in_port=one,icmp",
                 "Datapath actions: ", "Fate: sent to "):
        assert part in text, (part, text)
    told = switch.read("trace", "br0", "in_port=1,icmp,nw_dst=10.0.0.2")
    rules = [step for step in told["passes"][0]["steps"] if step["kind"] == "rule"]
    assert [(rule["table"], rule["priority"]) for rule in rules] == [(0, 90), (1, 10)], rules
    assert "two" in told["outputs"] and not told["drop"], told

    lost = switch.read("trace", "br0", "in_port=one,tcp")
    assert lost["outputs"] == [] and lost["drop"] == "rule-drops", lost
    whole = frame(TEST_MAC + "01").hex()
    told = switch.read("trace", "br0", "in_port=two", whole)
    assert "in_port=2," in told["flow"] and TEST_MAC + "01" in told["flow"], told
    assert told["drop"] == "rule-drops", told

    switch.refused(1, "in_port", "trace", "br0", "tcp")
    switch.refused(1, "unknown keyword", "trace", "br0", "in_port=one,tpc")
    switch.refused(1, "no port|three", "trace", "br0", "in_port=three")
    switch.refused(1, "no bridge", "trace", "br9", "in_port=1")


def changes_nothing(switch):
    """After traces everything counts as before, and nothing was learned."""
    switch.ctl("fdb", "flush")
    before = everything(switch)
    switch.ctl("trace", "br0", f"in_port=one,icmp,dl_src={TEST_MAC}77,nw_dst=10.0.0.2")
    assert before == everything(switch), (before, everything(switch))


def everything(switch):
    """What a packet would change."""
    megaflows = {row["match"]: row["packets"]
                 for row in switch.read("dump-megaflows").get("megaflows", [])}
    return (switch.ctl("dump-flows", "br0", "--no-stats"), aggregate(switch), megaflows,
            switch.fdb("br0"), switch.counters(), switch.drops())


def aggregate(switch):
    """Packets that all rules have counted."""
    return int(re.search(r"packet_count=(\d+)", switch.ctl("dump-aggregate", "br0")).group(1))


def total(switch, counter):
    """The sum over the workers."""
    return sum(int(worker[counter]) for worker in switch.read("cache-stats")["workers"])


def caches(switch, hosts):
    """What workers have cached is what a trace says, and it is counted."""
    misses = total(switch, "misses")
    expect_ping(hosts[0], "10.0.0.2", 10)
    told = switch.read("trace", "br0", "in_port=one,icmp,nw_src=10.0.0.1,nw_dst=10.0.0.2,"
                       f"dl_src={mac(hosts[0])},dl_dst={mac(hosts[1])},icmp_type=8,nw_ttl=64")
    assert told["outputs"] == ["two"], told
    rows = switch.read("dump-megaflows", "br0")["megaflows"]
    same = [row for row in rows if row["match"] == told["passes"][0]["megaflow"]]
    assert len(same) == 1, (told["passes"][0]["megaflow"], rows)
    assert same[0]["actions"] == told["passes"][0]["actions"], (same, told)
    assert int(same[0]["packets"]) >= 9, same
    assert 0 <= same[0]["used_seconds"] < 60, same
    line = next(line for line in switch.ctl("dump-megaflows").splitlines()
                if line.startswith(same[0]["match"]))
    assert re.search(r", packets:\d+, bytes:\d+, used:[\d.]+s, worker:0, actions:two$", line), line

    send(hosts[0], "eth0", frame(TEST_MAC + "05"))
    wait_until(lambda: "actions:drop(rule-drops)" in switch.ctl("dump-megaflows", "br0"),
               "a cached drop, with its reason")
    assert switch.ctl("dump-megaflows", "br1") == ""
    assert total(switch, "misses") > misses
    assert total(switch, "translations") > 0 and total(switch, "translation_ns") > 0
    assert re.search(r"br0 +one +\d", switch.ctl("cache-stats")), switch.ctl("cache-stats")
    assert "TRANSLATIONS" in switch.ctl("upcall-stats")
    print("  " + switch.ctl("cache-stats").replace("\n", "\n  "))
    print("  " + switch.ctl("upcall-stats").replace("\n", "\n  "))


def mac(host):
    """The address of the host's device."""
    return json.loads(host.check("ip -json link show eth0"))[0]["address"]


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0")
    switch.ctl("add-br", "br1")
    hosts = [case.veth_host(switch, "br0", name, f"10.0.0.{n}/24")
             for n, name in ((1, "one"), (2, "two"))]
    (case.folder / "rules").write_text(RULES)
    switch.ctl("replace-flows", "br0", case.folder / "rules")

    case.step("traces")
    traces(switch)
    case.step("a trace changes nothing")
    changes_nothing(switch)
    case.step("cached decisions and what they cost")
    caches(switch, hosts)
    case.step("over a patch port into the next bridge, and through a loop's end")
    switch.ctl("add-port", "br0", "pa", "type=patch", "peer=pb", "--",
               "add-port", "br1", "pb", "type=patch", "peer=pa")
    switch.ctl("add-flow", "br0", "priority=200,in_port=one,icmp,actions=output:pa")
    switch.ctl("add-flow", "br1", "priority=200,icmp,in_port=pb,actions=dec_ttl,in_port")
    switch.ctl("add-flow", "br0", "priority=200,in_port=pa,actions=output:two")
    told = switch.read("trace", "br0", "in_port=one,icmp,nw_ttl=64")
    bridges = [step["text"] for step in told["passes"][0]["steps"] if step["kind"] == "bridge"]
    assert [text.split(",")[0] for text in bridges] == \
        ['bridge("br0")', 'bridge("br1")', 'bridge("br0")'], bridges
    assert told["outputs"] == ["two"] and "set(nw_ttl=" in told["passes"][0]["actions"], told
    switch.ctl("add-flow", "br0", "priority=200,in_port=pa,actions=in_port")
    told = switch.read("trace", "br0", "in_port=one,icmp,nw_ttl=255")
    assert told["drop"] == "resubmit-depth", told["drop"]
    expect_silence(hosts[0], "10.0.0.2")


main(body)
