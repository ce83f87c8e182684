# SPDX-License-Identifier: Apache-2.0
"""Controllers come and go: what a bridge does without one, by its fail mode, and what vswctl tells of
it."""

import sys

from lib.case import main, wait_until
from lib.openflow import Background
from lib.traffic import expect_ping, expect_silence

TARGET = "tcp:127.0.0.1:6653"

# Greets in 1.3, answers echo requests, and wants nothing.
CONTROLLER = """\
import socket, struct
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 6653))
listener.listen()
while True:
    peer, _ = listener.accept()
    peer.sendall(struct.pack("!BBHI", 4, 0, 8, 1))
    while head := peer.recv(8, socket.MSG_WAITALL):
        version, kind, length, xid = struct.unpack("!BBHI", head)
        rest = peer.recv(length - 8, socket.MSG_WAITALL) if length > 8 else b""
        if kind == 2:
            peer.sendall(struct.pack("!BBHI", 4, 3, length, xid) + rest)
"""


def controller(case, switch, name):
    """Starts a controller and waits until the switch has it."""
    program = Background(case, switch.space, name, sys.executable, "-c", CONTROLLER)
    wait_until(lambda: state(switch)["connected"], "the controller is connected", 30)
    return program


def reaches(host, address):
    """Whether a single ping is answered."""
    return host.run(f"ping -n -q -c 1 -W 1 {address}")[0] == 0


def state(switch):
    """What vswctl says of the controller."""
    told = switch.read("get-controller", "br0")["controllers"]
    assert len(told) == 1 and told[0]["target"] == TARGET, told
    return told[0]


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0")
    hosts = [case.veth_host(switch, "br0", f"h{n}", f"10.0.0.{n}/24") for n in (1, 2)]
    expect_ping(hosts[0], "10.0.0.2")

    case.step("standalone, with a controller that makes no rules: nothing is forwarded")
    switch.ctl("set-controller", "br0", TARGET)
    assert switch.ctl("get-controller", "br0") == TARGET + "\n"
    assert switch.ctl("dump-flows", "br0", "--no-stats").strip() == ""
    first = controller(case, switch, "first")
    told = state(switch)
    assert told["version"] == "OpenFlow 1.3" and told["role"] == "other", told
    assert told["state"] == "connected" and int(told["since_seconds"]) < 60, told
    assert f"openflow {TARGET}: connected" in switch.ctl("show"), switch.ctl("show")
    expect_silence(hosts[0], "10.0.0.2")

    case.step("it is gone: after some time NORMAL takes over")
    first.stop()
    wait_until(lambda: not state(switch)["connected"], "the loss is told")
    wait_until(lambda: state(switch)["error"], "with its reason")
    print(f"  {state(switch)}")
    expect_silence(hosts[0], "10.0.0.2")
    wait_until(lambda: reaches(hosts[0], "10.0.0.2"), "hosts talk without a controller", 40)
    expect_ping(hosts[0], "10.0.0.2")
    assert "NORMAL" in switch.ctl("trace", "br0", "in_port=h1,icmp") or \
        "flooding" in switch.ctl("trace", "br0", "in_port=h1,icmp")

    case.step("it returns, and has the say again")
    second = controller(case, switch, "second")
    wait_until(lambda: not reaches(hosts[0], "10.0.0.2"), "its rules decide again")
    expect_silence(hosts[0], "10.0.0.2")

    case.step("secure: rules stay and decide, with a controller and without")
    switch.ctl("set-fail-mode", "br0", "secure")
    for way in ("in_port=h1,actions=output:h2", "in_port=h2,actions=output:h1"):
        switch.ctl("add-flow", "br0", way)
    expect_ping(hosts[0], "10.0.0.2")
    second.stop()
    wait_until(lambda: not state(switch)["connected"], "the loss is told")
    switch.ctl("del-flows", "br0", "in_port=h2")
    deadline_of_standalone = 18
    hosts[0].run(f"ping -n -q -i 1 -w {deadline_of_standalone} 10.0.0.2", 40)
    expect_silence(hosts[0], "10.0.0.2")
    switch.ctl("add-flow", "br0", "in_port=h2,actions=output:h1")
    expect_ping(hosts[0], "10.0.0.2")

    case.step("without controllers there is nothing to tell")
    switch.ctl("del-controller", "br0")
    assert switch.read("get-controller", "br0") == {"controllers": []}
    assert switch.ctl("get-fail-mode", "br0") == "secure\n"
    expect_ping(hosts[0], "10.0.0.2")


main(body)
