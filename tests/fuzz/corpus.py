#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the inputs that fuzzing starts from: one folder for each target.

  corpus.py FOLDER

Out of what the tests have anyway (captured OpenFlow messages, actions and matches as text), of real
traffic and a large rule set where they lie beside the checkout, and of a few messages written here.
"""
import hashlib
import os
import pathlib
import struct
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("VSW_TEST_DATA", TOP.parent / "shared/data"))
MESSAGES = TOP / "tests/ofproto/message"
MOST_FRAMES_OF_A_CAPTURE = 12
MOST_RULES = 300

FLOW, DELETE, MATCH, ACTIONS, GROUP, METER, SELECTOR, PACKET = range(8)  # flow_text_fuzz.cc
BATCH, RULES, WANTED = range(3)  # config_fuzz.cc


class Corpus:
    def __init__(self, folder):
        self.folder = folder
        self.count = {}

    def add(self, target, data):
        folder = self.folder / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)
        self.count[target] = self.count.get(target, 0) + 1


def frames_of(capture):
    """The first frames of an Ethernet capture of the classic format; none of another one."""
    data = capture.read_bytes()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}.get(data[:4])
    if order is None or struct.unpack(order + "I", data[20:24])[0] & 0xffff != 1:
        return
    at = 24
    for _ in range(MOST_FRAMES_OF_A_CAPTURE):
        if at + 16 > len(data):
            return
        stored = struct.unpack(order + "I", data[at + 8:at + 12])[0]
        yield data[at + 16:at + 16 + stored]
        at += 16 + stored


def built_frames():
    """One of each kind that the parser knows."""
    ethernet = bytes.fromhex("020000000002020000000001")
    tcp = struct.pack("!HHIIBBHHH", 1000, 80, 1, 2, 0x50, 0x18, 1000, 0, 0)
    udp = struct.pack("!HHHH", 53, 53, 16, 0) + bytes(8)
    sctp = struct.pack("!HHII", 7, 9, 1, 0) + bytes(4)

    def ipv4(protocol, payload, fragment=0):
        head = struct.pack("!BBHHHBBH", 0x45, 0x28, 20 + len(payload), 1, fragment, 64, protocol, 0)
        head += bytes([10, 0, 0, 1, 10, 0, 0, 2])
        words = sum(struct.unpack("!10H", head))
        words = (words & 0xffff) + (words >> 16)
        head = head[:10] + struct.pack("!H", 0xffff ^ ((words & 0xffff) + (words >> 16))) + head[12:]
        return head + payload

    def ipv6(protocol, payload):
        return (struct.pack("!IHBB", 0x60012345, len(payload), protocol, 64) +
                bytes(15) + b"\1" + bytes(15) + b"\2" + payload)

    neighbour = struct.pack("!BBHI", 135, 0, 0, 0) + bytes(16) + b"\1\1" + ethernet[:6]
    arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + ethernet[:6] + bytes(4) + bytes(6) + bytes(4)
    hop_by_hop = b"\x06\0" + bytes(6) + tcp
    for kind, payload in [
            ("0800", ipv4(6, tcp + bytes(64))), ("0800", ipv4(17, udp)), ("0800", ipv4(132, sctp)),
            ("0800", ipv4(1, bytes([8, 0]) + bytes(14))), ("0800", ipv4(17, udp, 0x2000)),
            ("86dd", ipv6(6, tcp)), ("86dd", ipv6(17, udp)), ("86dd", ipv6(58, neighbour)),
            ("86dd", ipv6(0, hop_by_hop)), ("0806", arp), ("8847", bytes.fromhex("0001014045")),
            ("0000", bytes.fromhex("aaaa030000000800") + ipv4(6, tcp))]:
        yield ethernet + bytes.fromhex(kind) + payload
        yield ethernet + bytes.fromhex("8100600a" + kind) + payload
        yield ethernet + bytes.fromhex("88a80014" + "8100000a" + kind) + payload


def add_packets(corpus):
    frames = list(built_frames())
    for capture in sorted(SHARED.glob("pcaps/*.pcap")):
        frames += frames_of(capture)
    plain = bytes(10)
    # Checksum and segmentation asked for at TCP over IPv4 without tags (virtio 1.2 section 5.1.6).
    segmented = struct.pack("<BBHHHH", 1, 1, 54, 16, 34, 16)
    edits = b"".join(struct.pack("<BBII", kind, 17 * kind, 0x01020304, 0xffffffff)
                     for kind in (0, 7, 2, 6, 1, 3, 5, 4))
    for i, frame in enumerate(frames):
        offload = segmented if i % 4 == 1 else plain
        change = bytes([8]) + edits if i % 2 else bytes(2)
        corpus.add("packet_fuzz",
                   bytes([i % 3 * 20, 1]) + offload + bytes([max(0, len(change) - 2)]) + change +
                   frame)


def golden_lines(path):
    for line in path.read_text().splitlines():
        if not line.startswith("#") and " | " in line:
            yield line.split(" | ")


def add_openflow(corpus):
    for name in ("ovs_requests.txt", "osken_requests.txt"):
        for fields in golden_lines(MESSAGES / "codec" / name):
            data = bytes.fromhex(fields[-1])
            if len(data) >= 8 and 1 <= data[0] <= 6:
                corpus.add("openflow_fuzz", bytes([data[0] - 1 | 0x80]) + data)


def add_texts(corpus):
    def add(kind, text):
        corpus.add("flow_text_fuzz", bytes([kind]) + text.encode())

    for _, match, actions, _ in golden_lines(MESSAGES / "parts/ovs_actions.txt"):
        add(ACTIONS, actions)
        prefix = "" if match == "-" else match + ","
        add(FLOW, f"{prefix}priority=5,idle_timeout=3,actions={actions}")
    for _, _, match, _ in golden_lines(MESSAGES / "parts/ovs_matches.txt"):
        for kind in (MATCH, SELECTOR, PACKET):
            add(kind, match)
        add(DELETE, f"cookie=0x1/0xf,table=3,{match},out_port=1")
    for group in ("group_id=1,type=all,bucket=output:1,bucket=output:2",
                  "group_id=2,type=select,selection_method=hash,fields(ip_src,tcp_dst=0xff),"
                  "bucket=bucket_id:1,weight:3,actions=set_field:1->reg0,resubmit(,4)",
                  "group_id=3,type=ff,bucket=watch_port:1,output:1,bucket=watch_group:2,output:2",
                  "group_id=4,type=indirect,bucket=drop"):
        add(GROUP, group)
    add(METER, "meter=1,kbps,burst,stats,bands=type=drop,rate=100,burst_size=10")
    add(METER, "meter=1,stats,bands=type=drop,rate=100,burst_size=10")
    add(METER, "meter=2,pktps,bands=type=dscp_remark,rate=5,prec_level=1 type=drop,rate=9")
    rules = SHARED / "ovn_flows.txt"
    if rules.exists():
        lines = rules.read_text().splitlines()
        for line in lines[::max(1, len(lines) // MOST_RULES)]:
            add(FLOW, line.strip())


def encoded(message, text):
    """A message of the API from its text form."""
    protos = [str(path.relative_to(TOP / "proto"))
              for path in sorted((TOP / "proto").rglob("*.proto"))]
    return subprocess.run(["protoc", f"--encode={message}", "-I", str(TOP / "proto"), *protos],
                          input=text.encode(), stdout=subprocess.PIPE, check=True).stdout


def add_config(corpus):
    bridge = 'name: "br0" dpid: 5 fdb { ageing_seconds: 10 max_entries: 100 }'
    port = 'name: "p1" bridge: "br0" type: PORT_TYPE_{} ofport: 3 vlan {{ tag: 10 trunks: 20 }}'
    vhost = port.format("VHOST_USER") + ' options { key: "path" value: "/run/vsw/p1.sock" }'
    entry = 'bridge: "br0" vlan: 10 mac: "02:00:00:00:00:01" port: "p1"'
    batch = (f"changes {{ create_bridge {{ bridge {{ {bridge} }} }} }}"
             f"changes {{ create_port {{ port {{ {vhost} }} }} }}"
             f"changes {{ add_fdb_entry {{ entry {{ {entry} }} }} }}")
    corpus.add("config_fuzz", bytes([BATCH]) + encoded("vsw.v1.BatchRequest", batch))
    rules = ('changes { flow { rule: "table=1,priority=3,ip,actions=output:1" } }'
             'changes { group { group: "group_id=1,type=all,bucket=output:1" } }'
             'changes { meter { meter: "meter=1,kbps,bands=type=drop,rate=9" } }'
             'changes { flow { command: DELETE rule: "ip" } }')
    corpus.add("config_fuzz", bytes([RULES]) + encoded("vsw.v1.ModifyRulesRequest", rules))
    for kind in ("INTERNAL", "TAP", "SYSTEM", "DPDK", "PATCH"):
        wanted = (f"revision: 1 bridges {{ {bridge} }} ports {{ {port.format(kind)} }}"
                  f"static_fdb {{ {entry} }}"
                  'rules { bridge: "br0" flows: "actions=drop" }')
        corpus.add("config_fuzz",
                   bytes([WANTED]) + encoded("vsw.datapath.v1.WantedState", wanted))


def add_vhost(corpus):
    # A whole handshake, and one message of each number behind it.
    for packed in (0, 0x80):
        corpus.add("vhost_message_fuzz", bytes([0x40 | packed]))
        for request in range(1, 44):
            message = bytes([request, 40]) + struct.pack("<II", 1, 64) + bytes(32) + bytes([1, 0])
            corpus.add("vhost_message_fuzz", bytes([0x40 | packed]) + message)
    # Describe an entry, make it available, receive and transmit (vhost_ring_fuzz.cc).
    for shape in (0x706, 0x786, 0x106, 0x186, 0x806):
        steps = b""
        for flags in (0x0000, 0x0002, 0x0080, 0x0082, 0x0004, 0x8001):
            steps += struct.pack("<BBBHHHB", 1, 0, 2, 0x3000, 0x800, flags, 0)
            steps += bytes([5, 0, 7, 8]) + struct.pack("<HHHH", 100, 1500, 3000, 60) + bytes([9])
        corpus.add("vhost_ring_fuzz", struct.pack("<H", shape) + steps)


def main():
    corpus = Corpus(pathlib.Path(sys.argv[1]))
    for add in (add_packets, add_openflow, add_texts, add_config, add_vhost):
        add(corpus)
    print(", ".join(f"{target} {count}" for target, count in sorted(corpus.count.items())))
    if not SHARED.is_dir():
        print(f"no real traffic and rules: {SHARED} does not exist")


if __name__ == "__main__":
    main()
