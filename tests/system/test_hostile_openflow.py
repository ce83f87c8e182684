# SPDX-License-Identifier: Apache-2.0
"""OpenFlow peers that talk nonsense, never read, never end, or come by the thousand, and rules that
send packets in circles: each gets its error or its named drop, and nobody else notices."""

import contextlib
import os
import random
import resource
import select
import socket
import struct
import subprocess
import threading
import time

from lib.case import main, wait_until
from lib.frames import EXPERIMENT, TEST_MAC, frame, send
from lib.of_peer import (BAD_ACTION_TYPE, BAD_LENGTH, BAD_MATCH_FIELD, BAD_TYPE, BAD_VERSION,
                         BARRIER_REQUEST, ECHO_REQUEST, FEATURES_REQUEST, FLOW_MOD, HELLO,
                         HELLO_INCOMPATIBLE, MULTIPART_OVERFLOW, MULTIPART_REQUEST, PACKET_OUT,
                         PORT_ANY, V13, V14, Peer, flow_mod, packet_out, unfinished_part)
from lib.openflow import Ofctl
from lib.traffic import Pinger, expect_ping

MEMORY_BOUND_MIB = 400
TLS_PORT = 6653
TABLE_FEATURES, TABLES, FLOW_MONITOR = 12, 3, 16


def refused_messages(path):
    """What is wrong with a message is told, with the right type and code."""
    with Peer(path, hello=False) as peer:
        peer.tell(FEATURES_REQUEST)
        assert peer.next_message()[0] == HELLO
        peer.expect_error(HELLO_INCOMPATIBLE)
        peer.expect_end()
    with Peer(path) as peer:
        peer.version = V14
        peer.tell(BARRIER_REQUEST)
        peer.expect_error(BAD_VERSION)
        peer.expect_end()
    with Peer(path) as peer:
        peer.tell(BARRIER_REQUEST, length=4)
        peer.expect_error(BAD_LENGTH)
        peer.expect_end()
    unknown_field = struct.pack("!HHHBBI", 1, 12, 0x8000, 0x7B << 1, 4, 0) + bytes(4)
    unknown_action = struct.pack("!HHIHHI", 4, 16, 0, 0x7777, 8, 0)
    with Peer(path) as peer:
        for kind, body, error in (
                (200, b"", BAD_TYPE), (FEATURES_REQUEST, bytes(8), BAD_LENGTH),
                (FLOW_MOD, flow_mod()[:20], BAD_LENGTH),
                (FLOW_MOD, flow_mod(match=unknown_field), BAD_MATCH_FIELD),
                (FLOW_MOD, flow_mod(unknown_action), BAD_ACTION_TYPE)):
            peer.tell(kind, body)
            peer.expect_error(error)
        peer.expect_alive()


def nonsense(path, rng):
    """Random messages, with lengths that lie, and then random octets."""
    for _ in range(40):
        with Peer(path, hello=rng.randrange(2) == 0) as peer:
            peer.tell(rng.randrange(36), rng.randbytes(rng.randrange(200)),
                      length=rng.choice([0, 7, 8, 9, 64, 4000, 65535]))
            if rng.randrange(3) == 0:
                peer.send(rng.randbytes(rng.randrange(3000)))


def endless_multipart(path):
    """Parts without a last one are refused once they hold too much, or are of too many requests."""
    with Peer(path, version=V14) as peer:
        monitor = struct.pack("!IIIHBBHHI", 1, PORT_ANY, PORT_ANY, 1, 0xFF, 0, 1, 4, 0)
        part = unfinished_part(peer, FLOW_MONITOR, monitor * 2000, 5)
        sender = threading.Thread(target=lambda: all(peer.send(part) for _ in range(80)))
        sender.start()
        peer.expect_error(MULTIPART_OVERFLOW)
        peer.socket.shutdown(socket.SHUT_RDWR)
        sender.join()
    with Peer(path) as peer:
        for xid in range(100):
            peer.send(unfinished_part(peer, TABLE_FEATURES, b"", xid))
        # The switch keeps sixteen of them.
        for _ in range(84):
            peer.expect_error(MULTIPART_OVERFLOW)
        peer.expect_alive()


def silent_readers(path, seconds):
    """Peers that ask for ever and never read; returns how much they could send."""
    tables = struct.pack("!BBHIHHI", V13, MULTIPART_REQUEST, 16, 2, TABLES, 0, 0)
    asked = tables * 50 + struct.pack("!BBHI", V13, ECHO_REQUEST, 65000, 1) + bytes(64992)
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(Peer(path)) for _ in range(8)]
        unsent = {peer.socket: asked for peer in peers}
        for endpoint in unsent:
            endpoint.setblocking(False)
        deadline = time.monotonic() + seconds
        total = 0
        while time.monotonic() < deadline:
            for endpoint in select.select([], list(unsent), [], 0.2)[1]:
                sent = endpoint.send(unsent[endpoint])
                unsent[endpoint] = unsent[endpoint][sent:] or asked
                total += sent
        return total


def floods(path, port, seconds):
    """Rules, packets and echoes as fast as they go, from peers that read; returns their numbers."""
    kinds = [(FLOW_MOD, flow_mod(struct.pack("!HHI", 4, 8, 0), table=200)),
             (PACKET_OUT, packet_out(frame(TEST_MAC + "0f"), port)), (ECHO_REQUEST, bytes(64))]
    stop = time.monotonic() + seconds
    counts = [0] * len(kinds)

    def flood(index):
        with Peer(path) as peer:
            batch = peer.message(*kinds[index]) * 50
            while time.monotonic() < stop:
                peer.send(batch)
                counts[index] += 50
                while select.select([peer.socket], [], [], 0)[0]:
                    peer.socket.recv(1 << 16)
        # Whether the last answer came in parts, another connection tells.
        with Peer(path) as peer:
            peer.expect_alive()

    threads = [threading.Thread(target=flood, args=(i,), daemon=True) for i in range(len(kinds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 60)
        assert not thread.is_alive(), "a flooding peer is not answered any more"
    return counts


def crowd(path, bystander):
    """A thousand connections: those that are taken are served, the others turned away."""
    with contextlib.ExitStack() as stack:
        taken = 0
        for _ in range(1000):
            peer = stack.enter_context(Peer(path, hello=False))
            peer.tell(HELLO)
            with contextlib.suppress(EOFError, ConnectionError):
                taken += peer.next_message()[0] == HELLO
        print(f"  {taken} of 1000 connections were taken")
        assert taken >= 200, taken
        bystander.expect_alive()


def half_handshakes(space, bystander):
    """TLS that stops in its middle, never begins, or is something else."""
    # A client hello of TLS 1.2 that is cut in its list of ciphers.
    hello = bytes.fromhex("16030100c8010000c40303") + bytes(40)
    with contextlib.ExitStack() as stack:
        for said in (b"", hello, hello[:3], b"\x04\0\0\x08\0\0\0\1", b"GET / HTTP/1.0\r\n\r\n") * 4:
            words = space.within("python3", "-c", "import socket, sys, time\n"
                                 f"s = socket.create_connection(('127.0.0.1', {TLS_PORT}))\n"
                                 "s.sendall(bytes.fromhex(sys.argv[1]))\n"
                                 "time.sleep(60)", said.hex())
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.kill)
        for _ in range(10):
            bystander.expect_alive()
            time.sleep(0.1)


def certificates(folder):
    """Makes a key and a certificate; returns vswitchd's arguments for them."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=switch", "-keyout", key, "-out", certificate],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return ["--of-private-key", key, "--of-certificate", certificate, "--of-ca-cert", certificate]


def circles(switch, ofctl, one):
    """Resubmits, groups and patch ports in circles, and a port that is gone, end under a name."""
    def expect_drop(reason, actions):
        ofctl("add-flow", f"priority=500,in_port=one,dl_type={EXPERIMENT:#x},actions={actions}")
        before = switch.drops().get(("one", reason), 0)
        send(one, "eth0", *[frame(TEST_MAC + "01")] * 3)
        wait_until(lambda: switch.drops().get(("one", reason), 0) > before,
                   f"packets dropped under {reason}: {switch.drops()}")

    expect_drop("resubmit-depth", "resubmit(,0)")
    expect_drop("resubmit-depth", "clone(resubmit(,0))")
    tree = "".join(f"table={table},actions=" + ",".join([f"resubmit(,{table + 1})"] * 4) + "\n"
                   for table in range(1, 20))
    ofctl("add-flows", "-", stdin=tree)
    expect_drop("too-many-steps", "resubmit(,1)")

    ofctl("add-group", "group_id=1,type=all,bucket=output:1")
    ofctl("add-group", "group_id=2,type=all,bucket=group:1")
    ofctl.refused("OFPGMFC_LOOP", "mod-group", "group_id=1,type=all,bucket=group:2")

    switch.ctl("add-br", "br1")
    for near, far in (("pa", "pb"), ("pc", "pd")):
        switch.ctl("add-port", "br0", near, "type=patch", f"peer={far}", "--",
                   "add-port", "br1", far, "type=patch", f"peer={near}")
    numbers = {name: port["status"]["ofport"] for name, port in switch.ports().items()}
    switch.ctl("add-flow", "br1",
               f"priority=500,in_port={numbers['pb']},actions=output:{numbers['pd']}")
    ofctl("add-flow", f"priority=500,in_port={numbers['pc']},actions=output:{numbers['pa']}")
    # Each patch port is a step deeper, as a resubmit is.
    expect_drop("resubmit-depth", f"output:{numbers['pa']}")

    switch.ctl("add-port", "br0", "gone", "type=tap")
    number = switch.ports()["gone"]["status"]["ofport"]
    ofctl("add-flow",
          f"priority=500,in_port=one,dl_type={EXPERIMENT:#x},actions=output:{number}")
    switch.ctl("del-port", "br0", "gone")
    before = sum(switch.drops().values())
    send(one, "eth0", *[frame(TEST_MAC + "01")] * 3)
    wait_until(lambda: sum(switch.drops().values()) > before, "frames to a vanished port count")


def memory_mib(pid):
    """Resident memory of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(next(line.split()[1] for line in status if line.startswith("VmRSS:"))) >> 10


def body(case):
    """See the module's text."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    switch = case.switch(arguments=certificates(case.folder))
    switch.ctl("add-br", "br0")
    switch.ctl("set-listener", "br0", f"pssl:{TLS_PORT}:127.0.0.1")
    one = case.veth_host(switch, "br0", "one", "10.0.0.1/24")
    case.veth_host(switch, "br0", "two", "10.0.0.2/24")
    path = switch.run_dir / "br0.mgmt"
    expect_ping(one, "10.0.0.2")
    forwarder = switch.pid("vswitchd")
    seed = int(os.environ.get("VSW_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"  VSW_SEED={seed}")
    pinger = Pinger(one, "10.0.0.2").start()
    bystander = Peer(path)
    before = memory_mib(forwarder)

    case.step("messages that are refused, and nonsense")
    refused_messages(path)
    nonsense(path, random.Random(seed))
    case.step("multipart requests without an end")
    endless_multipart(path)
    case.step("peers that never read")
    print(f"  they got rid of {silent_readers(path, 4) >> 10} KiB")
    case.step("floods")
    port = switch.ports()["two"]["status"]["ofport"]
    print(f"  flow-mods, packet-outs, echo requests: {floods(path, port, 4)}")
    case.step("a thousand connections")
    crowd(path, bystander)
    case.step("halves of TLS handshakes")
    half_handshakes(switch.space, bystander)
    case.step("circles, and a port that is gone")
    circles(switch, Ofctl(case, switch, "br0"), one)

    case.step("the switch is the same process, and nobody else has noticed")
    bystander.expect_alive()
    after = memory_mib(forwarder)
    print(f"  memory: {before} MiB before, {after} MiB now")
    assert after < before + MEMORY_BOUND_MIB, (before, after)
    result = pinger.stop()
    print(f"  ping all the while: {result}")
    assert switch.pid("vswitchd") == forwarder, "vswitchd has died"
    assert result.lost == 0, result
    expect_ping(one, "10.0.0.2")


main(body)
