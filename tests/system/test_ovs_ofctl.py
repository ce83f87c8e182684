# SPDX-License-Identifier: Apache-2.0
"""Every command of ovs-ofctl that its users rely on, in each version of OpenFlow, over both kinds
of connection."""

import re

from lib.case import main, wait_until
from lib.frames import TEST_MAC, frame, send
from lib.openflow import VERSIONS, Background, Ofctl
from lib.traffic import expect_ping

RULES = """\
priority=100,in_port=1,dl_type=0x0806,actions=output:2
priority=90,ip,nw_dst=10.0.0.2,actions=dec_ttl,output:2
priority=80,tcp,tp_dst=80,idle_timeout=60,cookie=0x1234,actions=drop
priority=1,actions=NORMAL
"""


def describe(ofctl):
    """show, dump-desc, dump-tables, dump-ports, dump-ports-desc."""
    text = ofctl("show")
    assert "dpid:" in text and re.search(r"1\(one\)", text) and "LOCAL(br0)" in text, text
    assert "vsw" in ofctl("dump-desc")
    tables = ofctl("dump-tables")
    assert "table 0" in tables and "active=" in tables, tables
    ports = ofctl("dump-ports")
    assert re.search(r"rx pkts=\d+", ports), ports
    assert "one" in ofctl("dump-ports", "1") or "port  1" in ofctl("dump-ports", "1")
    described = ofctl("dump-ports-desc")
    assert "1(one)" in described and "2(two)" in described, described
    assert "queues" in ofctl("queue-stats").lower()
    assert ofctl.run("ping", "64")[0] == 0 and ofctl.run("probe")[0] == 0
    if ofctl.version != "OpenFlow10":
        features = ofctl("dump-table-features")
        assert "table 0" in features and "apply_actions" in features.lower(), features[:800]


def settings(ofctl):
    """Fragments and eviction are set as asked and told."""
    assert "normal" in ofctl("get-frags")
    ofctl("set-frags", "drop")
    assert "drop" in ofctl("get-frags")
    ofctl("set-frags", "normal")
    if ofctl.version in ("OpenFlow14", "OpenFlow15"):
        ofctl("mod-table", "0", "evict")
        assert "eviction=on" in ofctl("dump-table-desc"), ofctl("dump-table-desc")
        ofctl("mod-table", "0", "noevict")
        assert "eviction=on" not in ofctl("dump-table-desc")


def rules(ofctl, folder):
    """Rules come, change and go."""
    ofctl("del-flows")
    assert ofctl.flows() == [], ofctl.flows()
    ofctl("add-flow", "priority=7,in_port=1,actions=output:2")
    ofctl("add-flows", "-", stdin=RULES)
    assert len(ofctl.flows()) == 5, ofctl.flows()
    ofctl("mod-flows", "priority=80,cookie=0x1234,tcp,tp_dst=80,actions=output:2",
          options=("--strict",))
    assert any("tp_dst=80" in flow and "output:2" in flow for flow in ofctl.flows()), ofctl.flows()
    ofctl("mod-flows", "cookie=0x1234/-1,tcp,tp_dst=80,actions=output:1")
    assert any("tp_dst=80" in flow and "output:1" in flow for flow in ofctl.flows()), ofctl.flows()
    ofctl("del-flows", "priority=7,in_port=1", options=("--strict",))
    assert len(ofctl.flows()) == 4
    assert len(ofctl.flows("tcp")) == 1
    assert ofctl.counters("tcp")[2] == 1
    ofctl("del-flows", "cookie=0x1234/-1")
    assert len(ofctl.flows()) == 3, ofctl.flows()

    path = folder / "rules.txt"
    path.write_text(RULES)
    status, text = ofctl.run("diff-flows", str(path))
    assert status == 2 and "tp_dst=80" in text, (status, text)
    ofctl("replace-flows", str(path))
    status, text = ofctl.run("diff-flows", str(path))
    assert status == 0, text
    ofctl.refused("OFPFMFC_OVERLAP|overlap", "add-flow",
                  "check_overlap,priority=90,ip,nw_src=10.0.0.1,actions=1")


def bundles(ofctl):
    """All or nothing."""
    before = ofctl.flows()
    if ofctl.version == "OpenFlow10":
        return
    ofctl("add-flows", "-", options=("--bundle",),
          stdin="priority=3,in_port=1,actions=2\npriority=4,in_port=2,actions=1\n")
    assert len(ofctl.flows()) == len(before) + 2
    status, text = ofctl.run("add-flows", "-", options=("--bundle",),
                             stdin="priority=5,in_port=1,actions=2\npriority=6,actions=group:99\n")
    assert status != 0 and "OFPBAC_BAD_OUT_GROUP" in text, text
    assert len(ofctl.flows()) == len(before) + 2, ofctl.flows()
    ofctl("bundle", "-", stdin="flow delete_strict priority=3,in_port=1\n"
          "group add group_id=9,type=all,bucket=output:1\nflow add priority=8,ip,actions=group:9\n"
          "flow delete_strict priority=4,in_port=2\n")
    assert any("group:9" in flow for flow in ofctl.flows()), ofctl.flows()
    ofctl("del-groups", "group_id=9")
    assert ofctl.flows() == before, ofctl.flows()


def groups(ofctl):
    """Groups of every type; buckets one by one in 1.5."""
    ofctl("del-groups")
    ofctl("add-group", "group_id=1,type=all,bucket=output:1,bucket=output:2")
    ofctl("add-group", "group_id=2,type=select,bucket=weight:1,output:1,bucket=weight:3,output:2")
    ofctl("add-group", "group_id=3,type=indirect,bucket=output:1")
    ofctl("add-group", "group_id=4,type=ff,bucket=watch_port:1,output:1,bucket=watch_port:2,output:2")
    ofctl.refused("OFPGMFC_GROUP_EXISTS", "add-group", "group_id=1,type=all,bucket=output:1")
    text = ofctl("dump-groups")
    for kind in ("type=all", "type=select", "type=indirect", "type=ff"):
        assert kind in text, text
    ofctl("mod-group", "group_id=1,type=all,bucket=output:2")
    ofctl("mod-group", "group_id=5,type=all,bucket=output:2", options=("--may-create",))
    assert "group_id=5" in ofctl("dump-groups")
    assert "group_id=1" in ofctl("dump-group-stats")
    assert "group" in ofctl("dump-group-features").lower()
    if ofctl.version == "OpenFlow15":
        ofctl("insert-buckets", "group_id=1,command_bucket_id=last,bucket=bucket_id:7,actions=output:1")
        assert "bucket_id:7" in ofctl("dump-groups", "1")
        ofctl("remove-buckets", "group_id=1,command_bucket_id=7")
        assert "bucket_id:7" not in ofctl("dump-groups", "1")
    ofctl("add-flow", "priority=9,actions=group:1")
    ofctl("del-groups", "group_id=1")
    assert not any("group:1" in flow for flow in ofctl.flows()), ofctl.flows()
    ofctl("del-groups")


def meters(ofctl):
    """Meters and their statistics."""
    ofctl("add-meter", "meter=1,kbps,burst,stats,bands=type=drop,rate=1000,burst_size=200")
    ofctl("add-meter", "meter=2,pktps,stats,bands=type=dscp_remark,rate=100,prec_level=1")
    ofctl.refused("OFPMMFC_METER_EXISTS", "add-meter", "meter=1,kbps,bands=type=drop,rate=9")
    text = ofctl("dump-meters")
    assert "rate=1000" in text and "type=dscp_remark" in text, text
    ofctl("mod-meter", "meter=1,kbps,bands=type=drop,rate=2000")
    assert "rate=2000" in ofctl("dump-meter", "meter=1")
    assert "meter:1" in ofctl("meter-stats")
    assert "max_meter" in ofctl("meter-features")
    ofctl("add-flow", "priority=9,in_port=1,actions=meter:1,output:2")
    ofctl("del-meters")
    assert not any("meter:1" in flow for flow in ofctl.flows()), ofctl.flows()


def ports(ofctl):
    """mod-port sets what show tells."""
    word, wanted = ("flood", "NO_FLOOD") if ofctl.version == "OpenFlow10" else ("forward", "NO_FWD")
    ofctl("mod-port", "1", f"no-{word}")
    assert wanted in ofctl("dump-ports-desc"), ofctl("dump-ports-desc")
    ofctl("mod-port", "1", word)
    assert wanted not in ofctl("dump-ports-desc")


def packets(case, ofctl, switch, one, two):
    """packet-out, packet-in, and counters to the packet."""
    ofctl("del-flows")
    ofctl("add-flow", "priority=5,in_port=1,dl_type=0x88b5,actions=output:2,CONTROLLER:65535")
    monitor = Background(case, switch.space, f"monitor-{ofctl.version}", "ovs-ofctl", "-O",
                         ofctl.version, "monitor", ofctl.target, "65535")

    def seen():
        send(one, "eth0", frame(f"{TEST_MAC}01", payload=b"q" * 46))
        return "PACKET_IN" in monitor.text()

    wait_until(seen, "a packet came to the controller")
    monitor.stop()
    ofctl("del-flows")
    ofctl("add-flow", "priority=5,in_port=1,dl_type=0x88b5,actions=output:2")
    for _ in range(10):
        send(one, "eth0", frame(f"{TEST_MAC}01", payload=b"q" * 46))
    wait_until(lambda: ofctl.counters("in_port=1")[:2] == (10, 600), "ten packets are counted", 10)
    one_packet = frame(f"{TEST_MAC}01", payload=b"q" * 46).hex()
    if ofctl.version != "OpenFlow10":
        octets = frame(f"{TEST_MAC}02").hex()
        before = int(re.search(r"tx pkts=(\d+)", ofctl("dump-ports", "2")).group(1))
        ofctl("packet-out", f"in_port=controller packet={octets} actions=output:2")
        wait_until(lambda: int(re.search(r"tx pkts=(\d+)", ofctl("dump-ports", "2")).group(1))
                   == before + 1, "the packet was sent out")
        sent = ofctl.counters("in_port=1")[0]
        ofctl("packet-out", f"in_port=1 packet={one_packet} actions=resubmit(,0)")
        wait_until(lambda: ofctl.counters("in_port=1")[0] == sent + 1, "it went by the rules")


def timeouts(ofctl, case, switch):
    """A rule whose time is over goes, and says so."""
    monitor = Background(case, switch.space, f"removed-{ofctl.version}", "ovs-ofctl", "-O",
                         ofctl.version, "monitor", ofctl.target)
    wait_until(lambda: ofctl("show") and monitor.process.poll() is None, "it monitors")
    ofctl("add-flow", "priority=77,hard_timeout=1,send_flow_rem,ip,actions=drop")
    assert any("priority=77" in flow for flow in ofctl.flows())
    wait_until(lambda: not any("priority=77" in flow for flow in ofctl.flows()), "the rule is gone")
    wait_until(lambda: "FLOW_REMOVED" in monitor.text(), "the controller heard of it")
    monitor.stop()


WATCHED = """\
 event={initial} table=0 cookie=0 arp actions=output:2
 event=ADDED table=0 cookie=0x5 udp actions=output:1
 event=MODIFIED table=0 cookie=0x5 udp actions=output:2
 event=DELETED reason=delete table=0 cookie=0x5 udp actions=output:2
"""


def watching(ofctl, case, switch):
    """monitor watch: tells of changes, word for word as Open vSwitch would."""
    ofctl("del-flows")
    ofctl("add-flow", "arp,actions=output:2")
    monitor = Background(case, switch.space, f"watch-{ofctl.version}", "ovs-ofctl", "-O",
                         ofctl.version, "monitor", ofctl.target, "watch:")
    wait_until(lambda: "arp" in monitor.text(), "it tells of the rule that is there")
    ofctl("add-flow", "udp,cookie=5,actions=output:1")
    ofctl("mod-flows", "udp,cookie=5,actions=output:2")
    ofctl("del-flows", "udp")
    wait_until(lambda: "event=DELETED" in monitor.text(), "it saw the rule go")
    monitor.stop()
    initial = "INITIAL" if ofctl.version in ("OpenFlow14", "OpenFlow15") else "ADDED"
    told = [line for line in monitor.text().splitlines() if line.startswith(" event=")]
    assert told == WATCHED.format(initial=initial).splitlines(), monitor.text()


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0")
    one = case.veth_host(switch, "br0", "one", "10.0.0.1/24")
    two = case.veth_host(switch, "br0", "two", "10.0.0.2/24")
    expect_ping(one, "10.0.0.2")
    switch.ctl("set-listener", "br0", "ptcp:6653:127.0.0.1")
    for version in VERSIONS:
        for target in (None, "tcp:127.0.0.1:6653"):
            ofctl = Ofctl(case, switch, "br0", version, target)
            case.step(f"{version} over {target or 'the unix socket'}")
            describe(ofctl)
            settings(ofctl)
            rules(ofctl, case.folder)
            bundles(ofctl)
            if version != "OpenFlow10":
                groups(ofctl)
                meters(ofctl)
            ports(ofctl)
            packets(case, ofctl, switch, one, two)
            timeouts(ofctl, case, switch)
            watching(ofctl, case, switch)
            ofctl("del-flows")
    ofctl("add-flow", "actions=NORMAL")
    expect_ping(one, "10.0.0.2")


main(body)
